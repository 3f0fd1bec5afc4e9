//! Tests of the lowering through its one entry point, and the notation they share.

mod bombs;
mod directives;
mod exprs;
mod items;
mod laws;
mod macros;
mod recovery;
mod spans;

use super::lower;
use crate::facts::{
    Body, Edition, ExprId, ExprKind, FileFacts, Item, ItemKind, Lit, MacroArgs, PatId, PatKind, Path,
    StmtKind,
};
use crate::name::Name;

/// The facts of a file that must have no problems.
fn facts(text: &str) -> FileFacts {
    let facts = lower(text, Edition::E2021);
    assert_eq!(facts.problems, [], "in {text}");
    facts
}

/// The statements of `fn f() { code }` in the notation below.
fn shape(code: &str) -> String {
    let facts = facts(&format!("fn f() {{ {code} }}"));
    shape_of(&facts.bodies.last().expect("a body").unpack())
}

fn shape_of(body: &Body) -> String {
    Shape(body).expr(body.root)
}

/// The only item of that name.
fn named<'f>(facts: &'f FileFacts, name: &str) -> &'f Item {
    facts.items.iter().find(|item| item.name == name).expect("an item of that name")
}

/// The names of the items at the top of the file.
fn roots(facts: &FileFacts) -> Vec<&str> {
    facts.roots.iter().map(|id| facts.item(*id).name.as_str()).collect()
}

/// The kind of the only item.
fn kind(text: &str) -> ItemKind {
    let mut facts = facts(text);
    assert_eq!(facts.roots.len(), 1);
    facts.items.pop().expect("an item").kind
}

/// Writes a body as nested calls of its forms: `f(call a b)` reads `a(b)`.
struct Shape<'b>(&'b Body);

