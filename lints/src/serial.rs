//! Where a function runs: in the one loop of a task, in methods that have their value alone, or only while a value is made.
//!
//! In: a function and those that could meet it. Out: whether all of them run in one such place, so that no two of them ever
//! run at once. A function that nobody is seen to call runs anywhere.

use safe_map_analysis::facts::{Body, Expr, ExprKind, SelfKind};
use safe_map_analysis::flow::{Call, Decl, Event, EventKind, Root};
use safe_map_analysis::knowledge::schema::LockMode;
use safe_map_analysis::model::FnId;
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::{AdtId, Ty};
use safe_map_analysis::{Analysis, Waiter};

use crate::bodies::{is_code, is_loop};
use crate::parts::any_own_part;
use crate::private::{is_cloned, makes_part};

/// How many calls are followed back.
const MAX_HOPS: u32 = 6;

/// A function with more callers than these is taken to run anywhere.
const MAX_CALLERS: usize = 12;

/// A place in which one thing happens after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Line {
    /// A loop that waits for what comes next.
    Loop(FnId, Span),
    /// The methods that have a value of this type, which cannot be cloned, to themselves.
    Owner(AdtId),
    /// The making of a value: nobody else has it yet.
    Maker,
}

/// Whether a function and all `others` run one after the other, whoever calls them, as far as the map of a declaration goes.
pub(crate) fn is_one_line(
    analysis: &Analysis,
    map: &Decl,
    id: FnId,
    others: impl Iterator<Item = FnId>,
) -> bool {
    let mut all = Vec::new();
    let mut functions = std::iter::once(id).chain(others);
    let is_apart = |id: FnId| {
        let changes = |it: &Waiter| it.id == id && it.is_apart && it.mode != LockMode::Shared;
        analysis.waiters(map).iter().any(changes)
    };
    if !functions.all(|it| !is_apart(it) && lines(analysis, map, it, MAX_HOPS, &mut all)) {
        return false;
    }
    all.retain(|it| *it != Line::Maker);
    all.dedup();
    all.len() <= 1
}

/// Whether values of a type have the map of a declaration in themselves, or by a handle of their own.
fn has_in_itself(analysis: &Analysis, owner: AdtId, map: &Decl) -> bool {
    let Decl::Field(holder, _) = map else { return false };
    let is_holder = &mut |it: &Ty| matches!(it, Ty::Adt(id, _) if id == holder);
    any_own_part(&analysis.model, &Ty::Adt(owner, Vec::new().into()), is_holder)
}

/// The lines that a function is in; `false` if it may run elsewhere too.
fn lines(analysis: &Analysis, map: &Decl, id: FnId, hops: u32, out: &mut Vec<Line>) -> bool {
    // Who is lent a map by a handle may be one of many.
    if let Some(owner) = owner_alone(analysis, id).filter(|it| has_in_itself(analysis, *it, map)) {
        out.push(Line::Owner(owner));
        return true;
    }
    let callers = analysis.callers(id);
    // Who calls through a trait need not be seen.
    if hops == 0 || callers.is_empty() || callers.len() > MAX_CALLERS || analysis.model.is_of_trait(id) {
        return false;
    }
    let mut seen: Vec<FnId> = Vec::new();
    callers.iter().all(|it| {
        let is_new = !seen.contains(&it.id);
        seen.push(it.id);
        !is_new || it.id == id || is_called_in_line(analysis, map, (it.id, id), hops, out)
    })
}

/// Whether every call of a function in another is in a line.
fn is_called_in_line(
    analysis: &Analysis,
    map: &Decl,
    (caller, callee): (FnId, FnId),
    hops: u32,
    out: &mut Vec<Line>,
) -> bool {
    let (Some(flow), Some(body)) = (analysis.flow(caller), analysis.body(caller)) else { return false };
    let calls = flow.events.iter().filter_map(|event| match &event.kind {
        EventKind::Call(call) if call.callee == callee => Some((event, call)),
        _ => None,
    });
    let mut goes_on = false;
    for (event, call) in calls {
        if let Some(at) = loop_around(&body, event.span).filter(|_| runs_once(analysis, caller, MAX_HOPS)) {
            out.push(Line::Loop(caller, at));
        } else if !event.is_own {
            return false;
        } else if is_on_new_value(analysis, caller, callee, call) {
            out.push(Line::Maker);
        } else {
            goes_on = true;
        }
    }
    !goes_on || lines(analysis, map, caller, hops - 1, out)
}

/// The type of which a method has a value to itself, where that cannot be cloned.
fn owner_alone(analysis: &Analysis, id: FnId) -> Option<AdtId> {
    let sig = analysis.model.signature(id);
    match &sig.self_ty {
        Some(ty @ Ty::Adt(owner, _)) if sig.self_kind == Some(SelfKind::RefMut) => {
            (!is_cloned(&analysis.model, *owner, ty)).then_some(*owner)
        }
        _ => None,
    }
}

/// Whether a method is called on a local of a function that makes what that is, or what it is in.
fn is_on_new_value(analysis: &Analysis, caller: FnId, callee: FnId, call: &Call) -> bool {
    let is_local = call.receiver.as_ref().is_some_and(|it| matches!(it.root, Root::Local(..)));
    match &analysis.model.signature(callee).self_ty {
        Some(Ty::Adt(part, _)) => is_local && makes_part(&analysis.model, caller, *part),
        _ => false,
    }
}

