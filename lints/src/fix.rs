//! Edits that more than one lint offers.

use std::rc::Rc;

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Block, Body, ExprId, ExprKind, PatKind, Stmt, StmtKind};
use safe_map_analysis::flow::Held;
use safe_map_analysis::model::{Def, Namespace};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;

use crate::bodies::blocks;
use crate::moves::is_moved_before;
use crate::story::here;
use crate::{Applicability, Edit, Fix};

/// How many findings of one function get a fix: each looks at the whole body, and who has more than these has another problem.
pub(crate) const MAX_FIXED: usize = 32;

/// `drop(guard);` before the statement that holds `hazard`, called `what`: offered where the guard is a plain `let` of the
/// same block that surely has it still, and neither it nor what borrows from it is used again, behind the hazard or in its
/// own statement.
pub(crate) fn drop_before(function: &FunctionView<'_>, held: &Held, hazard: Span, what: &str) -> Option<Fix> {
    // What is moved on one of the paths cannot be dropped behind them.
    if held.maybe {
        return None;
    }
    let guard = function.flow.guard_at(held);
    let (name, binding) = guard.binding.as_ref().filter(|_| !guard.is_extended)?;
    let body = &body_of(function)?;
    let text = &function.file.parsed().source.text;
    let block = blocks(body).find(|it| binds_in(body, it, *binding))?;
    let stmt = block.stmts.iter().map(|it| it.span).chain(block.tail.map(|it| body.expr(it).span));
    let stmt = stmt.filter(|it| it.contains(hazard)).min_by_key(|it| it.end - it.start)?;
    let is_between = |it: Span| binding.end <= it.start && it.end <= stmt.start;
    let borrows = function.flow.locals.iter().filter(|it| !it.is_owned && is_between(it.span));
    let mut needed = borrows.map(|it| &it.name).chain([name]);
    if stmt.start <= binding.end || needed.any(|it| uses_from(body, text, it, stmt.start)) {
        return None;
    }
    let local = (name.clone(), *binding);
    if is_moved_before(function, body, &local, stmt.start) {
        return None;
    }
    let indent = indentation(text, stmt.start)?;
    Some(Fix {
        title: format!("drop `{name}` before {what}"),
        applicability: Applicability::MaybeIncorrect,
        edits: vec![Edit {
            place: here(function, Span::new(stmt.start, stmt.start)),
            replacement: format!("{}({name});\n{indent}", drop_here(function, body)),
        }],
    })
}

