//! Entries: where the runs begin that get to a function.
//!
//! In: a function. Out: whether two runs can be in it, or in it and in another one like it, at once, as far as callers tell. A run
//! begins in `main`, in what is given to a thread, task or executor, and in a function that nobody in the workspace calls:
//! others may, as often as they like.

use std::collections::HashSet;

use safe_map_analysis::model::FnId;
use safe_map_analysis::{Analysis, Caller};

/// How many functions are looked at. What so many lead to is entered from anywhere.
const MAX_SEEN: usize = 400;

/// Whether more than one run can get to a function: it is entered by others, or in two places, one of them in a thread.
pub(crate) fn is_entered_freely(analysis: &Analysis, id: FnId) -> bool {
    let found = Runs::of(analysis, id);
    found.outside || found.threads > 0 && found.threads + found.mains + found.drops > 1
}

/// Whether nobody in the workspace calls a function: who does has values and threads that are not known. `main` is the
/// program's own.
pub(crate) fn is_entry(analysis: &Analysis, id: FnId) -> bool {
    callers(analysis, id).is_empty() && !is_main(analysis, id) && !is_drop(analysis, id)
}

/// Whether all runs that get to a function begin in a `main`: there is one at a time.
pub(crate) fn is_of_main_only(analysis: &Analysis, id: FnId) -> bool {
    let found = Runs::of(analysis, id);
    found.mains > 0 && !found.outside && found.threads + found.drops == 0
}

/// Where runs begin that get to a function.
#[derive(Default)]
struct Runs {
    /// Some do by whoever has the crate, by a framework, or by what the analysis does not see; then the rest is not counted.
    outside: bool,
    /// In closures and futures that run apart.
    threads: usize,
    mains: usize,
    /// At the end of a value's life.
    drops: usize,
}

impl Runs {
    fn of(analysis: &Analysis, id: FnId) -> Runs {
        let mut found = Runs::default();
        let mut seen = HashSet::from([id]);
        let mut open = vec![id];
        while let Some(at) = open.pop().filter(|_| !found.outside) {
            let callers = callers(analysis, at);
            if callers.is_empty() {
                found.begin(analysis, at);
            }
            found.threads += callers.iter().filter(|it| it.is_apart).count();
            open.extend(callers.iter().filter(|it| !it.is_apart && seen.insert(it.id)).map(|it| it.id));
            found.outside |= seen.len() > MAX_SEEN;
        }
        found
    }

    /// A run begins in a function that nobody in the workspace calls.
    fn begin(&mut self, analysis: &Analysis, id: FnId) {
        match (is_main(analysis, id), is_drop(analysis, id)) {
            (true, _) => self.mains += 1,
            (_, true) => self.drops += 1,
            _ => self.outside = true,
        }
    }
}

fn is_drop(analysis: &Analysis, id: FnId) -> bool {
    let model = &analysis.model;
    let of_trait = model.func(id).impl_.and_then(|it| model.impl_facts(it)?.trait_.as_ref()?.last());
    of_trait.is_some_and(|it| it.name == "Drop")
}

fn is_main(analysis: &Analysis, id: FnId) -> bool {
    let path = &analysis.model.func(id).path;
    *path == *"main" || path.ends_with("::main")
}

/// Who calls a function, itself or as what it implements, tests aside.
fn callers(analysis: &Analysis, id: FnId) -> Vec<&Caller> {
    let model = &analysis.model;
    let as_trait = model.trait_method(id).map_or(&[][..], |it| analysis.callers(it));
    let all = analysis.callers(id).iter().chain(as_trait);
    all.filter(|it| it.id != id && !model.func(it.id).is_test).collect()
}
