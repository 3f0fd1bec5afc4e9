//! Guards that stay alive past their last use while other work goes on.
//!
//! In: a function, and which work counts. Out: the named guards that are alive at such work although nothing needs them any
//! more, each with the first work and its last use before that, and the finding that says so.

use std::cell::OnceCell;

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, Expr, ExprKind, MacroArgs};
use safe_map_analysis::flow::{Guard, Held};
use safe_map_analysis::knowledge::schema::TypeRole;
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::summary::Happening;
use safe_map_analysis::ty::Ty;

use crate::bodies::{is_loop, lets, whole_await};
use crate::fix::{body_of, drop_before};
use crate::private::is_own;
use crate::story::{
    acquire_label, called, chain_labels, declaration_label, finding, here, lock_name, lock_path, what_happens,
};
use crate::uses::Uses;
use crate::{Finding, Label, Role};

/// A guard that is alive at work which does not need it.
pub(crate) struct Idle<'a> {
    /// How it is alive there.
    held: Held,
    /// The guard.
    pub(crate) guard: Guard,
    /// The first such work.
    pub(crate) happening: Happening<'a>,
    /// The last use of the guard before it.
    last: Span,
}

/// The named guards that are alive behind their last use while something happens that `costs`, each once.
pub(crate) fn held_idle<'a>(
    function: &FunctionView<'a>,
    costs: impl Fn(&Guard, &Happening<'_>) -> bool,
) -> Vec<Idle<'a>> {
    let body = OnceCell::new();
    let mut found: Vec<Idle<'a>> = Vec::new();
    for happening in function.happenings() {
        for held in happening.held.iter().filter(|it| it.local.is_some()) {
            let guard = function.flow.guard_at(held);
            let is_told = found.iter().any(|it| it.guard.acquire.span == guard.acquire.span);
            if is_told || !is_work(&guard) || is_own(function, &guard.acquire) || !costs(&guard, &happening) {
                continue;
            }
            let Some(body) = body.get_or_init(|| body_of(function)) else { return found };
            let Some(last) = last_use(function, body, &guard, happening.event.span) else { continue };
            found.push(Idle { held: *held, guard, happening: happening.clone(), last });
        }
    }
    found
}

/// Whether a guard is there to work with what it protects, rather than to mark a region.
fn is_work(guard: &Guard) -> bool {
    let lock = &guard.acquire.lock;
    let is_lock = matches!(lock.role, TypeRole::Lock | TypeRole::SharedMap);
    let is_region =
        lock.content == Ty::unit() || guard.binding.as_ref().is_none_or(|(name, _)| name.starts_with('_'));
    guard.acquire.class.is_waited_for()
        && is_lock
        && !lock.is_private
        && !guard.derived
        && !guard.is_extended
        && !is_region
}

/// The last use of a guard, where all its uses, and those of what borrows from it, are before `hazard`.
fn last_use(function: &FunctionView<'_>, body: &Body, guard: &Guard, hazard: Span) -> Option<Span> {
    let (name, bound) = guard.binding.as_ref()?;
    let hazard = whole_await(body, hazard);
    // What is bound behind the hazard, or to what comes of it, borrows from the guard only where it names something that does.
    let waiting = binding_at(body, hazard).filter(|it| it.start > bound.start).unwrap_or(hazard);
    let is_between = |it: Span| bound.start < it.start && it.start < waiting.start;
    let borrows = function.flow.locals.iter().filter(|it| !it.is_owned && is_between(it.span));
    let locals: Vec<_> = borrows.map(|it| (&it.name, it.span)).chain([(name, *bound)]).collect();
    let is_use = |it: &Expr, locals: &[(&Name, Span)]| match &it.kind {
        ExprKind::Path(path) => path.as_ident().is_some_and(|name| {
            let is_it =
                |(local, bound): &(&Name, Span)| *local == name && !function.flow.is_another(*bound, it.span);
            locals.iter().any(is_it)
        }),
        ExprKind::Macro(call) => matches!(call.args, MacroArgs::Opaque),
        _ => false,
    };
    let behind = body.exprs.iter().filter(|it| it.span.start >= bound.end);
    let uses: Vec<Span> = behind.clone().filter(|it| is_use(it, &locals)).map(|it| it.span).collect();
    let repeats = body.exprs.iter().filter(|it| may_repeat(it) && it.span.contains(hazard));
    let again = |span: &Span| uses.iter().any(|it| span.contains(*it) && bound.start < span.start);
    if uses.iter().any(|it| it.end > waiting.start) || repeats.map(|it| it.span).any(|it| again(&it)) {
        return None;
    }
    let uses = Uses::of(function, guard)?;
    uses.last_before(hazard).filter(|_| !uses.in_statement_of(hazard))
}

/// The `let` that waits for `hazard`.
fn binding_at(body: &Body, hazard: Span) -> Option<Span> {
    lets(body)
        .map(|(pat, init)| (pat, body.expr(init).span))
        .filter(|(_, init)| init.contains(hazard))
        .map(|(pat, init)| pat.to(init))
        .min_by_key(|it| it.end - it.start)
}

/// Whether code in it may run more than once.
fn may_repeat(it: &Expr) -> bool {
    is_loop(it) || matches!(it.kind, ExprKind::Closure(_))
}

/// The finding at the work; the lint says what may be wrong with it.
pub(crate) fn report(function: &FunctionView<'_>, lint: &'static str, idle: &Idle<'_>) -> Finding {
    let Idle { guard, happening, last, .. } = idle;
    let lock = lock_name(function, &guard.acquire);
    let name = guard.binding.as_ref().map(|(it, _)| it.to_string()).unwrap_or_default();
    let through = called(function, happening).map(|it| format!(" by `{it}`")).unwrap_or_default();
    let what = what_happens(function, happening);
    let message = format!("{what}{through} while `{name}`, which is not used any more, keeps {lock} locked");
    let mut finding = finding(function, lint, happening.event.span, message);
    finding.lock = lock_path(function, &guard.acquire);
    finding.labels.push(acquire_label(function, guard));
    finding.labels.push(Label {
        role: Role::Release,
        place: here(function, *last),
        message: last_words(function, &name, *last),
    });
    finding.labels.extend(chain_labels(function, happening, &format!("{what} here")));
    finding.labels.extend(declaration_label(function, &guard.acquire));
    finding.note = "a guard lives to the end of its block, not to its last use".to_string();
    finding.help = format!("`drop({name})` behind its last use, or a block around its uses");
    finding.fixes.extend(drop_before(
        function,
        &idle.held,
        happening.event.span,
        "work that does not need it",
    ));
    finding
}

fn last_words(function: &FunctionView<'_>, name: &str, last: Span) -> String {
    match last.text(&function.file.parsed().source.text) {
        used if used == name => format!("`{name}` is used for the last time"),
        used => format!("`{used}`, which borrows from `{name}`, is used for the last time"),
    }
}
