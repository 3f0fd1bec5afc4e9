//! The words and places that findings about guards share: names of locks, labels of acquires, ends of guards.

use safe_map_analysis::FunctionView;
use safe_map_analysis::flow::{
    Acquire, Callback, Decl, EventKind, Guard, Place as Path, Root, Step, Work, show_place,
};
use safe_map_analysis::knowledge::schema::{GuardClass, LockMode, Op, TypeRole};
use safe_map_analysis::source::FileId;
use safe_map_analysis::span::Span;
use safe_map_analysis::summary::{EffectKind, Happening, Hop};

use crate::access::Access;
use crate::declared::declared;
use crate::{Confidence, Finding, Label, Place, Role, Step as Turn};

/// What happens through more calls than these is a detail of something else.
pub(crate) const MAX_CHAIN: usize = 2;

/// What may happen through more calls than these does so on none of the runs that anybody has in mind.
const MAX_UNSURE_CHAIN: usize = 6;

/// Whether something only may happen, far away: each call on the way has conditions of its own.
pub(crate) fn is_far_fetched(happening: &Happening<'_>) -> bool {
    !happening.is_sure && happening.chain.len() > MAX_UNSURE_CHAIN
}

/// A place in the function's own file.
pub(crate) fn here(function: &FunctionView<'_>, span: Span) -> Place {
    Place { file: function.file.id, span }
}

/// A place in a file.
pub(crate) fn at(file: FileId, span: Span) -> Place {
    Place { file, span }
}

/// The short name of a lock in messages: the field, the static, or the path as written.
pub(crate) fn lock_name(function: &FunctionView<'_>, acquire: &Acquire) -> String {
    let model = function.model();
    let ends_in_field =
        matches!(acquire.lock.place.path.last(), Some(Step::Field(_) | Step::Handle(_)) | None);
    // The `0` of a wrapper says less than the field that the wrapper is in.
    let is_wrapped = |name: &str| name.starts_with(|it: char| it.is_ascii_digit());
    let named = acquire.lock.place.path.iter().rev().find_map(|it| match it {
        Step::Field(name) | Step::Handle(name) if !is_wrapped(name) => Some(name),
        _ => None,
    });
    match &acquire.lock.decl {
        Some(Decl::Field(_, name)) if ends_in_field && is_wrapped(name) => match named {
            Some(name) => format!("`{name}`"),
            None => format!("a `{}`", acquire.lock.type_name),
        },
        Some(Decl::Field(_, name)) if ends_in_field => format!("`{name}`"),
        Some(Decl::Static(id)) => format!("`{}`", model.static_(*id).name),
        _ if acquire.lock.place.is_unnamed() => format!("a `{}`", acquire.lock.type_name),
        _ => format!("`{}`", path_name(function, &acquire.lock.place)),
    }
}

/// An access path as a reader would write it, parameters by their names.
pub(crate) fn path_name(function: &FunctionView<'_>, path: &Path) -> String {
    show_place(function.model(), path)
}

/// The full name of a lock: `crate::Owner.field`, `crate::STATIC`.
pub(crate) fn lock_path(function: &FunctionView<'_>, acquire: &Acquire) -> Option<String> {
    let model = function.model();
    match declared(model, function.id, acquire)? {
        Decl::Field(adt, name) => {
            let def = model.adt(adt);
            Some(format!("{}::{}.{name}", model.module_path(def.module), def.name))
        }
        Decl::Static(id) => {
            let def = model.static_(id);
            Some(format!("{}::{}", model.module_path(def.module), def.name))
        }
    }
}

/// The label at a guard's acquire.
pub(crate) fn acquire_label(function: &FunctionView<'_>, guard: &Guard) -> Label {
    let holder = match &guard.binding {
        Some((name, _)) => format!(", held by `{name}`"),
        None => ", a temporary".to_string(),
    };
    let what = match (guard.acquire.op, guard.acquire.lock.role) {
        (Op::Iterate | Op::IterateMut, _) => "iteration starts here",
        (_, TypeRole::Cell) => "borrow taken here",
        _ => "guard taken here",
    };
    Label {
        role: Role::Acquire,
        place: here(function, guard.acquire.span),
        message: format!("{what}{holder}"),
    }
}

