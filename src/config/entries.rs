//! `[[type]]`, `[[function]]` and `[[macro]]`: the workspace's own knowledge, in the syntax of the shipped files.

use safe_map_analysis::knowledge::{Knowledge, Problem, schema};

use super::document::Document;
use super::find::FILE_NAME;
use crate::failure::Failure;
use crate::suggest;

/// The shipped knowledge with the entries of these files, the first file's first.
///
/// # Errors
///
/// The first entry that names nothing, or a type that nobody knows.
pub(super) fn knowledge(files: &[(&Document, schema::File)]) -> Result<Knowledge, Failure> {
    for (document, own) in files {
        check(document, own)?;
    }
    let (knowledge, problems) = Knowledge::with_own(FILE_NAME, &merged(files));
    let Some(problem) = problems.first() else { return Ok(knowledge) };
    let speaks = |own: &schema::File| names(own).any(|it| it == problem.entry);
    match files.iter().find(|(_, own)| speaks(own)).or(files.first()) {
        Some((document, _)) => Err(explain(document, &knowledge, problem)),
        None => Ok(knowledge),
    }
}

fn merged(files: &[(&Document, schema::File)]) -> schema::File {
    schema::File {
        types: files.iter().flat_map(|(_, it)| it.types.clone()).collect(),
        functions: files.iter().flat_map(|(_, it)| it.functions.clone()).collect(),
        macros: files.iter().flat_map(|(_, it)| it.macros.clone()).collect(),
        ..schema::File::default()
    }
}

fn check(document: &Document, own: &schema::File) -> Result<(), Failure> {
    nameless(document, own)?;
    for path in paths(own) {
        if let Err(why) = check_path(path) {
            return Err(document.failure(&document.place_of(path, path), &why));
        }
    }
    Ok(())
}

/// Entries whose list of names is left out or empty: they would describe nothing.
fn nameless(document: &Document, own: &schema::File) -> Result<(), Failure> {
    let fail = |section: &str, index: usize, key: &str| {
        let place = document.place_of_entry(section, index);
        Err(document.failure(&place, &format!("`{key}` names nothing")))
    };
    if let Some(index) = own.types.iter().position(|it| it.methods.iter().any(|it| it.names.is_empty())) {
        return fail("type", index, "names");
    }
    if let Some(index) = own.functions.iter().position(|it| it.paths.is_empty()) {
        return fail("function", index, "paths");
    }
    match own.macros.iter().position(|it| it.names.is_empty()) {
        Some(index) => fail("macro", index, "names"),
        None => Ok(()),
    }
}

fn paths(own: &schema::File) -> impl Iterator<Item = &str> {
    let types = own.types.iter().flat_map(|it| std::iter::once(&it.path).chain(&it.also));
    types.chain(own.functions.iter().flat_map(|it| &it.paths)).map(String::as_str)
}

/// What a problem may be about: paths, and the names of macros.
fn names(own: &schema::File) -> impl Iterator<Item = &str> {
    paths(own).chain(own.macros.iter().flat_map(|it| &it.names).map(String::as_str))
}

/// Whether `path` can name anything: the crate by its name in code, then modules, then the item.
///
/// # Errors
///
/// Why it cannot, as a lowercase fragment.
pub(super) fn check_path(path: &str) -> Result<(), String> {
    let is_name = |it: &str| !it.is_empty() && it.chars().all(|c| c.is_alphanumeric() || c == '_');
    match path.trim_start_matches("::").split_once("::") {
        Some(("crate" | "self" | "super", rest)) => {
            Err(format!("`{path}` does not say which crate: write `name_of_the_crate::{rest}`"))
        }
        Some((krate, rest)) if is_name(krate) && rest.split("::").all(is_name) => Ok(()),
        Some(_) => Err(format!("`{path}` is no path: write `krate::module::Name`, without arguments")),
        None => Err(format!("`{path}` is no full path: write `krate::module::Name`")),
    }
}

fn explain(document: &Document, knowledge: &Knowledge, problem: &Problem) -> Failure {
    let failure = document.failure(&document.place_of(&problem.entry, &problem.text), &problem.message);
    let Some(word) = problem.message.split('`').nth(1) else { return failure };
    let names: Vec<&str> = match word.contains("::") {
        true => knowledge.types().map(|(_, it)| it.path.as_str()).collect(),
        false => knowledge.types().map(|(_, it)| it.name()).collect(),
    };
    suggest::add_nearest(failure, word, names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_starts_with_its_crate_and_has_no_arguments() {
        assert_eq!(check_path("app::sync::Lock"), Ok(()));
        for wrong in ["Lock", "app::Lock<T>", "app::", "::Lock", "crate::Lock", "my-app::Lock", ""] {
            assert!(check_path(wrong).is_err(), "{wrong}");
        }
    }
}
