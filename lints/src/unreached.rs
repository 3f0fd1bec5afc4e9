//! Functions of a program that nothing in it calls: no thread is ever in them.
//!
//! In: a function. Out: whether it is in a program, and no code of the workspace but tests names it, except in functions that
//! nobody reaches either. In a workspace of libraries the callers are elsewhere.

use safe_map_analysis::facts::ExprKind;
use safe_map_analysis::flow::{Event, EventKind};
use safe_map_analysis::model::FnId;
use safe_map_analysis::source::CrateId;
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::Ty;
use safe_map_analysis::{Analysis, FileView};

use crate::typing::Typed;

/// How many calls are followed back.
const MAX_HOPS: u32 = 4;

/// What more functions than these call is reached.
const MAX_CALLERS: usize = 24;

/// Whether nothing but tests can run a function.
pub(crate) fn is_unreached(analysis: &Analysis, id: FnId) -> bool {
    !analysis.model.func(id).is_test
        && analysis.callers(id).len() <= MAX_CALLERS
        && is_unreached_within(analysis, id, MAX_HOPS)
        && is_in_program(analysis, id)
}

fn is_unreached_within(analysis: &Analysis, id: FnId, hops: u32) -> bool {
    if analysis.model.func(id).is_test {
        return true;
    }
    let callers = analysis.callers(id);
    hops > 0
        && !is_called_from_outside(analysis, id)
        && callers.iter().all(|it| it.id == id || is_unreached_within(analysis, it.id, hops - 1))
        && !analysis.files().any(|file| Mentions { file, id }.any())
}

/// Whether somebody who is not seen calls it: the runtime, who uses a trait, an attribute that registers it.
fn is_called_from_outside(analysis: &Analysis, id: FnId) -> bool {
    let model = &analysis.model;
    let def = model.func(id);
    let is_of_trait = def.impl_.and_then(|at| model.impl_facts(at)).is_some_and(|it| it.trait_.is_some());
    let attributes =
        [Some(def.at), def.impl_].into_iter().flatten().flat_map(|at| &model.item(at).attrs.names);
    let registers =
        |name: &str| !matches!(name, "inline" | "must_use" | "allow" | "expect" | "instrument" | "doc");
    let is_registered = attributes.map(|it| it.rsplit("::").next().unwrap_or(it)).any(registers);
    def.trait_.is_some() || is_of_trait || is_registered || def.name == "main"
}

/// Whether a function is in a crate that a program of the workspace is built of.
fn is_in_program(analysis: &Analysis, id: FnId) -> bool {
    let crates = &analysis.workspace.crates;
    let own = analysis.workspace.file(analysis.model.func(id).at.file).source.krate;
    let has_main = |krate: CrateId| {
        let all = analysis.model.fn_ids().map(|it| analysis.model.func(it));
        let mains = all.filter(|it| it.path == "main").map(|it| &analysis.workspace.file(it.at.file).source);
        mains.into_iter().any(|it| it.krate == krate && !shows(&it.path))
    };
    let programs = crates.iter().zip(0..).filter(|(it, index)| !it.is_lib && has_main(CrateId(*index)));
    let mut packages: Vec<&str> = programs.map(|(it, _)| it.package.as_str()).collect();
    let mut at = 0;
    while let Some(package) = packages.get(at).copied() {
        at += 1;
        for it in crates.iter().filter(|it| it.package == package).flat_map(|it| &it.dependencies) {
            if !packages.contains(&it.package.as_str()) {
                packages.push(&it.package);
            }
        }
    }
    packages.contains(&crates[own.0 as usize].package.as_str())
}

/// Whether a program is there to show or test a library, which has its users elsewhere.
fn shows(path: &str) -> bool {
    let mut words = path.split(['/', '-', '_', '.']);
    words.any(|it| {
        let one = it.strip_suffix('s').unwrap_or(it);
        matches!(one, "example" | "demo" | "sample" | "bench" | "benche" | "test" | "e2e" | "fuzz" | "xtask")
    })
}

/// The places of a file that may mean a function by its name.
struct Mentions<'a> {
    file: FileView<'a>,
    id: FnId,
}

