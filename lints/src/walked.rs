//! A walk over a map and the removal of what it chose, as far as both do nothing else: what `retain` does in one call.
//!
//! In: the walk and the removal. Out: the part of the body that they are, and the condition of the removal.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Block, Body, ExprId, ExprKind, PatId, Stmt, StmtKind};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;

use crate::bodies::{blocks, is_named};
use crate::collected::chain;
use crate::parents::expr_at;
use crate::predicate::{Named, Predicate, Reader};

/// What an iterator of a map gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Items {
    /// Guards with `key` and `value`.
    Guards,
    /// Pairs of references.
    Pairs,
    /// References to keys.
    Keys,
}

/// A walk and the removal of all that it chose.
pub(crate) struct Walked {
    /// Both, from the first statement to the last.
    pub(crate) whole: Span,
    /// What is removed; everything where there is none.
    pub(crate) condition: Option<Predicate>,
}

/// A loop that removes, and nothing else.
struct Loop {
    span: Span,
    pat: PatId,
    iter: ExprId,
    /// The condition of the `if` around the removal.
    cond: Option<ExprId>,
}

/// The walk at `walk` with the removal at `removal`.
pub(crate) fn walked(
    function: &FunctionView<'_>,
    body: &Body,
    walk: Span,
    items: Items,
    removal: Span,
) -> Option<Walked> {
    let chain = chain(body, walk);
    let turn = removing_loop(body, removal)?;
    let reader = Reader { function, body, again: removal };
    let mut chosen = chosen(&reader, &chain, items)?;
    let (is_direct, whole) = match chain.iter().position(|it| *it == turn.iter) {
        Some(last) if last + 1 == chain.len() => (true, turn.span),
        _ => (false, bound_before(body, *chain.last()?, &turn)?),
    };
    let key = removed_key(body, removal)?;
    match turn.cond {
        // The loop has the entries themselves.
        _ if is_direct && !chosen.gives_keys => {
            let named = named(body, items, turn.pat, 0)?;
            if !is_key_of(body, key, &named, items) {
                return None;
            }
            if let Some(cond) = turn.cond {
                chosen.add(reader.predicate(cond, &named)?)?;
            }
        }
        None => {
            let name = binding(body, turn.pat)?;
            (root(body, key)? == name).then_some(())?;
        }
        Some(_) => return None,
    }
    Some(Walked { whole, condition: chosen.condition })
}

/// What a chain of adapters leaves of a walk.
struct Chosen {
    condition: Option<Predicate>,
    gives_keys: bool,
}

impl Chosen {
    fn add(&mut self, more: Predicate) -> Option<()> {
        self.condition = Some(match self.condition.take() {
            Some(it) => it.and(more)?,
            None => more,
        });
        Some(())
    }
}

/// Reads `.filter(..).map(|it| it.key().clone()).collect()`; nothing where anything else is done.
fn chosen(reader: &Reader<'_>, chain: &[ExprId], items: Items) -> Option<Chosen> {
    let body = reader.body;
    let mut chosen = Chosen { condition: None, gives_keys: items == Items::Keys };
    let mut is_mapped = false;
    for it in chain.iter().skip(1) {
        let ExprKind::MethodCall { method, args, .. } = &body.expr(*it).kind else { return None };
        match (method.as_str(), args.as_slice()) {
            ("filter", [closure]) if !is_mapped => {
                let ExprKind::Closure(closure) = &body.expr(*closure).kind else { return None };
                let [(pat, None)] = closure.params.as_slice() else { return None };
                let named = named(body, items, *pat, 1)?;
                chosen.add(reader.predicate(closure.body, &named)?)?;
            }
            ("map", [closure]) if !is_mapped => {
                let ExprKind::Closure(closure) = &body.expr(*closure).kind else { return None };
                let [(pat, None)] = closure.params.as_slice() else { return None };
                let named = named(body, items, *pat, 0)?;
                is_key_of(body, closure.body, &named, items).then_some(())?;
                (is_mapped, chosen.gives_keys) = (true, true);
            }
            ("cloned" | "copied", []) => is_mapped = true,
            ("collect", []) => {}
            _ => return None,
        }
    }
    Some(chosen)
}

fn named(body: &Body, items: Items, pat: PatId, refs: u32) -> Option<Named> {
    match items {
        Items::Guards => Named::guard(body, pat, refs),
        Items::Pairs => Named::pair(body, pat, refs),
        Items::Keys => Named::key(body, pat, refs),
    }
}