impl Shape<'_> {
    fn expr(&self, id: ExprId) -> String {
        match &self.0.expr(id).kind {
            ExprKind::Path(path) => path_text(path),
            ExprKind::Lit(lit) => lit_text(lit),
            ExprKind::Block(block) => self.block(block),
            ExprKind::Macro(call) => format!("{}!{}", path_text(&call.path), self.args(&call.args)),
            ExprKind::Match { scrutinee, arms } => {
                let arms = arms.iter().map(|arm| {
                    let guard = arm.guard.map_or(String::new(), |guard| format!(" if {}", self.expr(guard)));
                    format!("{}{guard} => {}", self.pat(arm.pat), self.expr(arm.body))
                });
                format!("(match {} {})", self.expr(*scrutinee), arms.collect::<Vec<_>>().join(", "))
            }
            ExprKind::Closure(closure) => {
                let params: Vec<_> = closure.params.iter().map(|(pat, _)| self.pat(*pat)).collect();
                let words = [(closure.is_async, "async "), (closure.is_move, "move ")];
                let words: String = words.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
                format!("({words}|{}| {})", params.join(", "), self.expr(closure.body))
            }
            kind => self.simple(kind),
        }
    }

    fn simple(&self, kind: &ExprKind) -> String {
        let call = |name: &str, parts: &[ExprId]| format!("({name}{})", self.spaced(parts));
        let label = |label: &Option<Name>| label.as_ref().map_or(String::new(), |label| format!(" '{label}"));
        match kind {
            ExprKind::Array(elems) => call("array", elems),
            ExprKind::Repeat { value, len } => call("repeat", &[*value, *len]),
            ExprKind::Tuple(elems) => call("tuple", elems),
            ExprKind::Struct { path, fields, rest } => {
                let fields = fields.iter().map(|(name, value)| format!(" {name}: {}", self.expr(*value)));
                let rest = rest.map_or(String::new(), |rest| format!(" ..{}", self.expr(rest)));
                format!("(struct {}{}{rest})", path_text(path), fields.collect::<String>())
            }
            ExprKind::Unary { op, operand } => call(&format!("{op:?}").to_lowercase(), &[*operand]),
            ExprKind::Ref { mutable, raw, operand } => {
                let raw = if *raw { "raw" } else { "" };
                let mutable = if *mutable { "mut" } else { "" };
                call(&format!("&{raw}{mutable}"), &[*operand])
            }
            ExprKind::Binary { op, lhs, rhs } => call(op, &[*lhs, *rhs]),
            ExprKind::Lazy { op, lhs, rhs } => call(&format!("{op:?}").to_lowercase(), &[*lhs, *rhs]),
            ExprKind::Assign { op, lhs, rhs } => {
                call(&format!("{}=", op.as_deref().unwrap_or("")), &[*lhs, *rhs])
            }
            ExprKind::Underscore => "_".to_owned(),
            ExprKind::Field { base, name } => format!("(.{name} {})", self.expr(*base)),
            ExprKind::Index { base, index } => call("index", &[*base, *index]),
            ExprKind::Call { callee, args } => format!("(call {}{})", self.expr(*callee), self.spaced(args)),
            ExprKind::MethodCall { receiver, method, turbofish, args, .. } => {
                let types =
                    if turbofish.is_empty() { String::new() } else { format!("::<{}>", turbofish.len()) };
                format!("(.{method}{types}() {}{})", self.expr(*receiver), self.spaced(args))
            }
            ExprKind::Cast { operand, .. } => call("as", &[*operand]),
            ExprKind::Let { pat, init } => format!("(let {} {})", self.pat(*pat), self.expr(*init)),
            ExprKind::If { cond, then, otherwise } => {
                call("if", &[*cond, *then].into_iter().chain(*otherwise).collect::<Vec<_>>())
            }
            ExprKind::While { label: at, cond, body } => {
                call(&format!("while{}", label(at)), &[*cond, *body])
            }
            ExprKind::Loop { label: at, body } => call(&format!("loop{}", label(at)), &[*body]),
            ExprKind::For { label: at, pat, iter, body } => {
                call(&format!("for{} {}", label(at), self.pat(*pat)), &[*iter, *body])
            }
            ExprKind::Await(operand) => call("await", &[*operand]),
            ExprKind::Try(operand) => call("try", &[*operand]),
            ExprKind::Return(value) => call("return", value.as_slice()),
            ExprKind::Break { label: at, value } => call(&format!("break{}", label(at)), value.as_slice()),
            ExprKind::Continue { label: at } => call(&format!("continue{}", label(at)), &[]),
            ExprKind::Yield(value) => call("yield", value.as_slice()),
            ExprKind::Range { start, end } => {
                let part = |id: &Option<ExprId>| id.map_or("-".to_owned(), |id| self.expr(id));
                format!("(.. {} {})", part(start), part(end))
            }
            _ => "unknown".to_owned(),
        }
    }

    fn spaced(&self, exprs: &[ExprId]) -> String {
        exprs.iter().map(|expr| format!(" {}", self.expr(*expr))).collect()
    }

    fn block(&self, block: &crate::facts::Block) -> String {
        let mut parts: Vec<String> = block.stmts.iter().map(|stmt| self.stmt(&stmt.kind)).collect();
        parts.extend(block.tail.map(|tail| self.expr(tail)));
        let label = block.label.as_ref().map_or(String::new(), |label| format!("'{label}: "));
        let kind = match block.kind {
            crate::facts::BlockKind::Plain => String::new(),
            kind => format!("{kind:?} ").to_lowercase(),
        };
        format!("{label}{kind}{{{}}}", parts.join(" "))
    }

    fn stmt(&self, kind: &StmtKind) -> String {
        match kind {
            StmtKind::Let { pat, ty, init, otherwise } => {
                let ty = if ty.is_some() { ": T" } else { "" };
                let init = init.map_or(String::new(), |init| format!(" = {}", self.expr(init)));
                let otherwise =
                    otherwise.map_or(String::new(), |block| format!(" else {}", self.expr(block)));
                format!("let {}{ty}{init}{otherwise};", self.pat(*pat))
            }
            StmtKind::Expr { expr, semi } => format!("{}{}", self.expr(*expr), if *semi { ";" } else { "" }),
            StmtKind::Item(_) => "item".to_owned(),
        }
    }

    fn args(&self, args: &MacroArgs) -> String {
        match args {
            MacroArgs::Exprs(exprs) => format!("({})", self.spaced(exprs).trim_start()),
            MacroArgs::Repeat(value, len) => format!("[{}; {}]", self.expr(*value), self.expr(*len)),
            MacroArgs::Matches(scrutinee, pat, guard) => {
                let guard = guard.map_or(String::new(), |guard| format!(" if {}", self.expr(guard)));
                format!("({}, {}{guard})", self.expr(*scrutinee), self.pat(*pat))
            }
            MacroArgs::Block(block) => self.expr(*block),
            MacroArgs::Select(arms) => {
                let arms = arms.iter().map(|arm| {
                    let pat = arm.pat.map_or("-".to_owned(), |pat| self.pat(pat));
                    let future =
                        arm.future.map_or(String::new(), |future| format!(" = {}", self.expr(future)));
                    let guard = arm.guard.map_or(String::new(), |guard| format!(" if {}", self.expr(guard)));
                    format!("{pat}{future}{guard} => {}", self.expr(arm.handler))
                });
                format!("{{{}}}", arms.collect::<Vec<_>>().join(", "))
            }
            MacroArgs::Opaque => "?".to_owned(),
        }
    }

    fn pat(&self, id: PatId) -> String {
        let all = |pats: &[PatId]| pats.iter().map(|pat| self.pat(*pat)).collect::<Vec<_>>();
        match &self.0.pat(id).kind {
            PatKind::Wild => "_".to_owned(),
            PatKind::Rest => "..".to_owned(),
            PatKind::Bind { name, by_ref, mutable, sub } => {
                let words = [(*by_ref, "ref "), (*mutable, "mut ")];
                let words: String = words.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
                format!("{words}{name}{}", sub.map_or(String::new(), |sub| format!("@{}", self.pat(sub))))
            }
            PatKind::Tuple(elems) => format!("({})", all(elems).join(", ")),
            PatKind::TupleStruct { path, elems } => format!("{}({})", path_text(path), all(elems).join(", ")),
            PatKind::Struct { path, fields } => {
                let fields = fields.iter().map(|(name, pat)| format!("{name}: {}", self.pat(*pat)));
                format!("{}{{{}}}", path_text(path), fields.collect::<Vec<_>>().join(", "))
            }
            PatKind::Path(path) => path_text(path),
            PatKind::Or(cases) => all(cases).join(" | "),
            PatKind::Ref(inner) => format!("&{}", self.pat(*inner)),
            PatKind::Slice(elems) => format!("[{}]", all(elems).join(", ")),
            PatKind::Lit(lit) => lit_text(lit),
            PatKind::Typed(inner, _) => format!("{}: T", self.pat(*inner)),
            PatKind::Unknown => "unknown".to_owned(),
        }
    }
}

fn path_text(path: &Path) -> String {
    let names: Vec<&str> = path.segments.iter().map(|segment| segment.name.as_str()).collect();
    let qself = if path.qself.is_some() { "<T>::" } else { "" };
    format!("{qself}{}{}", if path.global { "::" } else { "" }, names.join("::"))
}

fn lit_text(lit: &Lit) -> String {
    match lit {
        Lit::Bool(value) => value.to_string(),
        Lit::Int(digits) => digits.to_string(),
        Lit::Str(text) => format!("{:?}", text.as_str()),
        Lit::Other => "lit".to_owned(),
    }
}