impl Mentions<'_> {
    fn any(&self) -> bool {
        let text = &self.file.parsed().source.text;
        let model = &self.file.analysis.model;
        let name = model.func(self.id).name.as_str();
        let places = text.match_indices(name).map(|(at, _)| Span::new(at as u32, (at + name.len()) as u32));
        let mut whole = places.filter(|it| is_word(text, *it) && !is_said(text, it.start)).peekable();
        if whole.peek().is_none() {
            return false;
        }
        let here = model.fn_ids().map(|it| (it, model.func(it))).filter(|(_, it)| it.at.file == self.file.id);
        let here: Vec<(FnId, Span, bool)> =
            here.map(|(id, it)| (id, model.item(it.at).span, it.is_test)).collect();
        whole.any(|at| {
            let around = here.iter().filter(|it| it.1.contains(at)).min_by_key(|it| it.1.end - it.1.start);
            around.is_none_or(|(id, _, is_test)| !is_test && !self.is_another(*id, name, at))
        })
    }

    /// Whether a name in a function is known to mean something else: another function, a method of a map. A function that
    /// calls this one has been asked itself.
    fn is_another(&self, within: FnId, name: &str, at: Span) -> bool {
        let analysis = self.file.analysis;
        let is_caller = || analysis.callers(self.id).iter().any(|it| it.id == within);
        if within == self.id || is_caller() {
            return true;
        }
        let is_call = |it: &&Event| it.span.contains(at) && called(analysis, it) == Some(name);
        let events = analysis.flow(within).map_or(&[][..], |it| &it.events);
        // Of nested calls the one that ends first behind a name is the one that it names.
        let event = events.iter().filter(is_call).min_by_key(|it| it.span.end);
        event.is_some_and(|it| match &it.kind {
            EventKind::Call(call) => call.callee != self.id || call.is_possible,
            _ => true,
        }) || self.is_of_another(within, at)
    }

    /// Whether a name is that of a method of another type, or of one that takes another number of arguments.
    fn is_of_another(&self, within: FnId, at: Span) -> bool {
        let analysis = self.file.analysis;
        let sig = analysis.model.signature(self.id);
        let (Some(Ty::Adt(own, _)), true) = (&sig.self_ty, sig.self_kind.is_some()) else { return false };
        let Some(typed) = Typed::of(analysis, within) else { return false };
        typed.exprs().any(|(_, it)| match &it.kind {
            ExprKind::MethodCall { receiver, method_span, args, .. } if *method_span == at => {
                let all = typed.derefs(&typed.ty(*receiver));
                let is_clear = |it: &Ty| {
                    matches!(it, Ty::Known(..) | Ty::Prim(_) | Ty::Slice(_) | Ty::Adt(..) | Ty::Ref(..))
                };
                let is_it = |it: &Ty| matches!(it, Ty::Adt(id, _) if id == own);
                args.len() != sig.params.len()
                    || !all.is_empty() && all.iter().all(|it| is_clear(it) && !is_it(it))
            }
            _ => false,
        })
    }
}

/// The name of what an event calls.
fn called<'a>(analysis: &'a Analysis, event: &'a Event) -> Option<&'a str> {
    match &event.kind {
        EventKind::Call(call) => Some(&analysis.model.func(call.callee).name),
        EventKind::Acquire { acquire, .. } => Some(&acquire.method),
        EventKind::MapOp(op) => Some(&op.method),
        _ => None,
    }
}

/// Whether a name stands alone and is no declaration.
fn is_word(text: &str, at: Span) -> bool {
    let is_part = |it: char| it.is_alphanumeric() || it == '_';
    let before = text[..at.start as usize].trim_end();
    !text[..at.start as usize].ends_with(is_part)
        && !text[at.end as usize..].starts_with(is_part)
        && !before.ends_with("fn")
}

/// Whether a place is in a comment.
fn is_said(text: &str, at: u32) -> bool {
    let start = text[..at as usize].rfind('\n').map_or(0, |it| it + 1);
    text[start..at as usize].contains("//")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use safe_map_analysis::facts::Edition;
    use safe_map_analysis::knowledge::Knowledge;
    use safe_map_analysis::source::Workspace;
    use safe_map_analysis::{Analysis, Settings};

    use super::is_unreached;

    /// Whether `add` is reached by none in a program or library of this code.
    fn is_dead(code: &str, is_lib: bool) -> bool {
        let text = format!(
            "pub struct S;\nimpl S {{ pub fn add(&self) {{}} }}\nstruct T;\nimpl T {{ fn add(&self) {{}} }}\n{code}\n"
        );
        is_dead_in("src/main.rs", &text, is_lib)
    }

    fn is_dead_in(path: &str, text: &str, is_lib: bool) -> bool {
        let mut workspace = Workspace::of_text(path, text, Edition::E2021);
        workspace.crates[0].is_lib = is_lib;
        let analysis = Analysis::new(workspace, Arc::new(Knowledge::builtin()), Settings::default());
        let add = analysis.model.fn_ids().find(|it| analysis.model.func(*it).path == "S::add").expect("it");
        is_unreached(&analysis, add)
    }

    #[test]
    fn what_no_code_of_a_program_names_is_not_reached() {
        assert!(is_dead("fn main() {}", false));
        assert!(is_dead("fn main() { T.add(); }", false), "another function of the name");
        assert!(is_dead("fn main() {} // add", false));
        assert!(is_dead("fn main() { make!().add(1); }", false), "one that takes more");
        assert!(is_dead("fn main() { let it: Vec<u32> = vec![]; it.add(); }", false), "of another type");
        assert!(is_dead("fn main() {} #[test] fn adds() { S.add(); }", false));
        assert!(is_dead("fn main() {} fn nobody(it: &S) { it.add(); }", false));
    }

    #[test]
    fn what_is_called_or_named_or_for_others_is() {
        assert!(!is_dead("fn main() { S.add(); }", false));
        assert!(!is_dead("fn main() { run(S::add); }", false));
        assert!(!is_dead("fn main() { make!().add(); }", false), "whatever that is");
        assert!(!is_dead("fn main() {}", true), "a library");
        let shown = "pub struct S; impl S { pub fn add(&self) {} } fn main() {}";
        assert!(is_dead_in("app/src/main.rs", shown, false));
        assert!(!is_dead_in("examples/simple.rs", shown, false), "of which it is an example");
    }
}