/// The smallest loop around a place that waits for what comes next, where nothing between the two runs apart.
fn loop_around(body: &Body, at: Span) -> Option<Span> {
    let loops = body.exprs.iter().filter(|it| match &it.kind {
        ExprKind::Loop { .. } | ExprKind::While { .. } => it.span.contains(at),
        _ => false,
    });
    let found =
        loops.filter(|it| waits_in(body, it.span)).map(|it| it.span).min_by_key(|it| it.end - it.start)?;
    let is_apart =
        |it: &&Expr| found.contains(it.span) && it.span != found && it.span.contains(at) && is_code(it);
    (!body.exprs.iter().any(|it| is_apart(&it))).then_some(found)
}

/// Whether code waits for what others send.
pub(crate) fn waits_in(body: &Body, span: Span) -> bool {
    body.exprs.iter().filter(|it| span.contains(it.span)).any(|it| match &it.kind {
        ExprKind::Await(_) => true,
        ExprKind::MethodCall { method, .. } => matches!(method.as_str(), "recv" | "accept" | "wait"),
        ExprKind::Macro(call) => call.path.last().is_some_and(|it| it.name == "select"),
        _ => false,
    })
}

/// Whether a function is started from one place only, which is in no loop, and so on up to one that nothing but the start of
/// a program or of a service calls: not one for each connection.
fn runs_once(analysis: &Analysis, id: FnId, hops: u32) -> bool {
    let model = &analysis.model;
    if analysis.model.is_of_trait(id) {
        return false;
    }
    match analysis.callers(id) {
        [] => starts(&model.func(id).name) || makes_self(analysis, id),
        [only] => hops > 0 && is_called_once(analysis, only.id, id) && runs_once(analysis, only.id, hops - 1),
        _ => false,
    }
}

/// Whether a function is by its name the start of something, and not what is done for each that comes.
fn starts(name: &str) -> bool {
    let mut words = name.split('_');
    words.any(|it| matches!(it, "main" | "start" | "run" | "spawn" | "launch" | "init"))
}

fn makes_self(analysis: &Analysis, id: FnId) -> bool {
    match &analysis.model.signature(id).self_ty {
        Some(Ty::Adt(made, _)) => makes_part(&analysis.model, id, *made),
        _ => false,
    }
}

/// Whether a function calls another in one place, and in no loop.
fn is_called_once(analysis: &Analysis, caller: FnId, callee: FnId) -> bool {
    let (Some(flow), Some(body)) = (analysis.flow(caller), analysis.body(caller)) else { return false };
    let is_it = |it: &&Event| matches!(&it.kind, EventKind::Call(it) if it.callee == callee);
    let mut spans: Vec<Span> = flow.events.iter().filter(is_it).map(|it| it.span).collect();
    spans.dedup();
    let is_in_loop = |at: Span| body.exprs.iter().any(|it| is_loop(it) && it.span.contains(at));
    spans.len() == 1 && !is_in_loop(spans[0])
}

#[cfg(test)]
mod tests {
    use crate::testing::found;

    /// What `check_then_act` finds in a store whose `add` asks and then inserts, next to code that calls it.
    fn count(callers: &str) -> usize {
        let text = format!(
            "
use std::sync::{{Arc, Mutex, mpsc::Receiver}};
struct Store {{ by_name: Arc<dashmap::DashMap<u64, Arc<Mutex<u64>>>> }}
impl Store {{
    fn add(&self, name: u64) {{
        if !self.by_name.contains_key(&name) {{ self.by_name.insert(name, Arc::default()); }}
    }}
}}
struct Session {{ given: Arc<Store> }}
struct Service {{ store: Store, queue: Receiver<u64> }}
impl Service {{
    {callers}
}}
"
        );
        let lint = crate::LINTS.iter().find(|it| it.name == "check_then_act").expect("the lint");
        found(lint, &text).len()
    }

    #[test]
    fn what_one_loop_does_it_does_in_turn() {
        let run = "fn run(&self) { loop { let next = self.queue.recv(); self.take(1); } } fn take(&self, it: u64) { self.store.add(it); }";
        assert_eq!(count(run), 0);
        assert_eq!(count(&run.replace("fn run", "fn upgraded")), 1, "perhaps one for each connection");
        assert_eq!(count("fn step(&mut self) { self.store.add(1); }"), 0);
        assert_eq!(
            count(
                "fn new(store: Store, queue: Receiver<u64>) -> Service { let it = Service { store, queue }; it.store.add(1); it }"
            ),
            0
        );
    }

    #[test]
    fn what_anybody_may_do_or_two_loops_do_is_not_in_turn() {
        let one = "fn run(&self) { loop { let next = self.queue.recv(); self.store.add(1); } }";
        assert_eq!(count(&format!("{one} pub fn now(&self) {{ self.store.add(2); }}")), 1);
        assert_eq!(
            count(&format!(
                "{one} fn other(&self) {{ loop {{ let next = self.queue.recv(); self.store.add(1); }} }}"
            )),
            1
        );
        let each = "fn serve(&self) { loop { let it = self.queue.recv(); std::thread::spawn(move || self.talk()); } } \
                    fn talk(&self) { loop { let it = self.queue.recv(); self.store.add(1); } }";
        assert_eq!(count(each), 1);
        let spawned = "fn run(&self) { loop { let it = self.queue.recv(); std::thread::spawn(move || self.store.add(1)); } }";
        assert_eq!(count(spawned), 1);
        let task = "fn step(&mut self) { self.store.add(1); let it = self.store.by_name.clone(); std::thread::spawn(move || it.insert(1, Arc::default())); }";
        assert_eq!(count(task), 1);
        assert_eq!(
            count("} impl Session { fn step(&mut self) { self.given.add(1); }"),
            1,
            "a store that others have too"
        );
    }
}
