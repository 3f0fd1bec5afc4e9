//! Patterns: which names they bind, what they move, and which guards the value can still hold where they match.

use super::GuardId;
use super::place::Step;
use super::state::Owner;
use super::value::Value;
use super::walk::Walker;
use crate::facts::{PatId, PatKind, Path};
use crate::knowledge::schema::TypeRole;
use crate::model::{Def, ValueDef};
use crate::name::Name;
use crate::ty::Ty;

/// How a pattern's names take what they match.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    /// They move it.
    Move,
    /// They borrow it: the value is behind a reference, or the pattern says `ref`.
    Borrow,
}

impl<'a> Walker<'a> {
    /// Binds the names of a pattern in the innermost block; what they take moves to them.
    pub(super) fn bind(&mut self, pat: PatId, value: Value) {
        self.bind_mode(pat, value, Mode::Move);
    }

    fn bind_mode(&mut self, pat: PatId, value: Value, mode: Mode) {
        let (value, mode) = match (&value.ty, self.is_plain_binding(pat)) {
            // Default binding modes: a pattern with structure looks through references.
            (Ty::Ref(_, inner), false) => {
                let ty = (**inner).clone();
                (Value { ty, local: None, ..value }, Mode::Borrow)
            }
            _ => (value, mode),
        };
        let body = self.body;
        match &body.pat(pat).kind {
            PatKind::Bind { name, by_ref, sub, .. } => {
                if let Some(sub) = sub {
                    self.bind_mode(*sub, value.clone(), mode);
                }
                if sub.is_none() && self.is_unit_pattern(name) {
                    return;
                }
                let mode = if *by_ref { Mode::Borrow } else { mode };
                self.bind_name(pat, name, value, mode);
            }
            PatKind::Tuple(elems) => self.bind_tuple(elems, value, mode),
            PatKind::TupleStruct { path, elems } => self.bind_variant(path, elems, value, mode),
            PatKind::Struct { path, fields } => {
                for (name, field) in fields {
                    let part = self.variant_field(path, name, &value);
                    self.bind_mode(*field, part, mode);
                }
            }
            PatKind::Or(alternatives) => {
                for it in alternatives {
                    self.bind_mode(*it, value.clone(), mode);
                }
            }
            PatKind::Ref(inner) => {
                let ty = value.ty.peel_refs().clone();
                self.bind_mode(*inner, Value { ty, ..value }, Mode::Borrow);
            }
            PatKind::Slice(elems) => {
                let ty = match &value.ty {
                    Ty::Slice(item) => (**item).clone(),
                    _ => Ty::Unknown,
                };
                for it in elems {
                    self.bind_mode(*it, Value { place: None, ..value.clone() }.with_ty(ty.clone()), mode);
                }
            }
            PatKind::Typed(inner, ty) => {
                let ty = self.lower(ty);
                let ty = if ty.is_unknown() { value.ty.clone() } else { ty };
                self.bind_mode(*inner, value.with_ty(ty), mode);
            }
            PatKind::Wild | PatKind::Rest | PatKind::Path(_) | PatKind::Lit(_) | PatKind::Unknown => {}
        }
    }

    fn is_plain_binding(&self, pat: PatId) -> bool {
        matches!(
            self.body.pat(pat).kind,
            PatKind::Bind { sub: None, .. }
                | PatKind::Wild
                | PatKind::Ref(_)
                | PatKind::Typed(..)
                | PatKind::Or(_)
        )
    }

    fn bind_name(&mut self, pat: PatId, name: &Name, value: Value, mode: Mode) {
        let span = self.body.pat(pat).span;
        if mode == Mode::Borrow {
            let ty = match &value.ty {
                it @ Ty::Ref(..) => it.clone(),
                other => Ty::shared_ref(other.clone()),
            };
            let value = Value { guards: Vec::new(), local: None, ..value };
            self.declare(name.clone(), span, value.with_ty(ty));
            return;
        }
        let value = self.take(value);
        if matches!(value.ty, Ty::Ref(..)) {
            self.declare(name.clone(), span, Value { guards: Vec::new(), ..value });
            return;
        }
        let moved = self.movable(&value.guards);
        let value = Value { guards: moved.clone(), ..value };
        let local = self.declare(name.clone(), span, value);
        self.state.give(&moved, Owner::Local(local));
    }

