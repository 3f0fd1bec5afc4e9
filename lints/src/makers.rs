//! Who makes values of a type, and what its parameters come in by: bounds may stand there that the type's own impls do not repeat.
//!
//! In: a parameter of a type. Out: whether everybody who makes the type asks it for a marker, and whether its values are
//! somebody else's, of whom the type only has the address.

use safe_map_analysis::facts::{ExprKind, ItemKind, TypeKind, Visibility};
use safe_map_analysis::model::{FnId, Marker, Model, Promise};
use safe_map_analysis::name::Name;
use safe_map_analysis::ty::Ty;

use crate::bounds::Subject;
use crate::exposure::{Way, mentions, outer_name};
use crate::givers::is_public;

/// How many values are looked at through which one comes to another.
const MAX_OWNERS: u32 = 2;

/// A function that makes the type, and what it has for the parameter then.
struct Maker {
    id: FnId,
    arg: Ty,
}

impl Subject<'_> {
    /// The functions that make the type of something else. Those that only the crate itself can call stand between it and the
    /// others, if there are others.
    fn makers(&self) -> Vec<Maker> {
        let mut makers: Vec<Maker> = self.model.fn_ids().filter_map(|id| self.maker(id)).collect();
        if makers.iter().any(|it| is_public(self.model, it.id)) {
            makers.retain(|it| is_public(self.model, it.id));
        }
        makers
    }

    fn maker(&self, id: FnId) -> Option<Maker> {
        let def = self.model.func(id);
        let signature = self.model.signature(id);
        if def.is_test || def.body.is_none() {
            return None;
        }
        let arg = self.arg_in(&signature.output)?;
        // A method of the type makes another of the same, unless it gives it something else: `with_hasher`.
        let own = signature.self_ty.as_ref().filter(|it| self.is_self(it) && signature.self_kind.is_some());
        let is_same = own.is_some_and(|it| self.arg_in(it).as_ref() == Some(&arg));
        (!is_same).then_some(Maker { id, arg })
    }

    /// What the parameter is in the type where another type has it, its fields left out.
    fn arg_in(&self, ty: &Ty) -> Option<Ty> {
        match ty {
            Ty::Adt(id, args) if *id == self.adt => {
                args.get(self.index).filter(|it| **it != Ty::Unknown).cloned()
            }
            Ty::Known(_, args) | Ty::Foreign(_, args) | Ty::Adt(_, args) | Ty::Tuple(args) => {
                args.iter().find_map(|it| self.arg_in(it))
            }
            Ty::Ref(_, it) | Ty::Slice(it) | Ty::Future(it) => self.arg_in(it),
            _ => None,
        }
    }

    /// Whether only `unsafe` functions make the type: what it is made of is between them and their callers.
    pub(crate) fn is_made_by_contract(&self) -> bool {
        let makers = self.makers();
        !makers.is_empty() && makers.iter().all(|it| self.model.fn_facts(it.id).is_unsafe)
    }

    /// Whether only private functions make the type, nothing that others can call takes it, and no other type has one in it: nobody
    /// else can have one.
    pub(crate) fn is_kept(&self) -> bool {
        let model = self.model;
        let is_private =
            |id| model.item(model.func(id).at).vis == Visibility::Private && !model.is_of_trait(id);
        let makers = self.makers();
        let is_taken = |id| !is_private(id) && self.is_named_by(id);
        let is_in_other = |id| id != self.adt && model.adt_fields(id).iter().any(|it| self.has_this(&it.ty));
        !makers.is_empty()
            && makers.iter().all(|it| is_private(it.id))
            && !self.is_open()
            && model.item(model.adt(self.adt).at).attrs.derives.is_empty()
            && !model.fn_ids().any(is_taken)
            && !model.adt_ids().any(is_in_other)
    }

    /// Whether the head of a function that is no method of the type says its name: as a parameter, or in what it calls back.
    fn is_named_by(&self, id: FnId) -> bool {
        let def = self.model.func(id);
        let is_own = self.model.signature(id).self_ty.as_ref().is_some_and(|it| self.is_self(it));
        let text = self.model.item(def.at).span.text(&self.model.workspace().file(def.at.file).source.text);
        let head = text.split('{').next().unwrap_or(text);
        let mut words = head.split(|it: char| !it.is_alphanumeric() && it != '_');
        !is_own && words.any(|it| *it == *self.model.adt(self.adt).name)
    }

    /// Whether a type is or has this one in it.
    fn has_this(&self, ty: &Ty) -> bool {
        self.model.any_part(ty, &mut |it| self.is_self(it))
    }

    /// Whether every function that makes the type asks the parameter for the marker, says what it is, or is a method of a value that is
    /// made so.
    pub(crate) fn is_made_of(&self, needs: Marker) -> bool {
        self.is_made_so(needs, MAX_OWNERS)
    }

    fn is_made_so(&self, needs: Marker, owners: u32) -> bool {
        let makers = self.makers();
        let asks = |it: &Maker| match &it.arg {
            Ty::Param(name) => {
                let scope = self.model.fn_scope(it.id);
                let promises = self.model.promise(&scope, name, needs.as_str()) != Promise::No;
                promises
                    || owners > 0
                        && self.owner_in(it.id, name).is_some_and(|it| it.is_made_so(needs, owners - 1))
            }
            other => !other.is_open(),
        };
        !makers.is_empty() && makers.iter().all(asks) && !self.is_open()
    }

    /// The other type whose value a method has, where a parameter of it is the one of that name.
    fn owner_in(&self, id: FnId, name: &Name) -> Option<Subject<'_>> {
        let signature = self.model.signature(id);
        signature.self_kind?;
        let Some(Ty::Adt(adt, args)) = &signature.self_ty else { return None };
        let index = args.iter().position(|it| matches!(it, Ty::Param(it) if it == name))?;
        (*adt != self.adt).then_some(Subject { model: self.model, adt: *adt, index })
    }

    /// Whether anyone can write a value of the type down.
    fn is_open(&self) -> bool {
        match &self.model.item(self.model.adt(self.adt).at).kind {
            ItemKind::Struct(it) | ItemKind::Union(it) => {
                !it.fields.is_empty() && it.fields.iter().all(|it| it.vis == Visibility::Public)
            }
            _ => true,
        }
    }

    /// Whether a value comes to the type by its address only: from a number or a raw pointer, never as itself. Whoever had it
    /// before answers for it.
    pub(crate) fn is_of_addresses(&self) -> bool {
        if self.is_open() {
            return false;
        }
        let makers: Vec<FnId> =
            self.makers().into_iter().filter(|it| matches!(it.arg, Ty::Param(_))).map(|it| it.id).collect();
        let own = self.model.methods_of(self.adt).into_iter();
        let all: Vec<FnId> = own.filter(|it| is_public(self.model, *it)).chain(makers.clone()).collect();
        self.take_addresses(&makers) || self.take_addresses(&all)
    }

    fn take_addresses(&self, functions: &[FnId]) -> bool {
        functions.iter().any(|it| self.takes_address(*it))
            && !functions.iter().any(|it| self.takes_value(*it))
    }

    fn takes_address(&self, id: FnId) -> bool {
        let Some(name) = self.name_at(id) else { return false };
        let signature = self.model.signature(id);
        let is_pointer = |it: &Ty| self.is_pointer_to(it, &name);
        let has_number = || signature.params.iter().any(|it| matches!(it, Ty::Prim(_)));
        signature.params.iter().any(is_pointer) || (has_number() && makes_pointers(self.model, id))
    }

    /// Whether a function takes the parameter as itself, or takes what nobody knows.
    fn takes_value(&self, id: FnId) -> bool {
        let own = self.names(id);
        let may_be_value = |it: &Ty| match it {
            Ty::Unknown | Ty::Callable(..) => true,
            Ty::Param(it) => !own.contains(it),
            _ => false,
        };
        let has_name = self.name_at(id).is_some();
        has_name && (self.takes_itself(id) || self.model.signature(id).params.iter().any(may_be_value))
    }

    fn takes_itself(&self, id: FnId) -> bool {
        let Some(name) = self.name_at(id) else { return false };
        let is_value = |it: &Ty| {
            mentions(self.model, it, &name) && !self.is_pointer_to(it, &name) && self.arg_in(it).is_none()
        };
        self.model.signature(id).params.iter().any(is_value)
    }

    /// Whether no function lets a value in, so that the type makes those that it has: `S::new()`.
    pub(crate) fn makes_its_own(&self, ways: &[Way]) -> bool {
        let is_owned =
            ways.iter().all(|it| matches!(it, Way::Bare | Way::Cell | Way::Locked | Way::Exclusive));
        if !is_owned || self.is_open() {
            return false;
        }
        let makers = self.makers();
        let own = self.model.methods_of(self.adt).into_iter();
        let mut all = own.chain(makers.iter().map(|it| it.id));
        // Others may fill what they are handed.
        let is_filled = || self.model.fn_ids().any(|it| self.takes_itself(it));
        !makers.is_empty() && !all.any(|it| self.takes_value(it)) && !is_filled()
    }

    /// Whether the workspace has the type around a cell, somewhere: the claim is there for what no bound would let in.
    pub(crate) fn is_for_cells(&self) -> bool {
        let model = self.model;
        let is_cell = |ty: &Ty| {
            let arg = self.arg_in(ty);
            let name = arg.as_ref().and_then(|it| outer_name(model, it));
            matches!(name, Some("Cell" | "Rc" | "RefCell" | "UnsafeCell"))
        };
        let mut others = model.adt_ids().filter(|it| *it != self.adt);
        others.any(|it| model.adt_fields(it).iter().any(|it| is_cell(&it.ty)))
            || model.static_ids().any(|it| is_cell(model.static_ty(it)))
    }

    fn is_pointer_to(&self, ty: &Ty, name: &str) -> bool {
        match ty {
            Ty::Ptr(_, it) => mentions(self.model, it, name),
            Ty::Known(_, args) | Ty::Foreign(_, args) => match outer_name(self.model, ty) {
                Some("NonNull") => args.iter().any(|it| mentions(self.model, it, name)),
                Some("Option") => args.iter().any(|it| self.is_pointer_to(it, name)),
                _ => false,
            },
            _ => false,
        }
    }

    /// The name of the parameter in a function: in its impl, in what it makes, or in what it is given.
    fn name_at(&self, id: FnId) -> Option<Name> {
        let signature = self.model.signature(id);
        let named = |it: &Ty| match self.arg_in(it) {
            Some(Ty::Param(name)) => Some(name),
            _ => None,
        };
        let made = || std::iter::once(&signature.output).chain(&signature.params).find_map(named);
        self.name_in(id).or_else(made)
    }

    /// The parameters of a function that are the type's own.
    fn names(&self, id: FnId) -> Vec<Name> {
        let of = |ty: &Ty| match ty {
            Ty::Adt(adt, args) if *adt == self.adt => args.to_vec(),
            _ => Vec::new(),
        };
        let signature = self.model.signature(id);
        let args = signature.self_ty.iter().flat_map(of).chain(of(&signature.output));
        let named = args.filter_map(|it| match it {
            Ty::Param(name) => Some(name),
            _ => None,
        });
        named.collect()
    }
}

/// Whether a function makes a pointer of a number.
fn makes_pointers(model: &Model, id: FnId) -> bool {
    let def = model.func(id);
    let Some(body) = def.body else { return false };
    let body = model.workspace().file(def.at.file).facts.body(body).unpack();
    body.exprs.iter().any(|it| match &it.kind {
        ExprKind::Cast { ty, .. } => matches!(ty.kind, TypeKind::Ptr { .. } | TypeKind::Infer),
        _ => false,
    })
}