/// The function through which something happens, as code calls it; none where it happens here.
pub(crate) fn called(function: &FunctionView<'_>, happening: &Happening<'_>) -> Option<String> {
    let callee = happening.chain.first()?.function;
    Some(function.model().func(callee).path.clone())
}

/// The labels of the calls through which something happens, and of where it does.
pub(crate) fn chain_labels(function: &FunctionView<'_>, happening: &Happening<'_>, what: &str) -> Vec<Label> {
    let model = function.model();
    let place = |hop: &Hop| at(model.func(hop.function).at.file, hop.span);
    let calls = happening.chain.windows(2).map(|pair| Label {
        role: Role::Via,
        place: place(&pair[0]),
        message: format!("which calls `{}`", model.func(pair[1].function).path),
    });
    let end = happening.chain.last().map(|hop| Label {
        role: Role::Hazard,
        place: place(hop),
        message: what.to_string(),
    });
    calls.chain(end).collect()
}

/// The label where a lock or map is declared.
pub(crate) fn declaration_label(function: &FunctionView<'_>, acquire: &Acquire) -> Option<Label> {
    let model = function.model();
    let (file, span) = match declared(model, function.id, acquire)? {
        Decl::Field(adt, name) => {
            let field = model.adt_fields(adt).iter().find(|it| it.name == name)?.span;
            (model.adt(adt).at.file, field)
        }
        Decl::Static(id) => {
            let at = model.static_(id).at;
            (at.file, model.item(at).name_span)
        }
    };
    Some(Label { role: Role::Declaration, place: at(file, span), message: "declared here".to_string() })
}

/// What a conflict on this lock does: `deadlock` or `panic`.
pub(crate) fn consequence(class: GuardClass) -> &'static str {
    match class {
        GuardClass::RefCell => "panic",
        GuardClass::Blocking | GuardClass::Spinning | GuardClass::Async | GuardClass::Free => "deadlock",
    }
}

/// A verb phrase as sure as the finding: `deadlocks`, `can deadlock when ..`.
pub(crate) fn verdict(class: GuardClass, confidence: Confidence, when: &str) -> String {
    match confidence {
        Confidence::Certain => format!("{}s", consequence(class)),
        Confidence::Likely | Confidence::Possible => format!("can {} {when}", consequence(class)),
    }
}

/// A finding in this function with nothing but its place and words.
pub(crate) fn finding(
    function: &FunctionView<'_>,
    lint: &'static str,
    span: Span,
    message: String,
) -> Finding {
    Finding {
        lint,
        confidence: Confidence::Likely,
        message,
        lock: None,
        item: function.path().to_string(),
        in_test: function.model().func(function.id).is_test,
        primary: here(function, span),
        labels: Vec::new(),
        note: String::new(),
        help: String::new(),
        interleaving: Vec::new(),
        fixes: Vec::new(),
    }
}

/// Whether a second acquire is one of another lock, and can wait.
pub(crate) fn is_another(first: &Acquire, second: &Acquire) -> bool {
    let waits = second.class.is_waited_for()
        && !second.is_try
        && !second.lock.is_private
        && second.mode != LockMode::None;
    let is_lock = matches!(second.lock.role, TypeRole::Lock | TypeRole::SharedMap);
    // Two places of one declaration may be one lock, but two statics never are.
    let are_statics = [first, second].iter().all(|it| matches!(it.lock.place.root, Root::Static(_)));
    let same_decl = !are_statics && second.lock.decl.is_some() && second.lock.decl == first.lock.decl;
    waits && is_lock && second.lock.place != first.lock.place && !same_decl
}