    /// The guards that a by-value binding takes with it: those in flight, in a temporary or in another local.
    fn movable(&self, guards: &[GuardId]) -> Vec<GuardId> {
        guards
            .iter()
            .copied()
            .filter(|id| self.state.live.get(id).is_some_and(|it| it.owner != Owner::Nobody))
            .collect()
    }

    /// A lone capitalised name that resolves to a constant or unit variant binds nothing.
    fn is_unit_pattern(&self, name: &Name) -> bool {
        if !name.starts_with(|c: char| c.is_ascii_uppercase()) {
            return false;
        }
        let path = Path {
            segments: smallvec::smallvec![crate::facts::Segment::new(name.clone())],
            ..Path::default()
        };
        !matches!(self.model.resolve_value(&path, &self.scope), ValueDef::Unknown)
    }

    fn bind_tuple(&mut self, elems: &[PatId], value: Value, mode: Mode) {
        let types: Vec<Ty> = match &value.ty {
            Ty::Tuple(items) => items.to_vec(),
            _ => vec![Ty::Unknown; elems.len()],
        };
        for (elem, index) in self.positions(elems, types.len()) {
            let ty = types.get(index).cloned().unwrap_or_default();
            let part = match value.parts.get(index) {
                Some(part) => part.clone(),
                None => {
                    let part = self.part(&value, &index.to_string(), ty);
                    Value { decl: self.decl_of_item(&value, &types), ..part }
                }
            };
            self.bind_mode(elem, part, mode);
        }
    }

    /// Which element each sub-pattern matches, around a `..`.
    pub(super) fn positions(&self, elems: &[PatId], len: usize) -> Vec<(PatId, usize)> {
        let rest = elems.iter().position(|it| matches!(self.body.pat(*it).kind, PatKind::Rest));
        let Some(rest) = rest else { return elems.iter().copied().zip(0..).collect() };
        let after = elems.len() - rest - 1;
        let head = elems[..rest].iter().copied().zip(0..);
        let tail = elems[rest + 1..].iter().copied().zip(len.saturating_sub(after)..);
        head.chain(tail).collect()
    }

    /// A part of a value: it takes the guards if its type can hold them.
    fn part(&self, value: &Value, name: &str, ty: Ty) -> Value {
        let guards = if self.may_hold(&ty) { self.guards_of(&ty, &value.guards) } else { Vec::new() };
        let place = value.place.as_ref().map(|it| it.field(&Name::new(name), self.leads_to_shared(&ty)));
        Value { place, guards, ..Value::of(ty) }
    }

    /// The guards of a value that a part of this type holds: those of its kind, where there are any.
    fn guards_of(&self, ty: &Ty, guards: &[GuardId]) -> Vec<GuardId> {
        let Some(held) = self.holds(ty) else { return guards.to_vec() };
        let is_of = |it: &&GuardId| {
            let guard = self.flow.guard(**it);
            guard.type_name == self.knowledge.ty(held.id).name() && guard.acquire.class == held.class
        };
        let fitting: Vec<GuardId> = guards.iter().filter(is_of).copied().collect();
        if fitting.is_empty() { guards.to_vec() } else { fitting }
    }

    fn bind_variant(&mut self, path: &Path, elems: &[PatId], value: Value, mode: Mode) {
        let types = self.variant_types(path, &value.ty);
        let variant = path.last().map(|it| it.name.clone()).unwrap_or_default();
        let len = types.as_ref().map_or(elems.len(), Vec::len);
        let is_layer = self.model.role(value.ty.peel_refs()) == Some(TypeRole::Layer);
        let wraps_same = (is_layer || matches!(variant.as_str(), "Some" | "Ok")) && elems.len() == 1;
        for (elem, index) in self.positions(elems, len) {
            let ty = types.as_ref().and_then(|it| it.get(index)).cloned().unwrap_or_default();
            let part = match value.parts.get(index).filter(|_| value.parts.len() == len) {
                Some(part) => part.clone(),
                // What is in an `Option` or `Result` is named as the whole: adapters leave no trace either.
                None if wraps_same => Value { local: None, pending: None, ..value.clone() }.with_ty(ty),
                None => self.part(&value, &format!("{variant}.{index}"), ty),
            };
            self.bind_mode(elem, part, mode);
        }
    }