/// How code of a function names `drop`, where something else may be called so.
fn drop_here(function: &FunctionView<'_>, body: &Body) -> &'static str {
    let model = function.model();
    let name = Name::new("drop");
    let binds = body.pats.iter().any(|it| matches!(&it.kind, PatKind::Bind { name: it, .. } if *it == name));
    let module = model.func(function.id).module;
    let is_others = match model.resolve(module, std::slice::from_ref(&name), Namespace::Values) {
        None => false,
        Some(Def::Foreign(path)) => !matches!(path.as_str(), "drop" | "std::mem::drop" | "core::mem::drop"),
        Some(_) => true,
    };
    if binds || is_others { "::core::mem::drop" } else { "drop" }
}

/// `let found = scrutinee;` before the branch or loop at `whole`, and its name there instead: for what borrows nothing.
pub(crate) fn hoist(
    function: &FunctionView<'_>,
    body: &Body,
    (whole, keyword): (Span, &str),
    scrutinee: ExprId,
) -> Option<Fix> {
    let text = &function.file.parsed().source.text;
    // Arguments of macros and calls, and the arms of a `match`, may start a line too.
    if !starts_statement(body, whole.start) {
        return None;
    }
    let indent = indentation(text, whole.start)?;
    let name = ["found", "value", "taken"].into_iter().find(|it| !names(body, text, it))?;
    let span = body.expr(scrutinee).span;
    let value = without_parens(text.get(span.start as usize..span.end as usize)?);
    let at = Span::new(whole.start, whole.start);
    Some(Fix {
        title: format!("bind the scrutinee before the `{keyword}`"),
        applicability: Applicability::MaybeIncorrect,
        edits: vec![
            Edit { place: here(function, at), replacement: format!("let {name} = {value};\n{indent}") },
            Edit { place: here(function, span), replacement: name.to_string() },
        ],
    })
}

/// Whether a statement of some block, or its value, starts at a byte.
fn starts_statement(body: &Body, byte: u32) -> bool {
    blocks(body).any(|block| {
        let tail = block.tail.map(|it| body.expr(it).span.start);
        block.stmts.iter().map(|it| it.span.start).chain(tail).any(|it| it == byte)
    })
}

/// An expression without the parentheses around all of it: rustc warns of them where nothing needs them.
pub(crate) fn without_parens(code: &str) -> &str {
    let Some(inner) = code.strip_prefix('(').and_then(|it| it.strip_suffix(')')) else { return code };
    let mut depth = 0i32;
    for it in inner.chars() {
        match it {
            // What is in a text or a character is not told from code here.
            '"' | '\'' => return code,
            '(' => depth += 1,
            ')' => depth -= 1,
            // A tuple.
            ',' if depth == 0 => return code,
            _ => {}
        }
        if depth < 0 {
            return code;
        }
    }
    if inner.trim().is_empty() { code } else { without_parens(inner.trim()) }
}

/// What ends a guard before `hazard`, called `what`: a `drop`, or a `let` for the scrutinee in which it is a temporary.
pub(crate) fn end_before(function: &FunctionView<'_>, held: &Held, hazard: Span, what: &str) -> Option<Fix> {
    drop_before(function, held, hazard, what).or_else(|| {
        let guard = function.flow.guard_at(held);
        let is_temporary = !held.maybe && guard.binding.is_none();
        is_temporary.then(|| hoist_before(function, guard.acquire.span, hazard))?
    })
}

/// A `let` for the scrutinee that holds what is taken at `acquire`, while the branch or loop runs into `hazard`: where the
/// value borrows nothing and is made by a call.
pub(crate) fn hoist_before(function: &FunctionView<'_>, acquire: Span, hazard: Span) -> Option<Fix> {
    let body = body_of(function)?;
    let over = |init: ExprId, whole: Span| {
        let span = body.expr(init).span;
        span.contains(acquire) && whole.contains(hazard) && !span.contains(hazard)
    };
    let (whole, keyword, scrutinee) = body.exprs.iter().find_map(|it| {
        let (keyword, scrutinee) = match it.kind {
            ExprKind::If { cond, .. } => match body.expr(cond).kind {
                ExprKind::Let { init, .. } => ("if let", init),
                _ => return None,
            },
            ExprKind::Match { scrutinee, .. } => ("match", scrutinee),
            ExprKind::For { iter, .. } => ("for", iter),
            _ => return None,
        };
        over(scrutinee, it.span).then_some((it.span, keyword, scrutinee))
    })?;
    let it = body.expr(scrutinee);
    let is_owned = function.flow.scrutinees.iter().any(|known| known.span == it.span && known.is_owned);
    (is_owned && is_call(&it.kind)).then(|| hoist(function, &body, (whole, keyword), scrutinee))?
}

/// Whether an expression makes a value: what is only a place cannot be moved out of it.
pub(crate) fn is_call(kind: &ExprKind) -> bool {
    matches!(
        kind,
        ExprKind::MethodCall { .. } | ExprKind::Call { .. } | ExprKind::Try(_) | ExprKind::Await(_)
    )
}

/// The facts of a function's body.
pub(crate) fn body_of(function: &FunctionView<'_>) -> Option<Rc<Body>> {
    function.file.analysis.body(function.id)
}

/// Whether a block binds the name at `binding` by a plain `let name = ..`.
fn binds_in(body: &Body, block: &Block, binding: Span) -> bool {
    block.stmts.iter().any(|it| let_binding(body, it) == Some(binding))
}

fn let_binding(body: &Body, stmt: &Stmt) -> Option<Span> {
    let StmtKind::Let { pat, .. } = stmt.kind else { return None };
    let pat = body.pat(pat);
    matches!(pat.kind, PatKind::Bind { by_ref: false, sub: None, .. }).then_some(pat.span)
}

/// Whether a name is used at or behind a byte. What a macro does is not known: it uses what stands between its brackets,
/// in a text to be formatted too.
fn uses_from(body: &Body, text: &str, name: &str, from: u32) -> bool {
    body.exprs.iter().filter(|it| it.span.end > from).any(|it| match &it.kind {
        ExprKind::Path(path) => path.as_ident().is_some_and(|it| it == name),
        ExprKind::Macro(_) => has_word(it.span.text(text), name),
        _ => false,
    })
}

/// Whether a name stands in a piece of code as a word of its own.
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    text.split(|it: char| !it.is_alphanumeric() && it != '_').any(|it| it == word)
}

/// Whether a body names or binds something of this name.
fn names(body: &Body, text: &str, name: &str) -> bool {
    let binds = body.pats.iter().any(|it| matches!(&it.kind, PatKind::Bind { name: it, .. } if *it == *name));
    binds || uses_from(body, text, name, 0)
}

