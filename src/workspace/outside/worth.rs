//! Which packages are worth reading: those that name a map or lock, and those built on them. Bindings to operating systems,
//! the largest of all, do not.

use std::collections::BTreeSet;
use std::path::Path;

use memchr::memmem::{self, Finder};
use rayon::prelude::*;
use safe_map_analysis::knowledge::Knowledge;
use safe_map_analysis::knowledge::schema::TypeRole;

use super::{Link, Outside};
use crate::workspace::exclusions;
use crate::workspace::package::Package;

/// Where the standard library has its maps and locks.
const MODULES: [&str; 2] = ["sync::", "collections::"];

/// What shows that a package has to do with maps or locks.
struct Signs {
    /// The crates, other than the standard library, that have some: by their names in code.
    crates: BTreeSet<String>,
    /// The names of those of the standard library.
    names: Vec<Finder<'static>>,
}

impl Signs {
    fn of(knowledge: &Knowledge) -> Signs {
        let is_one = |role| matches!(role, TypeRole::Map | TypeRole::SharedMap | TypeRole::Lock);
        let all = knowledge.types().map(|it| it.1).filter(|it| is_one(it.role));
        let (mut crates, mut names) = (BTreeSet::new(), BTreeSet::new());
        for ty in all {
            match ty.path.split("::").next() {
                Some("std") => _ = names.insert(ty.name().to_owned()),
                Some(other) => _ = crates.insert(other.to_owned()),
                None => {}
            }
        }
        let names = names.iter().map(|it| Finder::new(it.as_bytes()).into_owned()).collect();
        Signs { crates, names }
    }

    fn are_in(&self, package: &Package) -> bool {
        let asked = package.dependencies.iter().map(|it| it.dependency.crate_name());
        let named =
            || package.targets.iter().filter_map(|it| it.root.parent()).any(|dir| self.are_below(dir));
        asked.into_iter().any(|it| self.crates.contains(&it)) || named()
    }

    fn are_below(&self, dir: &Path) -> bool {
        let files = exclusions::walk(dir).flatten();
        let sources = files.filter(|it| it.path().extension().is_some_and(|it| it == "rs"));
        sources.into_iter().any(|it| std::fs::read(it.path()).is_ok_and(|text| self.are_in_text(&text)))
    }

    fn are_in_text(&self, text: &[u8]) -> bool {
        let is_part = |byte: Option<&u8>| byte.is_some_and(|it| it.is_ascii_alphanumeric() || *it == b'_');
        // A name alone may be a comment's, or a field's of a foreign structure.
        let is_imported = MODULES.iter().any(|it| memmem::find(text, it.as_bytes()).is_some());
        is_imported
            && self.names.iter().any(|name| {
                let is_word = |at: usize| {
                    let before = at.checked_sub(1).and_then(|it| text.get(it));
                    !is_part(before) && !is_part(text.get(at + name.needle().len()))
                };
                name.find_iter(text).any(is_word)
            })
    }
}

/// Leaves those that have signs, and all that reach one of them.
pub(super) fn retain(outside: &mut Outside, knowledge: &Knowledge) {
    let signs = Signs::of(knowledge);
    let has_signs = |it: &&Package| signs.are_in(it);
    let mut kept: BTreeSet<String> =
        outside.packages.par_iter().filter(has_signs).map(|it| it.name.clone()).collect();
    loop {
        let reaches = |it: &Package| {
            let own = |link: &Link| link.0 == it.manifest;
            outside.links.iter().any(|(link, library)| own(link) && kept.contains(&library.package))
        };
        let more = outside.packages.iter().filter(|it| !kept.contains(&it.name) && reaches(it));
        let more: Vec<String> = more.map(|it| it.name.clone()).collect();
        if more.is_empty() {
            break;
        }
        kept.extend(more);
    }
    outside.packages.retain(|it| kept.contains(&it.name));
    outside.links.retain(|_, library| kept.contains(&library.package));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_are_signs() {
        let signs = Signs::of(&Knowledge::builtin());
        let has = |text: &str| signs.are_in_text(text.as_bytes());
        assert!(
            has("pub type Db = std::sync::Mutex<u32>;") && has("use std::{collections::HashMap, rc::Rc};")
        );
        assert!(
            !has("pub struct TUNNEL { pub Mutex: *mut u8 }")
                && !has("use other::sync::{CreateMutexW, lock};")
        );
        assert!(signs.crates.contains("parking_lot") && !signs.crates.contains("anyhow"));
    }
}