/// Whether work makes a value of a text, which is then needed to go on.
pub(crate) fn decodes(work: &Work) -> bool {
    work.what.starts_with("from_") || work.what.starts_with("deserialize")
}

/// A callback in messages: by its name, or by the field of a tuple struct that it is in.
pub(crate) fn callback_name(callback: &Callback) -> String {
    match callback.name.chars().next() {
        None => "a callback".to_string(),
        Some(first) if first.is_ascii_digit() => format!("the callback in field `{}`", callback.name),
        Some(_) => format!("the callback `{}`", callback.name),
    }
}

/// What happens, as the start of a sentence.
pub(crate) fn what_happens(function: &FunctionView<'_>, happening: &Happening<'_>) -> String {
    match &happening.kind {
        EffectKind::Acquire(second) => format!("{} is taken", lock_name(function, second)),
        EffectKind::Await(wait) if wait.what.is_empty() => "the task is suspended".to_string(),
        EffectKind::Await(wait) => format!("`{}` is awaited", wait.what),
        EffectKind::Block(wait) => format!("`{}` waits", wait.what),
        EffectKind::Work(work) => format!("`{}` runs", work.what),
        EffectKind::Callback(callback) => format!("{} runs", callback_name(callback)),
        EffectKind::MapOp(op) => format!("`{}` runs", op.method),
    }
}

/// Whether a lock is taken for no longer than its statement: a cheap tail.
pub(crate) fn is_momentary(function: &FunctionView<'_>, happening: &Happening<'_>) -> bool {
    match happening.event.kind {
        EventKind::Acquire { guard: Some(id), .. } => function.flow.guard(id).binding.is_none(),
        _ => false,
    }
}

/// The short name of the map of an access: its own declaration where it has one, or the lock's.
pub(crate) fn access_name(function: &FunctionView<'_>, access: &Access<'_>) -> String {
    match &access.decl {
        Some(Decl::Field(_, name)) if !name.starts_with(|it: char| it.is_ascii_digit()) => {
            format!("`{name}`")
        }
        Some(Decl::Static(id)) => format!("`{}`", function.model().static_(*id).name),
        _ => lock_name(function, &access.acquire),
    }
}

/// A finding at the second of two accesses that belong together, with the labels of both; `what` is done first.
pub(crate) fn access_finding(
    function: &FunctionView<'_>,
    lint: &'static str,
    (first, what): (&Access<'_>, &str),
    second: &Access<'_>,
    message: String,
) -> Finding {
    let through = called(function, &second.happening).map(|it| format!(", by `{it}`")).unwrap_or_default();
    let mut finding = finding(function, lint, second.span(), format!("{message}{through}"));
    finding.lock = lock_path(function, &second.acquire);
    finding.labels.push(Label {
        role: Role::Acquire,
        place: here(function, first.span()),
        message: match called(function, &first.happening) {
            Some(it) => format!("{what} here, by `{it}`"),
            None => format!("{what} here"),
        },
    });
    finding.labels.extend(chain_labels(function, &second.happening, "here"));
    finding.labels.extend(declaration_label(function, &second.acquire));
    finding
}

/// What two threads do in an interleaving of two accesses, each a verb phrase before the map's name.
pub(crate) struct Turns {
    /// What A does first.
    pub(crate) first: &'static str,
    /// What B does then.
    pub(crate) other: &'static str,
    /// What A does last.
    pub(crate) last: &'static str,
}

/// Thread A between its two accesses, and what thread B does there.
pub(crate) fn interleaving(
    function: &FunctionView<'_>,
    first: &Access<'_>,
    second: &Access<'_>,
    other: Place,
    turns: &Turns,
) -> Vec<Turn> {
    let name = access_name(function, second);
    let step = |thread, verb: &str, place| Turn { thread, message: format!("{verb} {name}"), place };
    vec![
        step('A', turns.first, here(function, first.span())),
        step('B', turns.other, other),
        step('A', turns.last, here(function, second.span())),
    ]
}
