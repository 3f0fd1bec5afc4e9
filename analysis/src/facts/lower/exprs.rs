//! Expressions: operators, operands, calls. Control flow is in `control`, blocks are in `blocks`.
//!
//! The span of an expression is made of its children's and its own tokens, so that each token is looked up about once.

use syn::Expr as E;
use syn::spanned::Spanned as _;

use super::Lower;
use crate::facts::{ExprId, ExprKind, LazyOp, Lit, Segment, UnaryOp};
use crate::name::Name;
use crate::span::Span;

/// The arguments of a call, the elements of an array.
type Exprs = syn::punctuated::Punctuated<E, syn::Token![,]>;

/// Literals longer than this are cut: they serve to tell keys apart.
const MAX_STR: usize = 64;

impl Lower<'_> {
    /// Lowers an expression. Parentheses are transparent, but the span of what they enclose includes them, as in rustc.
    pub(super) fn expr(&mut self, expr: &E) -> ExprId {
        self.body.enter();
        let id = self.expr_form(expr);
        self.body.leave();
        id
    }

    fn expr_form(&mut self, expr: &E) -> ExprId {
        match expr {
            E::Path(e) => self.path_expr(e),
            E::MethodCall(e) => self.method_call(e),
            E::Call(e) => self.call(e),
            E::Field(e) => self.field(e),
            E::Lit(e) => self.lit(&e.lit),
            E::Reference(e) => self.reference(e),
            E::Macro(e) => self.macro_expr(&e.mac),
            E::Unary(e) => self.unary(e),
            E::Binary(e) => self.binary(e),
            E::Assign(e) => {
                let (lhs, rhs) = (self.expr(&e.left), self.expr(&e.right));
                self.put_between(lhs, rhs, ExprKind::Assign { op: None, lhs, rhs })
            }
            E::Paren(e) => {
                let id = self.expr(&e.expr);
                self.body.exprs[id.0 as usize].span = self.positions.delimited(&e.paren_token.span);
                id
            }
            E::Group(e) => self.expr(&e.expr),
            E::Index(e) => {
                let (base, index) = (self.expr(&e.expr), self.expr(&e.index));
                let end = self.positions.closed(&e.bracket_token.span);
                self.put_from(base, end, ExprKind::Index { base, index })
            }
            E::Try(e) => {
                let operand = self.expr(&e.expr);
                let end = self.positions.end(e.question_token.span);
                self.put_from(operand, end, ExprKind::Try(operand))
            }
            E::Await(e) => {
                let operand = self.expr(&e.base);
                let end = self.positions.end(e.await_token.span);
                self.put_from(operand, end, ExprKind::Await(operand))
            }
            E::Cast(e) => {
                let operand = self.expr(&e.expr);
                let ty = self.ty(&e.ty);
                self.put_from(operand, ty.span.end, ExprKind::Cast { operand, ty })
            }
            E::Tuple(e) => {
                let elems = self.exprs(&e.elems);
                self.put(self.positions.delimited(&e.paren_token.span), ExprKind::Tuple(elems))
            }
            E::Array(e) => {
                let elems = self.exprs(&e.elems);
                self.put(self.positions.delimited(&e.bracket_token.span), ExprKind::Array(elems))
            }
            E::Repeat(e) => {
                let (value, len) = (self.expr(&e.expr), self.expr(&e.len));
                self.put(self.positions.delimited(&e.bracket_token.span), ExprKind::Repeat { value, len })
            }
            E::Struct(e) => self.struct_literal(e),
            E::Range(e) => self.range(e),
            E::RawAddr(e) => self.raw_addr(e),
            E::Infer(_) => self.leaf(expr, ExprKind::Underscore),
            E::Block(_) | E::Unsafe(_) | E::Const(_) | E::Async(_) | E::TryBlock(_) => self.block_expr(expr),
            E::If(e) => self.if_expr(e),
            E::Match(e) => self.match_expr(e),
            E::Let(e) => self.let_expr(e),
            E::While(_) | E::Loop(_) | E::ForLoop(_) => self.loop_expr(expr),
            E::Closure(e) => self.closure(e),
            E::Return(_) | E::Break(_) | E::Continue(_) | E::Yield(_) => self.jump(expr),
            _ => self.leaf(expr, ExprKind::Unknown),
        }
    }

    fn path_expr(&mut self, e: &syn::ExprPath) -> ExprId {
        let path = self.path(e.qself.as_ref(), &e.path);
        self.put(path.span, ExprKind::Path(path))
    }

    fn method_call(&mut self, e: &syn::ExprMethodCall) -> ExprId {
        let receiver = self.expr(&e.receiver);
        let (method, method_span) = self.positions.ident(&e.method);
        let turbofish = e.turbofish.as_ref().map_or_else(Vec::new, |args| self.turbofish(args));
        let args = self.exprs(&e.args);
        let end = self.positions.closed(&e.paren_token.span);
        self.put_from(receiver, end, ExprKind::MethodCall { receiver, method, method_span, turbofish, args })
    }

    fn turbofish(&mut self, args: &syn::AngleBracketedGenericArguments) -> Vec<crate::facts::TypeExpr> {
        let mut segment = Segment::new(Name::default());
        self.angle_arguments(args, &mut segment);
        std::mem::take(&mut segment.args)
    }

    fn call(&mut self, e: &syn::ExprCall) -> ExprId {
        let callee = self.expr(&e.func);
        let args = self.exprs(&e.args);
        let end = self.positions.closed(&e.paren_token.span);
        self.put_from(callee, end, ExprKind::Call { callee, args })
    }

    fn field(&mut self, e: &syn::ExprField) -> ExprId {
        let base = self.expr(&e.base);
        let (name, span) = self.member(&e.member);
        self.put_from(base, span.end, ExprKind::Field { base, name })
    }

    fn reference(&mut self, e: &syn::ExprReference) -> ExprId {
        let operand = self.expr(&e.expr);
        let start = self.positions.start(e.and_token.span);
        self.put_up_to(start, operand, ExprKind::Ref { mutable: e.mutability.is_some(), raw: false, operand })
    }

    fn raw_addr(&mut self, e: &syn::ExprRawAddr) -> ExprId {
        let operand = self.expr(&e.expr);
        let start = self.positions.start(e.and_token.span);
        let mutable = matches!(e.mutability, syn::PointerMutability::Mut(_));
        self.put_up_to(start, operand, ExprKind::Ref { mutable, raw: true, operand })
    }

    fn unary(&mut self, e: &syn::ExprUnary) -> ExprId {
        let operand = self.expr(&e.expr);
        let (op, token) = match e.op {
            syn::UnOp::Deref(token) => (UnaryOp::Deref, token.span),
            syn::UnOp::Not(token) => (UnaryOp::Not, token.span),
            syn::UnOp::Neg(token) => (UnaryOp::Neg, token.span),
            _ => return operand,
        };
        let start = self.positions.start(token);
        self.put_up_to(start, operand, ExprKind::Unary { op, operand })
    }

    fn binary(&mut self, e: &syn::ExprBinary) -> ExprId {
        let (lhs, rhs) = (self.expr(&e.left), self.expr(&e.right));
        let text = operator(&e.op);
        let kind = match (text, text.strip_suffix('=')) {
            ("&&", _) => ExprKind::Lazy { op: LazyOp::And, lhs, rhs },
            ("||", _) => ExprKind::Lazy { op: LazyOp::Or, lhs, rhs },
            ("==" | "!=" | "<=" | ">=", _) | (_, None) => ExprKind::Binary { op: Name::new(text), lhs, rhs },
            (_, Some(op)) => ExprKind::Assign { op: Some(Name::new(op)), lhs, rhs },
        };
        self.put_between(lhs, rhs, kind)
    }

    fn struct_literal(&mut self, e: &syn::ExprStruct) -> ExprId {
        let path = self.path(e.qself.as_ref(), &e.path);
        let fields = e.fields.iter().map(|field| (self.member(&field.member).0, self.expr(&field.expr)));
        let fields = fields.collect();
        let rest = e.rest.as_ref().map(|rest| self.expr(rest));
        let span = Span::new(path.span.start, self.positions.closed(&e.brace_token.span));
        self.put(span, ExprKind::Struct { path, fields, rest })
    }

    fn range(&mut self, e: &syn::ExprRange) -> ExprId {
        let start = e.start.as_ref().map(|start| self.expr(start));
        let end = e.end.as_ref().map(|end| self.expr(end));
        let dots: &[proc_macro2::Span] = match &e.limits {
            syn::RangeLimits::HalfOpen(dots) => &dots.spans,
            syn::RangeLimits::Closed(dots) => &dots.spans,
        };
        let from = start.map_or_else(|| self.positions.start(dots[0]), |start| self.span(start).start);
        let to = end.map_or_else(|| self.positions.end(dots[dots.len() - 1]), |end| self.span(end).end);
        self.put(Span::new(from, to), ExprKind::Range { start, end })
    }

    /// Lowers a literal.
    pub(super) fn lit(&mut self, lit: &syn::Lit) -> ExprId {
        let value = self.lit_value(lit);
        self.put(self.positions.span(lit.span()), ExprKind::Lit(value))
    }

    pub(super) fn lit_value(&self, lit: &syn::Lit) -> Lit {
        match lit {
            syn::Lit::Bool(lit) => Lit::Bool(lit.value),
            syn::Lit::Int(lit) => Lit::Int(self.digits(self.positions.span(lit.span()), lit)),
            syn::Lit::Str(lit) => Lit::Str(cut(&lit.value())),
            _ => Lit::Other,
        }
    }

    fn digits(&self, span: Span, lit: &syn::LitInt) -> Name {
        let text = self.positions.text(span);
        Name::new(text.strip_suffix(lit.suffix()).unwrap_or(text).trim_end_matches('_'))
    }

    /// Lowers expressions in order.
    pub(super) fn exprs(&mut self, exprs: &Exprs) -> Vec<ExprId> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    /// An expression without children that is one or a few tokens.
    pub(super) fn leaf(&mut self, expr: &E, kind: ExprKind) -> ExprId {
        self.put(self.positions.span(expr.span()), kind)
    }

    /// The span of an expression of the current body.
    pub(super) fn span(&self, id: ExprId) -> Span {
        self.body.exprs[id.0 as usize].span
    }

    fn put_between(&mut self, first: ExprId, last: ExprId, kind: ExprKind) -> ExprId {
        self.put(self.span(first).to(self.span(last)), kind)
    }

    fn put_from(&mut self, first: ExprId, end: u32, kind: ExprKind) -> ExprId {
        self.put(Span::new(self.span(first).start, end), kind)
    }

    fn put_up_to(&mut self, start: u32, last: ExprId, kind: ExprKind) -> ExprId {
        self.put(Span::new(start, self.span(last).end), kind)
    }

    /// Adds an expression to the current body.
    pub(super) fn put(&mut self, span: Span, kind: ExprKind) -> ExprId {
        let span = self.expansions.settle(span, self.text);
        self.body.exprs.push(crate::facts::Expr { span, kind });
        ExprId(self.body.exprs.len() as u32 - 1)
    }
}