    /// The types of a tuple variant's or struct's fields, seen from a value of type `ty`.
    pub(super) fn variant_types(&self, path: &Path, ty: &Ty) -> Option<Vec<Ty>> {
        let variant = &path.last()?.name;
        let ty = ty.peel_refs();
        match ty {
            Ty::Known(id, args) => {
                let known = self.knowledge.ty(*id);
                let seen = |it: &Ty| it.instantiate(&known.params, args);
                match (known.variants.get(variant), &known.derefs) {
                    (Some(fields), _) => {
                        Some(fields.iter().map(|it| self.told_apart(seen(it), args)).collect())
                    }
                    // A newtype that is known as a layer: `State(store)`.
                    (None, Some(inner)) if known.name() == variant.as_str() => Some(vec![seen(inner)]),
                    _ => None,
                }
            }
            _ => {
                let (id, variant) = match self.model.resolve_value(path, &self.scope) {
                    ValueDef::Def(Def::Variant(id, name)) => (id, Some(name)),
                    ValueDef::Def(Def::Adt(id)) => (id, None),
                    _ => return None,
                };
                let args = match ty {
                    Ty::Adt(own, args) if *own == id => args.to_vec(),
                    _ => Vec::new(),
                };
                let fields = self.model.adt_fields(id);
                let params = &self.model.adt(id).params;
                let own = fields.iter().filter(|it| it.variant == variant);
                Some(own.map(|it| it.ty.instantiate(params, &args)).collect())
            }
        }
    }

    /// A part of one variant, where the arguments of the whole are these. What is not known of a failure is no guard where
    /// the success surely is one.
    fn told_apart(&self, part: Ty, args: &[Ty]) -> Ty {
        match part.is_unknown() && args.iter().any(|it| self.holds(it).is_some()) {
            true => Ty::unit(),
            false => part,
        }
    }

    fn variant_field(&self, path: &Path, name: &Name, value: &Value) -> Value {
        let def = self.model.resolve_value(path, &self.scope);
        let (id, variant) = match (&def, self.model.path_ty(path, &self.scope)) {
            (ValueDef::Def(Def::Variant(id, name)), _) => (*id, Some(name.as_str())),
            (_, Ty::Adt(id, _)) => (id, None),
            _ => return self.part(value, name, Ty::Unknown),
        };
        let args = match value.ty.peel_refs() {
            Ty::Adt(own, args) if *own == id => args.to_vec(),
            _ => Vec::new(),
        };
        let ty = self.model.field_ty(id, &args, variant, name).unwrap_or_default();
        let mut part = self.part(value, name, ty);
        if variant.is_none() {
            part.decl = Some(super::Decl::Field(id, name.clone()));
        }
        part
    }

    /// Whether a value can still hold guards where this pattern has matched it.
    pub(super) fn carries(&self, pat: PatId, ty: &Ty) -> bool {
        match &self.body.pat(pat).kind {
            PatKind::TupleStruct { path, elems } => match self.variant_types(path, ty) {
                Some(types) => self.variant_carries(elems, &types),
                None => !elems.is_empty(),
            },
            PatKind::Path(path) => self.unit_carries(path.last().map_or("", |it| it.name.as_str()), path, ty),
            PatKind::Bind { name, sub: None, .. } if self.is_unit_pattern(name) => {
                let path = Path {
                    segments: smallvec::smallvec![crate::facts::Segment::new(name.clone())],
                    ..Path::default()
                };
                self.unit_carries(name, &path, ty)
            }
            PatKind::Or(alternatives) => alternatives.iter().any(|it| self.carries(*it, ty)),
            PatKind::Ref(inner) | PatKind::Typed(inner, _) => self.carries(*inner, ty.peel_refs()),
            // The error of an attempt says that another has the lock, and holds it only if the lock is poisoned.
            PatKind::Wild | PatKind::Bind { .. } => !self.is_try_error(ty),
            _ => true,
        }
    }

    pub(super) fn is_try_error(&self, ty: &Ty) -> bool {
        matches!(ty.peel_refs(), Ty::Known(id, _) if self.knowledge.ty(*id).name() == "TryLockError")
    }

    /// Whether a field of a variant can hold a guard, and its pattern leaves it the chance.
    fn variant_carries(&self, elems: &[PatId], types: &[Ty]) -> bool {
        let at = self.positions(elems, types.len());
        let pat_of = |index: usize| at.iter().find(|(_, it)| *it == index).map(|(pat, _)| *pat);
        types
            .iter()
            .enumerate()
            .any(|(index, ty)| self.may_show(ty) && pat_of(index).is_none_or(|pat| self.carries(pat, ty)))
    }

