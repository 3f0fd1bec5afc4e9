//! Locks that the workspace makes itself: a kernel's spin lock, a port of one.
//!
//! A type is one if it has what it protects in an `UnsafeCell` and a method that is named for taking it hands out, for a shared
//! `self`, a value that dereferences and does something when it is dropped. What its body does is not looked into: who
//! waits for the guard, and that is all callers need.

use rustc_hash::FxHashMap;

use super::{FnId, Holder, Model};
use crate::facts::SelfKind;
use crate::knowledge::schema::{GuardClass, LockMode, TypeRole};
use crate::ty::{AdtId, Ty};

/// A method that takes a lock of the workspace's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnLock {
    /// The lock.
    pub lock: AdtId,
    /// The guard that it hands out.
    pub guard: AdtId,
    /// How it is taken.
    pub mode: LockMode,
    /// It fails rather than waits.
    pub is_try: bool,
}

/// The locks of a workspace's own.
#[derive(Debug, Default)]
pub(super) struct OwnLocks {
    methods: FxHashMap<FnId, OwnLock>,
    guards: FxHashMap<AdtId, LockMode>,
    locks: rustc_hash::FxHashSet<AdtId>,
}

impl Model {
    /// The lock that a function takes, if it is a method of one that the workspace makes itself.
    pub fn own_lock(&self, id: FnId) -> Option<OwnLock> {
        self.own_locks.methods.get(&id).copied()
    }

    /// Whether a type is a lock that the workspace makes itself.
    pub fn is_own_lock(&self, id: AdtId) -> bool {
        self.own_locks.locks.contains(&id)
    }

    /// What a guard of the workspace's own holds: as much as one of a spin lock does.
    pub(super) fn own_guard(&self, id: AdtId) -> Option<Holder> {
        let known = match self.own_locks.guards.get(&id)? {
            LockMode::Shared => "spin::RwLockReadGuard",
            _ => "spin::MutexGuard",
        };
        Some(Holder { id: self.knowledge.type_at(known, None)?, class: GuardClass::Spinning })
    }

    /// Looks for them among the methods of types with an `UnsafeCell`.
    pub(super) fn collect_own_locks(&mut self) {
        let found: Vec<(FnId, OwnLock)> =
            self.fn_ids().filter_map(|id| Some((id, self.as_own_lock(id)?))).collect();
        for (id, own) in found {
            self.own_locks.methods.insert(id, own);
            self.own_locks.guards.insert(own.guard, own.mode);
            self.own_locks.locks.insert(own.lock);
        }
    }

    fn as_own_lock(&self, id: FnId) -> Option<OwnLock> {
        let def = self.func(id);
        let name = def.name.strip_prefix("try_").unwrap_or(&def.name);
        let is_named = ["lock", "read", "write"].iter().any(|it| name.starts_with(it));
        if !is_named || def.impl_.is_none() || !self.fn_facts(id).params.is_empty() {
            return None;
        }
        let sig = self.signature(id);
        let Some(Ty::Adt(lock, _)) = sig.self_ty.as_ref().filter(|_| sig.self_kind != Some(SelfKind::RefMut))
        else {
            return None;
        };
        let (guard, is_try) = self.handed_out(&sig.output)?;
        let is_guard = sig.self_kind.is_some() && self.is_own_guard(guard) && guard != *lock;
        if !is_guard || !self.has_unsafe_cell(*lock) {
            return None;
        }
        let ty = Ty::Adt(guard, crate::ty::no_args());
        let mode = match self.method(&ty, "deref_mut") {
            Some(_) => LockMode::Exclusive,
            None => LockMode::Shared,
        };
        Some(OwnLock { lock: *lock, guard, mode, is_try })
    }

    /// The type of the workspace that a function gives, and whether it may give none.
    fn handed_out(&self, output: &Ty) -> Option<(AdtId, bool)> {
        match output {
            Ty::Adt(id, _) => Some((*id, false)),
            Ty::Known(_, args) if self.role(output) == Some(TypeRole::Enum) => match args.first()? {
                Ty::Adt(id, _) => Some((*id, true)),
                _ => None,
            },
            _ => None,
        }
    }

    fn is_own_guard(&self, id: AdtId) -> bool {
        let ty = Ty::Adt(id, crate::ty::no_args());
        self.drop_impl(&ty).is_some() && self.deref_target(&ty).is_some()
    }

    fn has_unsafe_cell(&self, id: AdtId) -> bool {
        let is_cell = |it: &Ty| match it {
            Ty::Known(known, _) => {
                let path = &self.knowledge.ty(*known).path;
                *path == *"std::cell::UnsafeCell" || *path == *"std::cell::SyncUnsafeCell"
            }
            _ => false,
        };
        self.adt_fields(id).iter().any(|it| self.any_part_to(&it.ty, 1, &mut |ty| is_cell(ty)))
    }
}