/// A string cut at [`MAX_STR`] bytes.
fn cut(text: &str) -> Name {
    let end = (0..=MAX_STR.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    Name::new(&text[..end.unwrap_or(0)])
}

fn operator(op: &syn::BinOp) -> &'static str {
    use syn::BinOp as B;
    match op {
        B::Add(_) => "+",
        B::Sub(_) => "-",
        B::Mul(_) => "*",
        B::Div(_) => "/",
        B::Rem(_) => "%",
        B::And(_) => "&&",
        B::Or(_) => "||",
        B::BitXor(_) => "^",
        B::BitAnd(_) => "&",
        B::BitOr(_) => "|",
        B::Shl(_) => "<<",
        B::Shr(_) => ">>",
        B::Eq(_) => "==",
        B::Lt(_) => "<",
        B::Le(_) => "<=",
        B::Ne(_) => "!=",
        B::Ge(_) => ">=",
        B::Gt(_) => ">",
        B::AddAssign(_) => "+=",
        B::SubAssign(_) => "-=",
        B::MulAssign(_) => "*=",
        B::DivAssign(_) => "/=",
        B::RemAssign(_) => "%=",
        B::BitXorAssign(_) => "^=",
        B::BitAndAssign(_) => "&=",
        B::BitOrAssign(_) => "|=",
        B::ShlAssign(_) => "<<=",
        B::ShrAssign(_) => ">>=",
        _ => "",
    }
}
