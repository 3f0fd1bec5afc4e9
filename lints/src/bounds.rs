//! What a claim must ask of a parameter, by what the functions of its type do with its values.
//!
//! In: a parameter, what the claim's bounds promise, the ways in which the type has it. Out: why that is too little, if it is.

use safe_map_analysis::facts::{Body, ExprId, ExprKind, SelfKind};
use safe_map_analysis::knowledge::schema::TypeRole;
use safe_map_analysis::model::{FnId, Marker, Model, Promise};
use safe_map_analysis::name::Name;
use safe_map_analysis::ty::{AdtId, Mutability, Ty};

use crate::exposure::{Way, mentions, outer_name};
use crate::tokens::is_token;

/// Why a parameter is to be asked for more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// It is asked for neither marker.
    Nothing,
    /// A `Send` type only hands out `&T`.
    Lends,
    /// A `Sync` type moves it through `&self`.
    Moves,
}

/// What a function lets through of a parameter, least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Handed {
    Nothing,
    References,
    Values,
    Unknown,
}

/// A parameter of a type.
pub(crate) struct Subject<'a> {
    pub(crate) model: &'a Model,
    pub(crate) adt: AdtId,
    pub(crate) index: usize,
}

impl Subject<'_> {
    pub(crate) fn lacks(
        &self,
        marker: Marker,
        promises: [Promise; 2],
        ways: &[Way],
        asks_any: bool,
    ) -> Option<Why> {
        // What is bare in a wrapper that asks nothing at all is wrapped for this claim's sake.
        let counts = |it: &Way| match it {
            Way::Phantom | Way::Foreign => false,
            Way::Bare => asks_any,
            Way::ReadGuard => self.is_lent(),
            _ => true,
        };
        let is_had = ways.iter().any(counts);
        let is_phantom = ways.contains(&Way::Phantom) && self.has_memory() && self.lends_from_memory();
        match (marker, promises) {
            (Marker::Send, [Promise::No, Promise::No]) if is_had || is_phantom => Some(Why::Nothing),
            (Marker::Sync, [Promise::No, Promise::No]) if (is_had && self.is_lent()) || is_phantom => {
                Some(Why::Nothing)
            }
            (Marker::Send, [Promise::Yes, Promise::No]) if self.only_lends(ways) => Some(Why::Lends),
            (Marker::Sync, [Promise::No, Promise::Yes]) if is_mutable(ways) && self.is_moved() => {
                Some(Why::Moves)
            }
            _ => None,
        }
    }

    /// The safe functions that take `&self`, with the name that their impl gives to the parameter.
    fn readers(&self) -> impl Iterator<Item = (FnId, Name)> {
        self.users().filter(|(id, _)| self.model.signature(*id).self_kind == Some(SelfKind::Ref))
    }

    /// The safe functions that take `self` in any way, with the name that their impl gives to the parameter. What asks it for a
    /// marker itself, or its caller for a token, needs no claim to do so.
    fn users(&self) -> impl Iterator<Item = (FnId, Name)> {
        let methods = self.model.methods_of(self.adt).into_iter();
        let named = methods.filter_map(|id| Some((id, self.name_in(id)?)));
        named.filter(|(id, name)| {
            let signature = self.model.signature(*id);
            let is_safe = !self.model.fn_facts(*id).is_unsafe;
            let has_token = || signature.params.iter().any(|it| is_token(self.model, it));
            is_safe && signature.self_kind.is_some() && !self.asks_itself(*id, name) && !has_token()
        })
    }

    /// Whether a function has a bound of its own on the parameter that is about threads.
    fn asks_itself(&self, id: FnId, name: &Name) -> bool {
        let scope = self.model.fn_scope(id);
        let markers = [Marker::Send, Marker::Sync];
        markers.iter().any(|it| self.model.promise(&scope, name, it.as_str()) == Promise::Yes)
    }

    /// Whether safe code comes to a value: drops it with the type, or uses it by one of its functions.
    pub(crate) fn is_reached(&self, ways: &[Way]) -> bool {
        let is_elsewhere = |it: &Way| {
            matches!(
                it,
                Way::Shared | Way::ReadGuard | Way::Raw | Way::AtomicPtr | Way::Phantom | Way::Foreign
            )
        };
        let is_used = |(id, name): (FnId, Name)| {
            let signature = self.model.signature(id);
            let is_given = |it: &Ty| matches!(it, Ty::Callable(..)) || self.is_in(it, &name);
            has_unknown(&signature.output)
                || is_given(&signature.output)
                || signature.params.iter().any(is_given)
        };
        let own = &self.model.adt(self.adt).params[self.index];
        let is_reference = |it: &Ty| matches!(it, Ty::Ref(..)) && mentions(self.model, it, own);
        let has_reference = self.model.adt_fields(self.adt).iter().any(|it| is_reference(&it.ty));
        has_reference || !ways.iter().all(is_elsewhere) || self.users().any(is_used) || self.is_dropped()
    }

    /// Whether the type's `drop` looks at a field that has the parameter.
    fn is_dropped(&self) -> bool {
        let def = self.model.adt(self.adt);
        let ty = Ty::Adt(self.adt, def.params.iter().cloned().map(Ty::Param).collect());
        let Some(id) = self.model.drop_impl(&ty) else { return false };
        let function = self.model.func(id);
        let Some(body) = function.body else { return false };
        let body = self.model.workspace().file(function.at.file).facts.body(body).unpack();
        let fields = self.model.adt_fields(self.adt);
        let has_it = |it: &Name| {
            let own = &def.params[self.index];
            fields.iter().any(|field| field.name == *it && mentions(self.model, &field.ty, own))
        };
        body.exprs.iter().any(|it| match &it.kind {
            ExprKind::Field { name, .. } => has_it(name),
            ExprKind::MethodCall { receiver, .. } => is_self_path(&body, *receiver),
            ExprKind::Macro(_) => true,
            _ => false,
        })
    }

    pub(crate) fn name_in(&self, id: FnId) -> Option<Name> {
        let Ty::Adt(_, args) = self.model.impl_self_ty(self.model.func(id).impl_?) else { return None };
        match args.get(self.index)? {
            Ty::Param(name) => Some(name.clone()),
            _ => None,
        }
    }

    /// Whether a safe function lets its caller see a value through `&self`.
    pub(crate) fn is_lent(&self) -> bool {
        self.readers().any(|(id, name)| {
            let signature = self.model.signature(id);
            let to_closure = |it: &Ty| match it {
                Ty::Callable(params, _) => params.iter().any(|it| self.is_in(it, &name)),
                _ => false,
            };
            self.is_in(&signature.output, &name) || signature.params.iter().any(to_closure)
        })
    }

    /// Whether a value is in a type, the type itself aside.
    fn is_in(&self, ty: &Ty, name: &str) -> bool {
        let any = |items: &[Ty]| items.iter().any(|it| self.is_in(it, name));
        match ty {
            Ty::Adt(id, _) if *id == self.adt => false,
            Ty::Known(_, args) | Ty::Foreign(_, args)
                if !matches!(outer_name(self.model, ty), Some("PhantomData" | "NonNull")) =>
            {
                any(args)
            }
            Ty::Adt(_, args) | Ty::Tuple(args) => any(args),
            Ty::Ref(_, it) | Ty::Slice(it) | Ty::Future(it) => self.is_in(it, name),
            // Nobody sees what a pointer leads to without an `unsafe` of their own.
            Ty::Ptr(..) => false,
            _ => mentions(self.model, ty, name),
        }
    }

    /// Whether a value that no field has comes out as a reference, and out of nothing that the caller gives.
    fn lends_from_memory(&self) -> bool {
        self.readers().any(|(id, name)| {
            let signature = self.model.signature(id);
            let given = |it: &Ty| match it {
                Ty::Ref(_, inner) => !matches!(&**inner, Ty::Param(_)) && mentions(self.model, inner, &name),
                other => mentions(self.model, other, &name),
            };
            gives_reference(&signature.output, &name) && !signature.params.iter().any(given)
        })
    }

    /// Whether a field can lead to a value: functions make new ones.
    fn has_memory(&self) -> bool {
        let fields = self.model.adt_fields(self.adt);
        let leads =
            |it: &Ty| !matches!(it, Ty::Callable(..)) && outer_name(self.model, it) != Some("PhantomData");
        fields.iter().any(|it| leads(&it.ty))
    }

    /// Whether all that can be had of a value is `&T`.
    fn only_lends(&self, ways: &[Way]) -> bool {
        let ty = Ty::Adt(self.adt, self.model.adt(self.adt).params.iter().cloned().map(Ty::Param).collect());
        // What has no lifetime may own what its pointers lead to.
        self.model.has_lifetimes(self.adt)
            && ways.iter().all(|it| matches!(it, Way::Shared | Way::ReadGuard | Way::Phantom))
            && ways.iter().any(|it| *it != Way::Phantom)
            && self.model.drop_impl(&ty).is_none()
            && self.is_lent()
    }

    /// Whether a safe function takes a value, or gives one away, by `&self`.
    fn is_moved(&self) -> bool {
        self.readers().any(|(id, name)| {
            let signature = self.model.signature(id);
            let scope = self.model.fn_scope(id);
            let is_copied = self.model.promise(&scope, &name, "Clone") != Promise::No;
            let takes = |it: &Ty| match it {
                Ty::Callable(_, output) => is_by_value(self.model, output, &name),
                other => is_by_value(self.model, other, &name),
            };
            let gives = !is_copied && is_by_value(self.model, &signature.output, &name);
            gives || signature.params.iter().any(takes)
        })
    }

    /// All that a claim has to ask for to be true: what `&self` methods take and give, and what the fields share, decide.
    /// Nothing where a signature does not say it.
    pub(crate) fn needs(&self, marker: Marker, ways: &[Way]) -> Option<Vec<Marker>> {
        let both = vec![Marker::Send, Marker::Sync];
        match marker {
            // Another thread drops the last one, or reads through its own.
            Marker::Send if ways.contains(&Way::CountedLocally) => None,
            Marker::Send if ways.contains(&Way::Counted) || self.shares_memory(ways) => Some(both),
            Marker::Send if self.only_lends(ways) => Some(vec![Marker::Sync]),
            Marker::Send => Some(vec![Marker::Send]),
            Marker::Sync => match self.readers().map(|(id, name)| self.handed(id, &name)).max()? {
                Handed::Unknown => None,
                Handed::Values => Some(both),
                Handed::References | Handed::Nothing => Some(vec![Marker::Sync]),
            },
        }
    }

    /// Whether copies of the type lead to the same memory.
    fn shares_memory(&self, ways: &[Way]) -> bool {
        let is_pointer = ways.iter().any(|it| matches!(it, Way::Raw | Way::AtomicPtr));
        let derives = &self.model.item(self.model.adt(self.adt).at).attrs.derives;
        let has_clone =
            || self.model.methods_of(self.adt).iter().any(|it| self.model.func(*it).name == "clone");
        is_pointer && (derives.iter().any(|it| *it == "Clone") || has_clone())
    }

    /// The most that a function lets through of the parameter, in either direction.
    fn handed(&self, id: FnId, name: &str) -> Handed {
        let signature = self.model.signature(id);
        let is_copied = self.model.promise(&self.model.fn_scope(id), name, "Clone") != Promise::No;
        let out = match self.handed_in(&signature.output, name) {
            // A copy is made of what is only looked at.
            Handed::Values if is_copied && is_by_value(self.model, &signature.output, name) => {
                Handed::References
            }
            out => out,
        };
        signature.params.iter().map(|it| self.handed_in(it, name)).fold(out, Handed::max)
    }

    fn handed_in(&self, ty: &Ty, name: &str) -> Handed {
        let most =
            |items: &[Ty]| items.iter().map(|it| self.handed_in(it, name)).max().unwrap_or(Handed::Nothing);
        match ty {
            Ty::Unknown => Handed::Unknown,
            Ty::Param(it) if *it == *name => Handed::Values,
            Ty::Ref(Mutability::Shared, it) if mentions(self.model, it, name) => {
                self.handed_in(it, name).min(Handed::References)
            }
            Ty::Known(..) | Ty::Foreign(..) if outer_name(self.model, ty) == Some("PhantomData") => {
                Handed::Nothing
            }
            Ty::Adt(id, _) if *id == self.adt => Handed::Nothing,
            // `&[T]`, `Option<&T>`; a guard or entry changes what it stands for, and a collection has it.
            Ty::Known(_, args) | Ty::Foreign(_, args) | Ty::Adt(_, args) | Ty::Tuple(args) => most(args),
            Ty::Ref(_, it) | Ty::Ptr(_, it) | Ty::Slice(it) | Ty::Future(it) => self.handed_in(it, name),
            Ty::Callable(params, output) => most(params).max(self.handed_in(output, name)),
            Ty::Never | Ty::Prim(_) | Ty::Param(_) | Ty::Trait(_) => Handed::Nothing,
        }
    }

    pub(crate) fn is_self(&self, ty: &Ty) -> bool {
        matches!(ty, Ty::Adt(id, _) if *id == self.adt)
    }
}

