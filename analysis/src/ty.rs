//! Types as the analysis knows them: resolved as far as the workspace and the knowledge files reach.

use std::sync::{Arc, LazyLock};

use crate::name::Name;

/// A type of the knowledge files.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KnownId(pub u32);

/// A struct, enum or union of the workspace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AdtId(pub u32);

/// A trait of the workspace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TraitId(pub u32);

/// A type. Lifetimes are left out: what a guard borrows is the flow's business.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Ty {
    /// Not known; nothing is concluded from it.
    #[default]
    Unknown,
    /// `!`.
    Never,
    /// A primitive, by name.
    Prim(Name),
    /// A type parameter, by name.
    Param(Name),
    /// A type of the knowledge files with its arguments.
    Known(KnownId, Arc<[Ty]>),
    /// A type of the workspace with its arguments.
    Adt(AdtId, Arc<[Ty]>),
    /// `&T`, `&mut T`.
    Ref(Mutability, Arc<Ty>),
    /// `*const T`, `*mut T`.
    Ptr(Mutability, Arc<Ty>),
    /// A tuple; unit is empty.
    Tuple(Arc<[Ty]>),
    /// `[T]` and `[T; N]`.
    Slice(Arc<Ty>),
    /// A future with this output.
    Future(Arc<Ty>),
    /// A closure, function or `dyn Fn` with this result; with parameters of these types, where they are written.
    Callable(Arc<[Ty]>, Arc<Ty>),
    /// `dyn Trait`, `impl Trait` of a workspace trait.
    Trait(TraitId),
    /// A type outside the workspace and the knowledge, by path.
    Foreign(Name, Arc<[Ty]>),
}

/// Whether a reference or pointer allows writing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Mutability {
    Shared,
    Mut,
}

impl Mutability {
    /// From the presence of `mut`.
    pub fn from_mut(mutable: bool) -> Mutability {
        if mutable { Mutability::Mut } else { Mutability::Shared }
    }
}

/// No type arguments: one allocation for all.
pub(crate) fn no_args() -> Arc<[Ty]> {
    static EMPTY: LazyLock<Arc<[Ty]>> = LazyLock::new(|| Arc::from([]));
    EMPTY.clone()
}

impl Ty {
    /// `()`.
    pub fn unit() -> Ty {
        Ty::Tuple(no_args())
    }

    /// A closure or function with this result, of whose parameters nothing is known.
    pub fn callable(output: Ty) -> Ty {
        Ty::Callable(no_args(), Arc::new(output))
    }

    /// `&ty`.
    pub fn shared_ref(ty: Ty) -> Ty {
        Ty::Ref(Mutability::Shared, Arc::new(ty))
    }

    /// Whether nothing is known of it.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Ty::Unknown)
    }

    /// The type below all references.
    pub fn peel_refs(&self) -> &Ty {
        match self {
            Ty::Ref(_, inner) => inner.peel_refs(),
            other => other,
        }
    }

    /// Replaces type parameters; what `lookup` does not know stays.
    pub fn subst(&self, lookup: &dyn Fn(&str) -> Option<Ty>) -> Ty {
        let list = |args: &Arc<[Ty]>| match args.is_empty() {
            true => args.clone(),
            false => args.iter().map(|it| it.subst(lookup)).collect::<Arc<[Ty]>>(),
        };
        match self {
            Ty::Unknown | Ty::Never | Ty::Prim(_) | Ty::Trait(_) => self.clone(),
            Ty::Param(name) => lookup(name).unwrap_or_else(|| self.clone()),
            Ty::Known(id, args) => Ty::Known(*id, list(args)),
            Ty::Adt(id, args) => Ty::Adt(*id, list(args)),
            Ty::Foreign(path, args) => Ty::Foreign(path.clone(), list(args)),
            Ty::Tuple(items) => Ty::Tuple(list(items)),
            Ty::Ref(m, inner) => Ty::Ref(*m, Arc::new(inner.subst(lookup))),
            Ty::Ptr(m, inner) => Ty::Ptr(*m, Arc::new(inner.subst(lookup))),
            Ty::Slice(inner) => Ty::Slice(Arc::new(inner.subst(lookup))),
            Ty::Future(inner) => Ty::Future(Arc::new(inner.subst(lookup))),
            Ty::Callable(params, inner) => Ty::Callable(list(params), Arc::new(inner.subst(lookup))),
        }
    }

    /// Replaces the parameters `names` by `args`, in order; a missing argument becomes unknown.
    pub fn instantiate(&self, names: &[Name], args: &[Ty]) -> Ty {
        self.subst(&|name| {
            let index = names.iter().position(|it| it == name)?;
            Some(args.get(index).cloned().unwrap_or_default())
        })
    }

    /// The type with what it leaves open taken from another: `Vec<_>` of a `Vec<u32>` is one of `u32`.
    #[must_use]
    pub fn filled(&self, from: &Ty) -> Ty {
        let all =
            |own: &[Ty], from: &[Ty]| own.iter().zip(from).map(|(own, from)| own.filled(from)).collect();
        match (self, from) {
            (Ty::Unknown, _) => from.clone(),
            (Ty::Known(id, own), Ty::Known(other, args)) if id == other && own.len() == args.len() => {
                Ty::Known(*id, all(own, args))
            }
            (Ty::Adt(id, own), Ty::Adt(other, args)) if id == other && own.len() == args.len() => {
                Ty::Adt(*id, all(own, args))
            }
            (Ty::Tuple(own), Ty::Tuple(parts)) if own.len() == parts.len() => Ty::Tuple(all(own, parts)),
            (Ty::Ref(mutability, own), Ty::Ref(_, it)) => Ty::Ref(*mutability, Arc::new(own.filled(it))),
            _ => self.clone(),
        }
    }

    /// Whether a type parameter or an unknown part occurs in it.
    pub fn is_open(&self) -> bool {
        match self {
            Ty::Unknown | Ty::Param(_) => true,
            Ty::Never | Ty::Prim(_) | Ty::Trait(_) => false,
            Ty::Known(_, args) | Ty::Adt(_, args) | Ty::Foreign(_, args) | Ty::Tuple(args) => {
                args.iter().any(Ty::is_open)
            }
            Ty::Ref(_, it) | Ty::Ptr(_, it) | Ty::Slice(it) | Ty::Future(it) | Ty::Callable(_, it) => {
                it.is_open()
            }
        }
    }
}
