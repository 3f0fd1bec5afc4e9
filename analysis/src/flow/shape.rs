//! The shape of a function: what its callers must know of its body before they can be walked.
//!
//! Everything else that a body does reaches its callers as a summary, after all walks; the shape decides what the
//! caller itself holds: which lock an accessor names, which guard it hands out, which closures it runs under a lock.

use rustc_hash::FxHashMap;

use super::made_of::{Part, Twins, TwinsOf, agreed};
use super::{Acquire, Argument, Call, Decl, FnFlow, Place, Root, Step};
use crate::model::FnId;
use crate::ty::AdtId;

/// Longer paths are not followed through calls.
const MAX_STEPS: usize = 8;

/// What a caller must know of a function.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Shape {
    /// What its result names, in its own terms: `self.inner.sessions`.
    pub place: Option<Place>,
    /// Where that is declared.
    pub decl: Option<Decl>,
    /// The locks whose guards are in its result.
    pub guards: Vec<Acquire>,
    /// The closures among its parameters that it runs before it returns.
    pub calls: Vec<ParamCall>,
    /// What its result was made of, in its own terms.
    pub made_of: Vec<Part>,
}

/// A parameter that a function calls, or that a callee of it calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParamCall {
    /// Which parameter.
    pub index: u32,
    /// The locks that are held then.
    pub held: Vec<Acquire>,
}

impl Shape {
    /// Whether a caller learns nothing from it.
    pub fn is_empty(&self) -> bool {
        *self == Shape::default()
    }
}

/// The shapes of a workspace's functions, as far as they are known.
#[derive(Clone, Debug, Default)]
pub struct Shapes {
    by_fn: Vec<Option<Box<Shape>>>,
    twins: TwinsOf,
}

impl Shapes {
    /// No shapes yet, of `len` functions.
    pub fn new(len: usize) -> Shapes {
        Shapes { by_fn: vec![None; len], twins: TwinsOf::default() }
    }

    /// The shape of a function; none where it says nothing.
    pub fn get(&self, id: FnId) -> Option<&Shape> {
        self.by_fn.get(id.0 as usize)?.as_deref()
    }

    /// The fields of a type that always lead to the same thing.
    pub(super) fn twins(&self, id: AdtId) -> &[Twins] {
        self.twins.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Takes from the functions walked so far which fields are twins.
    pub fn learn_twins<'f>(&mut self, flows: impl Iterator<Item = &'f FnFlow>) {
        let mut found: FxHashMap<AdtId, Option<Vec<Twins>>> = FxHashMap::default();
        for (id, twins) in flows.flat_map(|it| &it.literals) {
            agreed(found.entry(*id).or_default(), twins);
        }
        let found = found.into_iter().filter_map(|(id, it)| Some((id, it.filter(|it| !it.is_empty())?)));
        self.twins = found.collect();
    }

    /// Replaces a shape. Whether it is another one now.
    pub fn set(&mut self, id: FnId, shape: &Shape) -> bool {
        let new = (!shape.is_empty()).then_some(shape);
        if self.get(id) == new {
            return false;
        }
        self.by_fn[id.0 as usize] = new.cloned().map(Box::new);
        true
    }
}

impl Call {
    /// A place of the callee in the terms of the caller; none where it has no name there.
    pub fn seen(&self, place: &Place) -> Option<Place> {
        let (mut seen, path) = match self.part(&place.root, &place.path) {
            Some(part) => part,
            None => (self.seen_root(&place.root)?, place.path.as_slice()),
        };
        for step in path {
            seen.push(self.seen_step(step)?);
        }
        (seen.path.len() <= MAX_STEPS).then_some(seen)
    }

    fn seen_root(&self, root: &Root) -> Option<Place> {
        match root {
            Root::SelfValue => self.receiver.clone(),
            Root::Param(index, _) => self.argument(*index)?.place.clone(),
            Root::Static(_) | Root::ForeignStatic(_) | Root::Call(_) => Some(Place::new(root.clone())),
            Root::Local(..) | Root::Unnamed(_) => None,
        }
    }

    fn seen_step(&self, step: &Step) -> Option<Step> {
        match step {
            Step::Field(_) | Step::Handle(_) | Step::Inside => Some(step.clone()),
            Step::Entry(key) => self.seen_key(key).map(Step::Entry),
            Step::Call(name, keys) if keys.is_empty() => Some(Step::Call(name.clone(), String::new())),
            Step::Call(name, keys) => self.seen_key(keys).map(|keys| Step::Call(name.clone(), keys)),
            Step::Copy(_) => None,
        }
    }

    /// A key of the callee as the caller would write it: its parameters replaced by the arguments. None where it names
    /// anything else that is the callee's own.
    pub fn seen_key(&self, key: &str) -> Option<String> {
        let mut seen = String::new();
        let mut rest = key;
        while let Some(start) = rest.find(is_word) {
            let (before, from) = rest.split_at(start);
            let (word, after) = from.split_at(from.find(|it| !is_word(it)).unwrap_or(from.len()));
            seen.push_str(before);
            if before.contains('"') || seen.contains('"') {
                return (seen.starts_with('"') && key.ends_with('"')).then(|| key.to_string());
            }
            let is_named = before.ends_with('.') || before.ends_with("::") || after.starts_with(['(', ':']);
            seen.push_str(&if is_named { word.to_string() } else { self.seen_word(word)? });
            rest = after;
        }
        Some(seen + rest)
    }

    /// A name of a key: a literal or constant stays, a parameter is its argument.
    fn seen_word(&self, word: &str) -> Option<String> {
        let is_literal = word.starts_with(|it: char| it.is_ascii_digit() || it.is_ascii_uppercase());
        if is_literal || matches!(word, "true" | "false" | "mut" | "as") {
            return Some(word.to_string());
        }
        self.args.iter().find(|it| it.name == *word)?.key.clone()
    }

    /// Where what a callee is given as a whole is declared.
    fn declared(&self, place: &Place) -> Option<Decl> {
        match &place.root {
            _ if !place.path.is_empty() => None,
            Root::SelfValue => self.receiver_decl.clone(),
            Root::Param(index, _) => self.argument(*index)?.decl.clone(),
            Root::Static(_) | Root::ForeignStatic(_) | Root::Call(_) | Root::Local(..) | Root::Unnamed(_) => {
                None
            }
        }
    }

    fn argument(&self, index: u32) -> Option<&Argument> {
        self.args.iter().find(|it| it.index == index)
    }

    /// An acquire of the callee in the terms of the caller. Where the place has no name there, it keeps its declaration
    /// and equals no other.
    pub fn seen_acquire(&self, acquire: &Acquire) -> Acquire {
        let mut seen = acquire.clone();
        let unnamed = || Place::new(Root::Unnamed(0));
        seen.lock.place = self.seen(&acquire.lock.place).unwrap_or_else(unnamed);
        seen.lock.decl = acquire.lock.decl.clone().or_else(|| self.declared(&acquire.lock.place));
        seen.lock.is_private = false;
        seen.key = acquire.key.as_deref().and_then(|it| self.seen_key(it));
        seen.is_indirect = true;
        seen.is_given = false;
        seen
    }
}

/// Whether a character can stand in a name of a key; `#` marks the locals of a walk, which no caller knows.
fn is_word(it: char) -> bool {
    it.is_alphanumeric() || it == '_' || it == '#'
}
