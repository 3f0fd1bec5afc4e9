//! Bodies: a compact tree of expressions and patterns with ids and byte spans.

use serde::{Deserialize, Serialize};

use super::{Attrs, ItemId, Path, TypeExpr};
use crate::name::Name;
use crate::span::Span;

/// Bodies nested deeper than this are kept, but nobody walks them: the walk is recursive. Lowering one is a problem of its
/// file, so that nobody takes silence for an answer.
pub const MAX_WALKED_DEPTH: u32 = 600;

/// A body of a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct BodyId(pub u32);

/// An expression of a body.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ExprId(pub u32);

/// A pattern of a body.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct PatId(pub u32);

/// The body of a function, an initialiser or a macro rule. Closures and async blocks live in the same body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// The patterns of the parameters, `self` left out.
    pub params: Vec<PatId>,
    /// The expression it evaluates to: a block for a function.
    pub root: ExprId,
    /// The expressions.
    pub exprs: Vec<Expr>,
    /// The patterns.
    pub pats: Vec<Pat>,
    /// How deep expressions, patterns and blocks nest: what a recursive walk over the body needs.
    pub max_depth: u32,
}

impl Body {
    /// The expression behind an id of this body.
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.0 as usize]
    }

    /// The pattern behind an id of this body.
    pub fn pat(&self, id: PatId) -> &Pat {
        &self.pats[id.0 as usize]
    }
}

/// An expression. Parentheses and invisible groups are transparent: the inner expression stands for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expr {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: ExprKind,
}

/// The forms of an expression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExprKind {
    /// A local, a static, a function, a unit struct or variant.
    Path(Path),
    /// A literal.
    Lit(Lit),
    /// `[a, b]`.
    Array(Vec<ExprId>),
    /// `[a; n]`.
    Repeat {
        /// The element.
        value: ExprId,
        /// The length.
        len: ExprId,
    },
    /// `(a, b)`.
    Tuple(Vec<ExprId>),
    /// `S { a: x, ..rest }`.
    Struct {
        /// The struct or variant.
        path: Path,
        /// Its fields; the shorthand `a` has the path `a` as its value.
        fields: Vec<(Name, ExprId)>,
        /// After `..`.
        rest: Option<ExprId>,
    },
    /// `*a`, `!a`, `-a`.
    Unary {
        /// Which.
        op: UnaryOp,
        /// The operand.
        operand: ExprId,
    },
    /// `&a`, `&mut a`, `&raw const a`, `&raw mut a`.
    Ref {
        /// `mut`.
        mutable: bool,
        /// `raw`.
        raw: bool,
        /// The operand.
        operand: ExprId,
    },
    /// `a + b`, `a == b`; `&&` and `||` are [`ExprKind::Lazy`], `a += b` is [`ExprKind::Assign`].
    Binary {
        /// The operator's text.
        op: Name,
        /// Left.
        lhs: ExprId,
        /// Right.
        rhs: ExprId,
    },
    /// `a && b`, `a || b`.
    Lazy {
        /// Which.
        op: LazyOp,
        /// Left.
        lhs: ExprId,
        /// Right.
        rhs: ExprId,
    },
    /// `a = b`, `a += b`.
    Assign {
        /// `+` of `+=`; `None` for `=`.
        op: Option<Name>,
        /// Left.
        lhs: ExprId,
        /// Right.
        rhs: ExprId,
    },
    /// `_` on the left of an assignment.
    Underscore,
    /// `a.b`, `a.0`.
    Field {
        /// The value.
        base: ExprId,
        /// The field.
        name: Name,
    },
    /// `a[b]`.
    Index {
        /// The value.
        base: ExprId,
        /// The index.
        index: ExprId,
    },
    /// `f(a)`.
    Call {
        /// What is called.
        callee: ExprId,
        /// The arguments.
        args: Vec<ExprId>,
    },
    /// `a.f::<T>(b)`.
    MethodCall {
        /// The receiver.
        receiver: ExprId,
        /// The method's name.
        method: Name,
        /// The name's own span.
        method_span: Span,
        /// `::<T>`.
        turbofish: Vec<TypeExpr>,
        /// The arguments.
        args: Vec<ExprId>,
    },
    /// `a as T`.
    Cast {
        /// The value.
        operand: ExprId,
        /// The type.
        ty: TypeExpr,
    },
    /// `let p = a` in a condition or a match guard.
    Let {
        /// The pattern.
        pat: PatId,
        /// The scrutinee.
        init: ExprId,
    },
    /// `if c { .. } else { .. }`.
    If {
        /// The condition: any mix of `&&`, `let` and plain operands.
        cond: ExprId,
        /// The block.
        then: ExprId,
        /// A block or another `if`.
        otherwise: Option<ExprId>,
    },
    /// `while c { .. }`.
    While {
        /// The label without its apostrophe.
        label: Option<Name>,
        /// The condition.
        cond: ExprId,
        /// The block.
        body: ExprId,
    },
    /// `loop { .. }`.
    Loop {
        /// The label without its apostrophe.
        label: Option<Name>,
        /// The block.
        body: ExprId,
    },
    /// `for p in a { .. }`.
    For {
        /// The label without its apostrophe.
        label: Option<Name>,
        /// The pattern.
        pat: PatId,
        /// The head.
        iter: ExprId,
        /// The block.
        body: ExprId,
    },
    /// `match a { .. }`.
    Match {
        /// The scrutinee.
        scrutinee: ExprId,
        /// The arms.
        arms: Vec<Arm>,
    },
    /// `{ .. }` and its kin.
    Block(Block),
    /// `|a| b`.
    Closure(Closure),
    /// `a.await`.
    Await(ExprId),
    /// `a?`.
    Try(ExprId),
    /// `return a`.
    Return(Option<ExprId>),
    /// `break 'l a`.
    Break {
        /// The label without its apostrophe.
        label: Option<Name>,
        /// The value.
        value: Option<ExprId>,
    },
    /// `continue 'l`.
    Continue {
        /// The label without its apostrophe.
        label: Option<Name>,
    },
    /// `yield a`.
    Yield(Option<ExprId>),
    /// `a..b`.
    Range {
        /// Left.
        start: Option<ExprId>,
        /// Right.
        end: Option<ExprId>,
    },
    /// `m!(..)`.
    Macro(MacroCall),
    /// A form this version does not know.
    Unknown,
}

