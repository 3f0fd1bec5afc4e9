//! Items as the source writes them.

use serde::{Deserialize, Serialize};

use super::{Absent, BodyId, Generics, PatId, Path, Sparse, TypeExpr};
use crate::name::Name;
use crate::span::Span;

/// An item of a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ItemId(pub u32);

/// One item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The whole item, attributes included.
    pub span: Span,
    /// Its name; empty for impls and uses.
    pub name: Name,
    /// The name's own span, or the `impl` keyword's.
    pub name_span: Span,
    /// Its attributes.
    pub attrs: Attrs,
    /// Its visibility.
    pub vis: Visibility,
    /// What it is.
    pub kind: ItemKind,
}

/// Who may name an item or a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Visibility {
    /// No `pub`.
    #[default]
    Private,
    /// `pub(crate)`, `pub(super)`, `pub(in ..)`.
    Restricted,
    /// `pub`.
    Public,
}

/// The attributes of an item, statement or field, reduced to what the analysis asks of them.
pub type Attrs = Sparse<AttrList>;

/// What [`Attrs`] holds where there are attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttrList {
    /// The predicates of `#[cfg(..)]`; all must hold.
    pub cfg: Vec<Cfg>,
    /// The last or any segment pair of each attribute's path: `test`, `tokio::test`, `dynamic`, `derive`, ..
    pub names: Vec<Name>,
    /// The traits of `#[derive(..)]`, last segments.
    pub derives: Vec<Name>,
    /// `#[path = ".."]`, and the predicate of the `cfg_attr` around it if there is one.
    pub paths: Vec<(Option<Cfg>, String)>,
    /// `#[allow(safe_map_lint::x)]`, `#[safe_map::allow_hazard(x, reason = "..")]`, alone or in `cfg_attr(safe_map_lint, ..)`.
    pub allows: Vec<Allow>,
}

impl AttrList {
    /// Whether all attributes are some of these, by the last segments of their paths.
    pub fn are_among(&self, plain: &[&str]) -> bool {
        self.names.iter().all(|it| plain.contains(&it.rsplit("::").next().unwrap_or(it)))
    }
}

impl Absent for AttrList {
    fn absent() -> &'static AttrList {
        const {
            &AttrList {
                cfg: Vec::new(),
                names: Vec::new(),
                derives: Vec::new(),
                paths: Vec::new(),
                allows: Vec::new(),
            }
        }
    }
}

/// One attribute that silences lints on its item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allow {
    /// The attribute.
    pub span: Span,
    /// The lints or groups named, ours without the tool's prefix; those of clippy that are about guards with its own. Each
    /// with the span of its path.
    pub lints: Vec<(Name, Span)>,
    /// `reason = ".."`.
    pub reason: Option<String>,
    /// `expect` rather than `allow`.
    pub expect: bool,
    /// What stands between its parentheses.
    pub list: Span,
    /// Whether the attribute says nothing else: without these lints it is to no purpose.
    pub is_alone: bool,
}

/// A `cfg` predicate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cfg {
    /// `test`, `unix`, `feature = "x"`.
    Atom(Name, Option<String>),
    /// `all(..)`.
    All(Vec<Cfg>),
    /// `any(..)`.
    Any(Vec<Cfg>),
    /// `not(..)`.
    Not(Box<Cfg>),
}

/// The kinds of items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ItemKind {
    /// `mod x { .. }`, or `mod x;` with no items.
    Mod {
        /// The items inside, or `None` for `mod x;`.
        items: Option<Vec<ItemId>>,
    },
    /// `use ..;`, flattened.
    Use(Vec<Import>),
    /// `extern crate a as b;`.
    ExternCrate {
        /// `a`.
        krate: Name,
    },
    /// A struct.
    Struct(Struct),
    /// A union.
    Union(Struct),
    /// An enum.
    Enum {
        /// Its parameters.
        generics: Generics,
        /// Its variants.
        variants: Vec<Variant>,
    },
    /// `type A<T> = ..;`; in a trait or impl an associated type, perhaps without a value.
    TypeAlias {
        /// Its parameters.
        generics: Generics,
        /// The right side.
        ty: Option<Box<TypeExpr>>,
    },
    /// `const X: T = ..;`.
    Const {
        /// `T`.
        ty: TypeExpr,
        /// The initialiser.
        body: Option<BodyId>,
    },
    /// `static X: T = ..;`, also those that a known macro declares.
    Static(Static),
    /// A function; in a trait or impl a method.
    Fn(Fn),
    /// An impl block.
    Impl(Box<Impl>),
    /// A trait.
    Trait {
        /// Its parameters.
        generics: Generics,
        /// Bounds on `Self`.
        supertraits: Vec<Path>,
        /// Methods, constants and associated types.
        items: Vec<ItemId>,
        /// `unsafe trait`.
        is_unsafe: bool,
    },
    /// `extern { .. }`.
    ForeignMod(Vec<ItemId>),
    /// `macro_rules! m { .. }`.
    MacroRules(Vec<MacroRule>),
    /// A macro called as an item: its tokens parsed as items where they parse (`cfg_if!` branches among them).
    MacroCall {
        /// The macro.
        path: Box<Path>,
        /// What parsed.
        items: Vec<ItemId>,
    },
    /// `include!("x.rs")` as an item.
    Include {
        /// The literal path, or `None` for any other argument (`concat!(env!("OUT_DIR"), ..)`).
        path: Option<String>,
    },
    /// Anything else.
    Other,
}