    /// Whether a pattern borrows what it matches by `ref`, so that a `let` extends its temporaries.
    pub(super) fn has_ref(&self, pat: PatId) -> bool {
        match &self.body.pat(pat).kind {
            PatKind::Bind { by_ref, .. } => *by_ref,
            PatKind::Tuple(elems) | PatKind::Slice(elems) | PatKind::TupleStruct { elems, .. } => {
                elems.iter().any(|it| self.has_ref(*it))
            }
            PatKind::Struct { fields, .. } => fields.iter().any(|(_, it)| self.has_ref(*it)),
            _ => false,
        }
    }

    /// A unit variant of an enum holds nothing; a constant says nothing of the value's parts.
    fn unit_carries(&self, name: &str, path: &Path, ty: &Ty) -> bool {
        if name == "None" {
            return false;
        }
        let is_enum = matches!(self.model.role(ty.peel_refs()), Some(TypeRole::Enum | TypeRole::Entry));
        let is_variant =
            matches!(self.model.resolve_value(path, &self.scope), ValueDef::Def(Def::Variant(..)));
        !(is_enum || is_variant)
    }

    /// Whether a pattern matches every value of its type.
    pub(super) fn is_irrefutable(&self, pat: PatId) -> bool {
        match &self.body.pat(pat).kind {
            PatKind::Wild | PatKind::Rest => true,
            PatKind::Bind { name, sub: None, .. } => !self.is_unit_pattern(name),
            PatKind::Bind { sub: Some(sub), .. } => self.is_irrefutable(*sub),
            PatKind::Tuple(elems) => elems.iter().all(|it| self.is_irrefutable(*it)),
            PatKind::Ref(inner) | PatKind::Typed(inner, _) => self.is_irrefutable(*inner),
            PatKind::TupleStruct { path, elems } => {
                self.is_struct(path) && elems.iter().all(|it| self.is_irrefutable(*it))
            }
            PatKind::Struct { path, fields } => {
                self.is_struct(path) && fields.iter().all(|(_, it)| self.is_irrefutable(*it))
            }
            PatKind::Or(alternatives) => alternatives.iter().any(|it| self.is_irrefutable(*it)),
            PatKind::Slice(_) | PatKind::Path(_) | PatKind::Lit(_) | PatKind::Unknown => false,
        }
    }

    fn is_struct(&self, path: &Path) -> bool {
        matches!(self.model.resolve_value(path, &self.scope), ValueDef::Def(Def::Adt(_)))
    }

    /// The variants that a pattern takes whole: no value of them reaches a later arm.
    pub(super) fn exhausts(&self, pat: PatId) -> Vec<Name> {
        match &self.body.pat(pat).kind {
            PatKind::TupleStruct { path, elems } if elems.iter().all(|it| self.is_irrefutable(*it)) => {
                path.last().map(|it| it.name.clone()).into_iter().collect()
            }
            PatKind::Struct { path, fields } if fields.iter().all(|(_, it)| self.is_irrefutable(*it)) => {
                path.last().map(|it| it.name.clone()).into_iter().collect()
            }
            PatKind::Path(path) => path.last().map(|it| it.name.clone()).into_iter().collect(),
            PatKind::Bind { name, sub: None, .. } if self.is_unit_pattern(name) => vec![name.clone()],
            PatKind::Or(alternatives) => alternatives.iter().flat_map(|it| self.exhausts(*it)).collect(),
            PatKind::Ref(inner) | PatKind::Typed(inner, _) => self.exhausts(*inner),
            _ => Vec::new(),
        }
    }

    /// Whether some variant of `ty` that can hold a guard is not among `taken`.
    pub(super) fn rest_carries(&self, ty: &Ty, taken: &[Name]) -> bool {
        match ty.peel_refs() {
            Ty::Known(id, args) => {
                let known = self.knowledge.ty(*id);
                if known.variants.is_empty() {
                    return true;
                }
                let holds = |fields: &Vec<Ty>| {
                    fields
                        .iter()
                        .map(|it| it.instantiate(&known.params, args))
                        .any(|it| self.may_show(&it) && !self.is_try_error(&it))
                };
                known.variants.iter().any(|(name, fields)| !taken.contains(name) && holds(fields))
            }
            _ => !taken.iter().any(|it| it == "Some" || it == "Ok"),
        }
    }

    /// The place of an entry of a map.
    pub(super) fn entry_place(&mut self, map: Option<&super::Place>, key: Option<&String>) -> super::Place {
        match (map, key) {
            (Some(map), Some(key)) => map.then(Step::Entry(key.clone())),
            _ => self.unnamed(),
        }
    }
}