/// A literal, as far as identity of keys and conditions needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lit {
    /// `true`, `false`.
    Bool(bool),
    /// An integer, as written without suffix.
    Int(Name),
    /// A string's value, cut at 64 bytes.
    Str(Name),
    /// Any other.
    Other,
}

/// A prefix operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the operators")]
pub enum UnaryOp {
    Deref,
    Not,
    Neg,
}

/// A lazy boolean operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the operators")]
pub enum LazyOp {
    And,
    Or,
}

/// An arm of a match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arm {
    /// Its pattern.
    pub pat: PatId,
    /// After `if`; may hold `let`s.
    pub guard: Option<ExprId>,
    /// After `=>`.
    pub body: ExprId,
    /// Its attributes.
    pub attrs: Attrs,
}

/// A block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// What stands before it.
    pub kind: BlockKind,
    /// The label without its apostrophe.
    pub label: Option<Name>,
    /// Its statements, the tail left out.
    pub stmts: Vec<Stmt>,
    /// The expression at its end without a semicolon.
    pub tail: Option<ExprId>,
    /// The attributes of that expression, where it has any.
    pub tail_attrs: Option<Box<Attrs>>,
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the keywords")]
pub enum BlockKind {
    Plain,
    Unsafe,
    Const,
    Async { is_move: bool },
    Try,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stmt {
    /// Where, semicolon included.
    pub span: Span,
    /// Its attributes (`#[cfg(..)]` on a statement).
    pub attrs: Attrs,
    /// What.
    pub kind: StmtKind,
}

/// The forms of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StmtKind {
    /// `let p: T = a else { .. };`.
    Let {
        /// The pattern, its type ascription moved to `ty`.
        pat: PatId,
        /// The ascribed type.
        ty: Option<TypeExpr>,
        /// After `=`.
        init: Option<ExprId>,
        /// The `else` block.
        otherwise: Option<ExprId>,
    },
    /// An expression, with or without a semicolon.
    Expr {
        /// The expression.
        expr: ExprId,
        /// Ends with `;`.
        semi: bool,
    },
    /// An item inside the body.
    Item(ItemId),
}

/// A closure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    /// Its parameters with their types where written.
    pub params: Vec<(PatId, Option<TypeExpr>)>,
    /// After `->`.
    pub output: Option<TypeExpr>,
    /// The body.
    pub body: ExprId,
    /// `move`.
    pub is_move: bool,
    /// `async`.
    pub is_async: bool,
}

/// A macro call in a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MacroCall {
    /// The macro.
    pub path: Path,
    /// Its arguments, as far as they parse.
    pub args: MacroArgs,
}

/// What the tokens of a macro call parsed as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MacroArgs {
    /// `a, b, name = c`: comma-separated expressions; names are dropped.
    Exprs(Vec<ExprId>),
    /// `vec![a; n]`.
    Repeat(ExprId, ExprId),
    /// `matches!(a, p if c)`.
    Matches(ExprId, PatId, Option<ExprId>),
    /// Statements, as one block.
    Block(ExprId),
    /// `select!`-like arms.
    Select(Vec<SelectArm>),
    /// The tokens did not parse.
    Opaque,
}

/// An arm of a `select!`: `p = future, if c => handler`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectArm {
    /// The pattern; `None` for `else =>`, `default =>`, `complete =>`.
    pub pat: Option<PatId>,
    /// The future, polled without being awaited alone.
    pub future: Option<ExprId>,
    /// After `, if`.
    pub guard: Option<ExprId>,
    /// After `=>`.
    pub handler: ExprId,
}

/// A pattern. Parentheses are transparent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pat {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: PatKind,
}

/// The forms of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PatKind {
    /// `_`.
    Wild,
    /// `..`.
    Rest,
    /// `ref mut x @ p`; a lone identifier may also name a constant or a unit variant.
    Bind {
        /// The name.
        name: Name,
        /// `ref`.
        by_ref: bool,
        /// `mut`.
        mutable: bool,
        /// After `@`.
        sub: Option<PatId>,
    },
    /// `(a, b)`.
    Tuple(Vec<PatId>),
    /// `S(a, b)`.
    TupleStruct {
        /// The struct or variant.
        path: Path,
        /// Its fields.
        elems: Vec<PatId>,
    },
    /// `S { a: p, .. }`.
    Struct {
        /// The struct or variant.
        path: Path,
        /// Its fields.
        fields: Vec<(Name, PatId)>,
    },
    /// `a::B`, a unit variant or constant.
    Path(Path),
    /// `a | b`.
    Or(Vec<PatId>),
    /// `&p`.
    Ref(PatId),
    /// `[a, ..]`.
    Slice(Vec<PatId>),
    /// A literal, a range or a constant block: can fail.
    Lit(Lit),
    /// `p: T` inside a pattern (closure parameters are split beforehand).
    Typed(PatId, TypeExpr),
    /// A macro, or a form this version does not know.
    Unknown,
}