/// `code` in place of whole statements, below the comments that stood in them; nothing where those cannot be told from
/// strings for sure, or there is no place for them.
pub(crate) fn with_comments(function: &FunctionView<'_>, whole: Span, code: &str) -> Option<Edit> {
    let text = &function.file.parsed().source.text;
    let comments = comments(whole.text(text))?;
    let indent = if comments.is_empty() { "" } else { indentation(text, whole.start)? };
    let lines = comments.iter().map(|it| format!("{it}\n{indent}")).collect::<String>();
    Some(Edit { place: here(function, whole), replacement: format!("{lines}{code}") })
}

fn comments(code: &str) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    for line in code.lines() {
        let Some(at) = line.find("//") else { continue };
        if line[..at].contains('"') {
            return None;
        }
        found.push(line[at..].trim_end());
    }
    (!code.contains("/*")).then_some(found)
}

/// The white space before `byte` on its line, where there is nothing else.
pub(crate) fn indentation(text: &str, byte: u32) -> Option<&str> {
    let before = text.get(..byte as usize)?;
    let line = &before[before.rfind('\n').map_or(0, |it| it + 1)..];
    line.chars().all(char::is_whitespace).then_some(line)
}

#[cfg(test)]
mod tests {
    use crate::testing::{fixed, found};
    use crate::{LINTS, Lint};

    fn lint(name: &str) -> &'static Lint {
        LINTS.iter().copied().find(|it| it.name == name).expect("a lint")
    }

    /// The bodies of a function that take `m` again at their end, while `g` may hold it.
    const MAYBE: [&str; 9] = [
        "let g = m.lock().unwrap(); if c { drop(g); } m.lock().unwrap().len()",
        "let g = m.lock().unwrap(); match c { true => drop(g), false => {} } m.lock().unwrap().len()",
        "let g = m.lock().unwrap(); match c { true => give(g), false => {} } m.lock().unwrap().len()",
        "let g = m.lock().unwrap(); if c { unknown(g); } m.lock().unwrap().len()",
        "let g = m.lock().unwrap(); if c { other.keep(g); } m.lock().unwrap().len()",
        "let mut kept = None; let g = m.lock().unwrap(); if c { kept = Some(g); } m.lock().unwrap().len()",
        "let g = m.lock().unwrap(); if c { std::thread::spawn(move || g.len()); } m.lock().unwrap().len()",
        "let g; if c { g = m.lock().unwrap(); } m.lock().unwrap().len()",
        "let g; match c { true => g = m.lock().unwrap(), false => {} } m.lock().unwrap().len()",
    ];

    fn function(body: &str) -> String {
        let body = body.replace("; ", ";\n    ").replace("} ", "}\n    ");
        format!(
            "use std::sync::{{Mutex, MutexGuard}};\nfn give(_: MutexGuard<'_, Vec<u32>>) {{}}\n\
             fn f(m: &Mutex<Vec<u32>>, c: bool) -> usize {{\n    {body}\n}}\n"
        )
    }

    #[test]
    fn a_guard_that_one_path_has_given_away_or_never_had_is_not_dropped() {
        let lint = lint("double_lock");
        for body in MAYBE {
            let text = function(body);
            assert_eq!(found(lint, &text).len(), 1, "{text}");
            assert_eq!(fixed(lint, &text), None, "{text}");
        }
        let sure = function("let g; if c { return 0; } g = m.lock().unwrap(); m.lock().unwrap().len()");
        assert!(fixed(lint, &sure).is_some(), "{sure}");
        let left = function("let g = m.lock().unwrap(); if c { drop(g); return 0; } m.lock().unwrap().len()");
        assert!(fixed(lint, &left).is_some(), "{left}");
    }

    #[test]
    fn parentheses_around_all_of_a_value_are_not_taken_along() {
        let plain =
            [("(a)", "a"), ("((a || b))", "a || b"), ("(a) + (b)", "(a) + (b)"), ("(a, b)", "(a, b)")];
        for (code, better) in plain.into_iter().chain([("()", "()"), ("(f(')'))", "(f(')'))")]) {
            assert_eq!(super::without_parens(code), better);
        }
        let text = "
use std::sync::Mutex;
fn f(m: &Mutex<Vec<u32>>) {
    match (m.lock().unwrap().pop()) {
        Some(_) => m.lock().unwrap().clear(),
        None => {}
    }
}
";
        let fixed = fixed(lint("double_lock"), text).expect("a fix");
        assert!(fixed.contains("let found = m.lock().unwrap().pop();\n    match found {"), "{fixed}");
    }

    #[test]
    fn neither_before_an_await() {
        let text = "
use std::sync::Mutex;
async fn f(m: &Mutex<u32>, c: bool) {
    let g = m.lock().unwrap();
    if c { drop(g); }
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
}
";
        let lint = lint("guard_across_await");
        assert_eq!(found(lint, text).len(), 1);
        assert_eq!(fixed(lint, text), None);
    }
}
