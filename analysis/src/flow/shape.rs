//! The shape of a function: what its callers must know of its body before they can be walked.
//!
//! Everything else that a body does reaches its callers as a summary, after all walks; the shape decides what the
//! caller itself holds: which lock an accessor names, which guard it hands out, which closures it runs under a lock.

use super::{Acquire, Argument, Call, Place, Root, Step};
use crate::model::FnId;

/// Longer paths are not followed through calls.
const MAX_STEPS: usize = 8;

/// What a caller must know of a function.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Shape {
    /// What its result names, in its own terms: `self.inner.sessions`.
    pub place: Option<Place>,
    /// The locks whose guards are in its result.
    pub guards: Vec<Acquire>,
    /// The closures among its parameters that it runs before it returns.
    pub calls: Vec<ParamCall>,
}

/// A parameter that a function calls.
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
}

impl Shapes {
    /// No shapes yet, of `len` functions.
    pub fn new(len: usize) -> Shapes {
        Shapes { by_fn: vec![None; len] }
    }

    /// The shape of a function; none where it says nothing.
    pub fn get(&self, id: FnId) -> Option<&Shape> {
        self.by_fn.get(id.0 as usize)?.as_deref()
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
        let start = match &place.root {
            Root::SelfValue => self.receiver.clone()?,
            Root::Param(index, _) => self.argument(*index)?.place.clone()?,
            Root::Static(_) | Root::ForeignStatic(_) | Root::Call(_) => Place::new(place.root.clone()),
            Root::Local(..) | Root::Unnamed(_) => return None,
        };
        let mut path = start.path;
        for step in &place.path {
            path.push(self.seen_step(step)?);
        }
        (path.len() <= MAX_STEPS).then_some(Place { root: start.root, path })
    }

    fn seen_step(&self, step: &Step) -> Option<Step> {
        match step {
            Step::Field(_) | Step::Inside => Some(step.clone()),
            Step::Entry(key) => self.seen_key(key).map(Step::Entry),
            Step::Call(name, keys) if keys.is_empty() => Some(Step::Call(name.clone(), String::new())),
            Step::Call(name, keys) => self.seen_key(keys).map(|keys| Step::Call(name.clone(), keys)),
            Step::Copy(_) => None,
        }
    }

    /// A key of the callee as the caller would write it: a literal, or one of the parameters.
    pub fn seen_key(&self, key: &str) -> Option<String> {
        let is_literal =
            key.starts_with(|it: char| it.is_ascii_digit() || it == '"') || matches!(key, "true" | "false");
        if is_literal || key.starts_with(|it: char| it.is_ascii_uppercase()) {
            return Some(key.to_string());
        }
        let (root, rest) = key.split_at(key.find('.').unwrap_or(key.len()));
        let named = |it: &&Argument| !root.is_empty() && it.name == *root;
        Some(format!("{}{rest}", self.args.iter().find(named)?.key.as_ref()?))
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
        seen.lock.is_private = false;
        seen.key = acquire.key.as_deref().and_then(|it| self.seen_key(it));
        seen.is_indirect = true;
        seen
    }
}
