//! The fix that changes an entry where it is: what was read, changed and written back becomes one step of the map.
//!
//! In: the access that read and the one that writes back. Only statements that follow each other are taken: nothing else may
//! happen between them.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Block, Body, ExprId, ExprKind, PatKind, StmtKind, UnaryOp};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;

use crate::bodies::{blocks, is_named};
use crate::fix::{with_comments, without_parens};
use crate::parents::expr_at;
use crate::retain::method;
use crate::typing::Typed;
use crate::{Applicability, Fix};

/// `*map.entry(key).or_insert(0) += n;` for `let old = map.get(&key)..; map.insert(key, old + n);`.
pub(crate) fn one_step(function: &FunctionView<'_>, read: Span, write: Span) -> Option<Fix> {
    let typed = Typed::of(function.file.analysis, function.id)?;
    let steps = Steps::of(&typed.body, &function.file.parsed().source.text, read, write)?;
    let text = steps.written(&typed)?;
    Some(Fix {
        title: "change the entry where it is".to_string(),
        applicability: Applicability::MaybeIncorrect,
        edits: vec![with_comments(function, steps.whole, &text)?],
    })
}

/// The statements that read, change and write back.
struct Steps<'a> {
    body: &'a Body,
    text: &'a str,
    /// All of them.
    whole: Span,
    /// What the local is declared with.
    init: ExprId,
    read: ExprId,
    /// The local between them.
    name: &'a Name,
    /// The statement between the two, where there is one.
    between: Option<ExprId>,
    map: ExprId,
    key: ExprId,
    value: ExprId,
}

/// What an entry is made of where there is none.
enum Start {
    Of(String),
    Default,
    /// It is taken for granted.
    There,
}