/// One name that a `use` brings in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Where it stands in the tree.
    pub span: Span,
    /// The full path, `self` at the end removed.
    pub path: Vec<Name>,
    /// Starts with `::`.
    pub global: bool,
    /// What it is called here.
    pub alias: ImportAlias,
}

/// The name under which an import is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportAlias {
    /// A name: the last segment's, or the one after `as`.
    Named(Name),
    /// `as _`.
    Unnamed,
    /// `*`.
    Glob,
}

/// A struct or union.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Struct {
    /// Its parameters.
    pub generics: Generics,
    /// Its fields.
    pub fields: Vec<Field>,
    /// `struct S(..)`.
    pub is_tuple: bool,
}

/// A field of a struct, union or variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The whole field.
    pub span: Span,
    /// Its name; `0`, `1`, .. in tuples.
    pub name: Name,
    /// The name's span, or the type's in tuples.
    pub name_span: Span,
    /// Its type.
    pub ty: TypeExpr,
    /// Its visibility.
    pub vis: Visibility,
    /// Its attributes.
    pub attrs: Attrs,
}

/// A variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// Its name.
    pub name: Name,
    /// The whole variant.
    pub span: Span,
    /// Its fields.
    pub fields: Vec<Field>,
    /// `V(..)`.
    pub is_tuple: bool,
}

/// A static item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Static {
    /// Its type.
    pub ty: TypeExpr,
    /// `static mut`.
    pub mutable: bool,
    /// The initialiser.
    pub body: Option<BodyId>,
    /// Which macro declared it, if one did.
    pub declared_by: StaticMacro,
}

/// How a static is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StaticMacro {
    /// `static X: T`.
    Plain,
    /// `lazy_static! { static ref X: T = ..; }`: used through a deref.
    LazyStatic,
    /// `thread_local! { static X: T = ..; }`: used through `with`, one value a thread.
    ThreadLocal,
}

/// A function, method or trait method.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fn {
    /// Its parameters.
    pub generics: Generics,
    /// How it takes `self`, if it does; the pattern of `self` is not among `params`.
    pub self_param: Option<SelfParam>,
    /// The other parameters' types, in order; their patterns are `Body::params`.
    pub params: Vec<TypeExpr>,
    /// The result, if not unit.
    pub output: Option<TypeExpr>,
    /// `async fn`.
    pub is_async: bool,
    /// `unsafe fn`.
    pub is_unsafe: bool,
    /// The body, if it has one.
    pub body: Option<BodyId>,
}

/// A method's receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfParam {
    /// How.
    pub kind: SelfKind,
    /// The type of `self: Arc<Self>`.
    pub ty: Option<Box<TypeExpr>>,
}

/// How a method takes its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SelfKind {
    /// `self`, or `self: T`.
    Value,
    /// `&self`.
    Ref,
    /// `&mut self`.
    RefMut,
}

/// An impl block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impl {
    /// Its parameters.
    pub generics: Generics,
    /// `impl Trait for`, if it is one.
    pub trait_: Option<Path>,
    /// `impl !Trait for`.
    pub negative: bool,
    /// `unsafe impl`.
    pub is_unsafe: bool,
    /// The type.
    pub self_ty: TypeExpr,
    /// Its items.
    pub items: Vec<ItemId>,
}

/// One rule of a `macro_rules!`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MacroRule {
    /// The parameters in order, with their fragment specifier; repetitions are left out and set `simple` to false.
    pub params: Vec<(Name, Name)>,
    /// Whether the matcher is a plain comma-separated list of parameters, so that a call can be inlined.
    pub simple: bool,
    /// The transcriber, parsed with each `$x` as an identifier of that name, where it parses as an expression or statements.
    pub body: Option<BodyId>,
    /// The transcriber starts with `return`: what stands behind a call is not reached.
    pub leaves: bool,
}

/// The patterns of a function's parameters live in its body.
pub type ParamPat = PatId;
