//! Paths and types as the source writes them.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{Absent, Sparse};

use crate::name::Name;
use crate::span::Span;

/// A path: `crate::store::Map<K, V>`, `<T as Trait>::Item`.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Path {
    /// The whole path with its arguments.
    pub span: Span,
    /// Starts with `::`.
    pub global: bool,
    /// The self type of `<T as Trait>::f`; the trait's segments come first in `segments`.
    pub qself: Option<Box<QSelf>>,
    /// At least one, but for `<T>::f`-like paths, where the rest after `>::` is here.
    pub segments: SmallVec<[Segment; 1]>,
}

impl Path {
    /// The name of a path that is one plain identifier.
    pub fn as_ident(&self) -> Option<&Name> {
        match self.segments.as_slice() {
            [one] if !self.global && self.qself.is_none() => Some(&one.name),
            _ => None,
        }
    }

    /// The last segment.
    pub fn last(&self) -> Option<&Segment> {
        self.segments.last()
    }
}

/// The `<T as Trait>` of a qualified path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QSelf {
    /// `T`.
    pub ty: TypeExpr,
    /// How many of the path's segments name the trait; 0 for `<T>::f`.
    pub trait_segments: u32,
}

/// One segment of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Its name; `self`, `Self`, `super`, `crate` as they stand.
    pub name: Name,
    generics: Sparse<SegmentArgs>,
}

impl Segment {
    /// A segment without arguments.
    pub fn new(name: Name) -> Segment {
        Segment { name, generics: Sparse::default() }
    }
}

impl std::ops::Deref for Segment {
    type Target = SegmentArgs;
    fn deref(&self) -> &SegmentArgs {
        &self.generics
    }
}

impl std::ops::DerefMut for Segment {
    fn deref_mut(&mut self) -> &mut SegmentArgs {
        &mut self.generics
    }
}

/// The generic arguments of a segment, read through it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentArgs {
    /// Type arguments; lifetimes and constants are left out, `Assoc = T` is in `bindings`. `Fn(A) -> B` has `A..` here.
    pub args: Vec<TypeExpr>,
    /// `Item = T`, and `Output = B` of `Fn(A) -> B`.
    pub bindings: Vec<(Name, TypeExpr)>,
    /// Lifetime arguments, without the apostrophe.
    pub lifetimes: Vec<Name>,
}

impl Absent for SegmentArgs {
    fn absent() -> &'static SegmentArgs {
        const { &SegmentArgs { args: Vec::new(), bindings: Vec::new(), lifetimes: Vec::new() } }
    }
}

/// A type as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeExpr {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: TypeKind,
}

/// The forms of a type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TypeKind {
    /// `a::B<C>`; `Self` and generic parameters are paths too.
    Path(Path),
    /// `&'a mut T`.
    Ref {
        /// `&mut`.
        mutable: bool,
        /// The lifetime's name, without the apostrophe.
        lifetime: Option<Name>,
        /// `T`.
        inner: Box<TypeExpr>,
    },
    /// `*const T`, `*mut T`.
    Ptr {
        /// `*mut`.
        mutable: bool,
        /// `T`.
        inner: Box<TypeExpr>,
    },
    /// `(A, B)`; the unit type is the empty tuple.
    Tuple(Vec<TypeExpr>),
    /// `[T]`.
    Slice(Box<TypeExpr>),
    /// `[T; N]`.
    Array(Box<TypeExpr>),
    /// `fn(A) -> B`.
    FnPtr {
        /// The parameters.
        params: Vec<TypeExpr>,
        /// The result, if not unit.
        output: Option<Box<TypeExpr>>,
    },
    /// `impl A + B`.
    Impl(Vec<Path>),
    /// `dyn A + B`.
    Dyn(Vec<Path>),
    /// `!`.
    Never,
    /// `_`.
    Infer,
    /// A macro in type position, or a form this version does not know.
    Unknown,
}

/// Generic parameters of an item. Most items have none.
pub type Generics = Sparse<GenericParams>;

/// What [`Generics`] holds where there are parameters, with the bounds written inline and in the `where` clause.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenericParams {
    /// The type parameters, in order.
    pub params: Vec<GenericParam>,
    /// The lifetime parameters, without the apostrophe.
    pub lifetimes: Vec<Name>,
    /// `where T: A + B`, for any left side.
    pub predicates: Vec<Predicate>,
}

impl Absent for GenericParams {
    fn absent() -> &'static GenericParams {
        const { &GenericParams { params: Vec::new(), lifetimes: Vec::new(), predicates: Vec::new() } }
    }
}

/// A type parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenericParam {
    /// Its name.
    pub name: Name,
    /// The bounds written inline; lifetimes and `?Sized` are left out.
    pub bounds: Vec<Path>,
    /// `T = Default`.
    pub default: Option<TypeExpr>,
}

/// `where ty: bounds`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predicate {
    /// The bounded type.
    pub ty: TypeExpr,
    /// Its bounds.
    pub bounds: Vec<Path>,
}