impl<'a> Steps<'a> {
    fn of(body: &'a Body, text: &'a str, read: Span, write: Span) -> Option<Steps<'a>> {
        let ExprKind::MethodCall { receiver: map, method, args, .. } = &body.expr(expr_at(body, write)?).kind
        else {
            return None;
        };
        let [key, value] = args.as_slice() else { return None };
        let (block, last) = statement(body, write)?;
        let first = last.checked_sub(1).filter(|it| reads(body, block, *it, read));
        let (first, between) = match first {
            Some(first) => (first, None),
            None => {
                let first = last.checked_sub(2).filter(|it| reads(body, block, *it, read))?;
                let StmtKind::Expr { expr, semi: true } = block.stmts[first + 1].kind else { return None };
                (first, Some(expr))
            }
        };
        let StmtKind::Let { pat, init: Some(init), otherwise: None, .. } = block.stmts[first].kind else {
            return None;
        };
        let PatKind::Bind { name, by_ref: false, sub: None, .. } = &body.pat(pat).kind else { return None };
        let whole = Span::new(block.stmts[first].span.start, block.stmts[last].span.end);
        let rest = Span::new(whole.end, body.expr(body.root).span.end);
        let is_plain = *method == "insert" && !is_named(body, rest, name);
        let steps = Steps {
            body,
            text,
            whole,
            init,
            read: expr_at(body, read)?,
            name,
            between,
            map: *map,
            key: *key,
            value: *value,
        };
        is_plain.then_some(steps)
    }

    fn written(&self, typed: &Typed<'_>) -> Option<String> {
        let (map, key) = (self.source(self.map)?, self.source(self.key)?);
        let start = self.start()?;
        if is_named(self.body, self.body.expr(self.key).span, self.name) {
            return None;
        }
        let Some(between) = self.between else { return self.operated(typed, (map, key), &start) };
        let (change, is_it) = self.changed(between)?;
        if !is_it || method(typed, self.map, "entry").is_none() {
            return None;
        }
        Some(format!("{map}.entry({key}){}.{change};", start.or_insert()?))
    }

    /// `map.insert(key, old + n)`.
    fn operated(&self, typed: &Typed<'_>, (map, key): (&str, &str), start: &Start) -> Option<String> {
        let ExprKind::Binary { op, lhs, rhs } = &self.body.expr(self.value).kind else { return None };
        let amount = self.body.expr(*rhs).span;
        let is_arithmetic = matches!(op.as_str(), "+" | "-" | "*" | "|" | "&" | "^");
        if !is_arithmetic
            || !self.is_local(*lhs)
            || is_named(self.body, amount, self.name)
            || !is_simple(self.body, *rhs)
        {
            return None;
        }
        let amount = self.source(*rhs)?;
        // `old + (n as u64)` needs them, `+= n as u64` does not.
        let added = without_parens(amount);
        if method(typed, self.map, "entry").is_some() {
            return Some(match start {
                Start::There => {
                    format!("*{map}.get_mut({}).unwrap() {op}= {added};", self.source(self.asked()?)?)
                }
                _ => format!("*{map}.entry({key}){} {op}= {added};", start.or_insert()?),
            });
        }
        method(typed, self.map, "upsert")?;
        let Start::Of(first) = start else { return None };
        let name = self.name;
        Some(format!("{map}.upsert({key}, || {first} {op} {amount}, |{name}| *{name} {op}= {added});"))
    }

    /// `list.push(job)`, and whether the list is what is written back.
    fn changed(&self, between: ExprId) -> Option<(&'a str, bool)> {
        let expr = self.body.expr(between);
        let ExprKind::MethodCall { receiver, method_span, args, .. } = &expr.kind else { return None };
        let inner = Span::new(method_span.start, expr.span.end);
        let is_plain =
            args.iter().all(|it| is_simple(self.body, *it)) && !is_named(self.body, inner, self.name);
        (is_plain && self.is_local(*receiver)).then(|| (inner.text(self.text), self.is_local(self.value)))
    }

    /// What the local is where there is no entry, by how it is declared.
    fn start(&self) -> Option<Start> {
        match &self.body.expr(self.init).kind {
            ExprKind::Unary { op: UnaryOp::Deref, operand } => match &self.body.expr(*operand).kind {
                ExprKind::MethodCall { receiver, method, .. }
                    if *receiver == self.read && *method == "unwrap" =>
                {
                    Some(Start::There)
                }
                _ => None,
            },
            ExprKind::MethodCall { receiver, method, args, .. } if self.is_copied(*receiver) => {
                match (method.as_str(), args.as_slice()) {
                    ("unwrap_or_default", []) => Some(Start::Default),
                    ("unwrap_or", [value]) if is_simple(self.body, *value) => {
                        Some(Start::Of(self.source(*value)?.to_string()))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// `map.get(k).map(|it| *it)`, `.map(|it| it.clone())`, `.copied()`, `.cloned()`, or a map that gives copies.
    fn is_copied(&self, id: ExprId) -> bool {
        if id == self.read {
            return true;
        }
        let ExprKind::MethodCall { receiver, method, args, .. } = &self.body.expr(id).kind else {
            return false;
        };
        let copies = |it: &ExprId| match &self.body.expr(*it).kind {
            ExprKind::Closure(closure) => match &self.body.expr(closure.body).kind {
                ExprKind::Unary { op: UnaryOp::Deref, .. } => true,
                ExprKind::MethodCall { method, .. } => *method == "clone",
                _ => false,
            },
            _ => false,
        };
        *receiver == self.read
            && match method.as_str() {
                "copied" | "cloned" => true,
                "map" => args.first().is_some_and(copies),
                _ => false,
            }
    }

    fn asked(&self) -> Option<ExprId> {
        match &self.body.expr(self.read).kind {
            ExprKind::MethodCall { args, .. } => args.first().copied(),
            _ => None,
        }
    }

    fn source(&self, id: ExprId) -> Option<&'a str> {
        Some(self.body.expr(id).span.text(self.text)).filter(|it| !it.is_empty())
    }

    fn is_local(&self, id: ExprId) -> bool {
        matches!(&self.body.expr(id).kind, ExprKind::Path(path) if path.as_ident() == Some(self.name))
    }
}

impl Start {
    fn or_insert(&self) -> Option<String> {
        match self {
            Start::Of(value) => Some(format!(".or_insert({value})")),
            Start::Default => Some(".or_default()".to_string()),
            Start::There => None,
        }
    }
}

/// The statement of a block that is the expression at a span: the block and the statement's index.
fn statement(body: &Body, span: Span) -> Option<(&Block, usize)> {
    blocks(body).find_map(|block| {
        let index = block.stmts.iter().position(|it| match it.kind {
            StmtKind::Expr { expr, semi: true } => body.expr(expr).span == span,
            _ => false,
        })?;
        Some((block, index))
    })
}

/// Whether a statement is a `let` of what is read.
fn reads(body: &Body, block: &Block, index: usize, read: Span) -> bool {
    match block.stmts[index].kind {
        StmtKind::Let { init: Some(init), .. } => body.expr(init).span.contains(read),
        _ => false,
    }
}

/// Whether an expression takes no time and no lock: names, fields and literals.
fn is_simple(body: &Body, id: ExprId) -> bool {
    match &body.expr(id).kind {
        ExprKind::Path(_) | ExprKind::Lit(_) => true,
        ExprKind::Field { base, .. } => is_simple(body, *base),
        ExprKind::Cast { operand, .. } | ExprKind::Unary { operand, .. } => is_simple(body, *operand),
        ExprKind::Call { callee, args } => {
            let is_path = matches!(&body.expr(*callee).kind, ExprKind::Path(path) if path.segments.len() > 1);
            is_path && args.iter().all(|it| is_simple(body, *it))
        }
        _ => false,
    }
}