/// Whether a type has a part that nobody knows.
fn has_unknown(ty: &Ty) -> bool {
    match ty {
        Ty::Unknown => true,
        Ty::Known(_, args) | Ty::Foreign(_, args) | Ty::Adt(_, args) | Ty::Tuple(args) => {
            args.iter().any(has_unknown)
        }
        Ty::Ref(_, it) | Ty::Slice(it) | Ty::Future(it) => has_unknown(it),
        _ => false,
    }
}

fn is_self_path(body: &Body, id: ExprId) -> bool {
    matches!(&body.expr(id).kind, ExprKind::Path(path) if path.as_ident().is_some_and(|it| it == "self"))
}

/// Whether a value can be changed, or taken out, behind `&self`.
fn is_mutable(ways: &[Way]) -> bool {
    ways.iter().any(|it| matches!(it, Way::Exclusive | Way::Raw | Way::Cell | Way::Locked | Way::AtomicPtr))
}

/// Whether a type is a reference to the parameter, in an `Option` or a tuple too.
fn gives_reference(ty: &Ty, name: &str) -> bool {
    match ty {
        Ty::Ref(_, inner) => matches!(&**inner, Ty::Param(it) if *it == *name),
        Ty::Known(_, args) | Ty::Tuple(args) => args.iter().any(|it| gives_reference(it, name)),
        _ => false,
    }
}

/// Whether a type is the parameter itself, in an `Option` or a tuple too.
fn is_by_value(model: &Model, ty: &Ty, name: &str) -> bool {
    match ty {
        Ty::Param(it) => *it == *name,
        Ty::Known(_, args) if model.role(ty) == Some(TypeRole::Enum) => {
            args.iter().any(|it| is_by_value(model, it, name))
        }
        Ty::Tuple(args) => args.iter().any(|it| is_by_value(model, it, name)),
        Ty::Future(it) => is_by_value(model, it, name),
        _ => false,
    }
}