/// Whether an expression is the key of the entry, or a copy of it.
fn is_key_of(body: &Body, id: ExprId, named: &Named, items: Items) -> bool {
    match &body.expr(id).kind {
        ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } => {
            is_key_of(body, *operand, named, items)
        }
        ExprKind::MethodCall { receiver, method, args, .. } if args.is_empty() => match method.as_str() {
            "key" if items == Items::Guards => {
                name_of(body, *receiver) == named.value_name() && named.value_name().is_some()
            }
            "clone" | "to_owned" | "to_string" | "as_str" | "as_ref" => {
                is_key_of(body, *receiver, named, items)
            }
            _ => false,
        },
        ExprKind::Path(_) => named.key_name().is_some() && name_of(body, id) == named.key_name(),
        _ => false,
    }
}

fn name_of(body: &Body, id: ExprId) -> Option<&Name> {
    match &body.expr(id).kind {
        ExprKind::Path(path) => path.as_ident(),
        _ => None,
    }
}

fn removed_key(body: &Body, removal: Span) -> Option<ExprId> {
    match &body.expr(expr_at(body, removal)?).kind {
        ExprKind::MethodCall { args, .. } => match args.as_slice() {
            [key] => Some(*key),
            _ => None,
        },
        _ => None,
    }
}

/// The `for` around a removal whose turn is that removal, alone or in an `if`.
fn removing_loop(body: &Body, removal: Span) -> Option<Loop> {
    let loops = body.exprs.iter().filter_map(|it| match &it.kind {
        ExprKind::For { label: None, pat, iter, body: turn } if body.expr(*turn).span.contains(removal) => {
            Some((it.span, *pat, *iter, *turn))
        }
        _ => None,
    });
    let (span, pat, iter, turn) = loops.min_by_key(|it| it.0.end - it.0.start)?;
    let only = only(body, turn)?;
    if body.expr(only).span == removal {
        return Some(Loop { span, pat, iter, cond: None });
    }
    let ExprKind::If { cond, then, otherwise: None } = body.expr(only).kind else { return None };
    let inner = self::only(body, then)?;
    (body.expr(inner).span == removal).then_some(Loop { span, pat, iter, cond: Some(cond) })
}

/// The only thing that a block does.
pub(crate) fn only(body: &Body, block: ExprId) -> Option<ExprId> {
    let ExprKind::Block(block) = &body.expr(block).kind else { return None };
    match (block.stmts.as_slice(), block.tail) {
        ([], Some(tail)) => Some(tail),
        ([stmt], None) => match stmt.kind {
            StmtKind::Expr { expr, .. } => Some(expr),
            _ => None,
        },
        _ => None,
    }
}

/// The `let` of what was chosen together with the loop that is the next statement, where nothing else uses it.
fn bound_before(body: &Body, chosen: ExprId, turn: &Loop) -> Option<Span> {
    let (block, index) = blocks(body).find_map(|block| {
        let is_it = |it: &Stmt| matches!(it.kind, StmtKind::Let { init: Some(init), otherwise: None, .. } if init == chosen);
        Some((block, block.stmts.iter().position(is_it)?))
    })?;
    let stmt = &block.stmts[index];
    let StmtKind::Let { pat, .. } = stmt.kind else { return None };
    let name = binding(body, pat)?;
    if next(body, block, index)? != turn.span || root(body, turn.iter)? != name {
        return None;
    }
    let rest = Span::new(turn.span.end, body.expr(body.root).span.end);
    let is_used_up = !is_named(body, rest, name);
    let turn_body = Span::new(body.expr(turn.iter).span.end, turn.span.end);
    (is_used_up && !is_named(body, turn_body, name)).then(|| Span::new(stmt.span.start, turn.span.end))
}

/// The expression behind a statement of a block.
fn next(body: &Body, block: &Block, index: usize) -> Option<Span> {
    match block.stmts.get(index + 1) {
        Some(Stmt { kind: StmtKind::Expr { expr, .. }, .. }) => Some(body.expr(*expr).span),
        Some(_) => None,
        None => Some(body.expr(block.tail?).span),
    }
}

fn binding(body: &Body, pat: PatId) -> Option<&Name> {
    use safe_map_analysis::facts::PatKind;
    match &body.pat(pat).kind {
        PatKind::Bind { name, sub: None, .. } => Some(name),
        PatKind::Ref(inner) => binding(body, *inner),
        _ => None,
    }
}

/// The local that an expression hands on as it is, references and copies aside.
fn root(body: &Body, id: ExprId) -> Option<&Name> {
    match &body.expr(id).kind {
        ExprKind::Path(path) => path.as_ident(),
        ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } => root(body, *operand),
        ExprKind::MethodCall { receiver, method, args, .. } if args.is_empty() => {
            let is_same = matches!(
                method.as_str(),
                "iter" | "into_iter" | "clone" | "as_str" | "as_ref" | "to_owned" | "to_string" | "borrow"
            );
            is_same.then(|| root(body, *receiver))?
        }
        _ => None,
    }
}
