//! Functions that are given by name to what runs them in a thread or task: `thread::spawn(worker)`.
//!
//! In: the text of the workspace. Out: the last names of the paths that stand alone in such a call. Which function a name means,
//! who asks has to find out.

use rustc_hash::FxHashSet;

use crate::source::Workspace;

/// The names, in one pass over the text.
pub(crate) fn names(workspace: &Workspace) -> FxHashSet<String> {
    let sources = workspace.files.iter().map(|it| &it.source).filter(|it| !it.is_test);
    sources.flat_map(|it| names_in(&it.text)).map(str::to_owned).collect()
}

fn names_in(text: &str) -> impl Iterator<Item = &str> {
    const KINDS: [&str; 4] = ["_blocking", "_local", "_scoped", ""];
    text.match_indices("spawn").filter_map(|(at, word)| {
        let rest = &text[at + word.len()..];
        let given = KINDS.iter().find_map(|it| rest.strip_prefix(it)?.strip_prefix('('))?.trim_start();
        let end = given.find(|it: char| !it.is_alphanumeric() && it != '_' && it != ':')?;
        let (path, after) = given.split_at(end);
        let is_alone = after.trim_start().starts_with([')', ',']);
        path.rsplit(':').next().filter(|it| is_alone && !it.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::names_in;

    #[test]
    fn paths_that_stand_alone() {
        let text = "thread::spawn(worker); pool.spawn( crate::jobs::sweep ) ; s.spawn_blocking(Self::load, 1); spawn(move || run()); \
                    tokio::spawn(serve(rx)); respawn(x); spawn_local(tick,); let spawn = 1;";
        let found: Vec<&str> = names_in(text).collect();
        assert_eq!(found, ["worker", "sweep", "load", "x", "tick"]);
    }
}
