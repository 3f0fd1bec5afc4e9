//! Access paths: which map or lock an expression names.

use crate::model::{FnId, StaticId};
use crate::name::Name;
use crate::ty::AdtId;

/// An access path. Two expressions name the same lock exactly if their places are equal; references, smart pointers
/// and guards leave no trace in it, a clone of an `Arc` neither.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// Where it starts.
    pub root: Root,
    /// What is accessed from there, outermost first.
    pub path: Vec<Step>,
}

/// Where an access path starts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Root {
    /// `self`.
    SelfValue,
    /// A parameter, by index, with its name.
    Param(u32, Name),
    /// A local; a new number each time it is assigned.
    Local(u32, Name),
    /// A static of the workspace.
    Static(StaticId),
    /// A static outside it.
    ForeignStatic(Name),
    /// What a function of the workspace returns.
    Call(FnId),
    /// Something without a name: equal to nothing but itself.
    Unnamed(u32),
}

/// One access.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Step {
    /// A field.
    Field(Name),
    /// A field that is a handle: a field-by-field copy of its owner shares what it leads to.
    Handle(Name),
    /// What a lock or cell protects.
    Inside,
    /// The entry of a key, as the key is written.
    Entry(String),
    /// What a method of the workspace returns, with its arguments as written.
    Call(Name, String),
    /// A field-by-field copy: fields that are handles stay the same value.
    Copy(u32),
}

impl Place {
    /// The place of a root.
    pub fn new(root: Root) -> Place {
        Place { root, path: Vec::new() }
    }

    /// The place one step further.
    pub fn then(&self, step: Step) -> Place {
        let path = self.path.iter().cloned().chain([step]).collect();
        Place { root: self.root.clone(), path }
    }

    /// Whether it is `outer` or a part of it.
    pub fn is_in(&self, outer: &Place) -> bool {
        self.root == outer.root && self.path.starts_with(&outer.path)
    }

    /// Whether it is a part of `outer`.
    pub fn is_below(&self, outer: &Place) -> bool {
        self.is_in(outer) && self.path.len() > outer.path.len()
    }

    /// The place of a field; `shared` if the field is a handle, which a copy of the owner shares.
    pub fn field(&self, name: &Name, shared: bool) -> Place {
        let step = if shared { Step::Handle } else { Step::Field };
        let mut place = self.clone();
        place.push(step(name.clone()));
        place
    }

    /// Goes one step further.
    pub fn push(&mut self, step: Step) {
        if matches!(step, Step::Handle(_)) && matches!(self.path.last(), Some(Step::Copy(_))) {
            self.path.pop();
        }
        self.path.push(step);
    }

    /// Whether nothing outside this expression can name it again.
    pub fn is_unnamed(&self) -> bool {
        matches!(self.root, Root::Unnamed(_))
    }

    /// As a reader would write it: `self.inner.map`.
    pub fn show(&self, static_name: impl Fn(StaticId) -> String, fn_name: impl Fn(FnId) -> String) -> String {
        let mut text = match &self.root {
            Root::SelfValue => "self".to_string(),
            Root::Param(_, name) => name.to_string(),
            Root::Local(_, name) => name.to_string(),
            Root::Static(id) => static_name(*id),
            Root::ForeignStatic(path) => path.to_string(),
            Root::Call(id) => fn_name(*id),
            Root::Unnamed(_) => "_".to_string(),
        };
        for step in &self.path {
            match step {
                Step::Field(name) | Step::Handle(name) => text = format!("{text}.{name}"),
                Step::Inside | Step::Copy(_) => {}
                Step::Entry(key) => text = format!("{text}[{}]", without_numbers(key)),
                Step::Call(name, args) if name.is_empty() => {
                    text = format!("{text}({})", if args.is_empty() { "" } else { ".." })
                }
                Step::Call(name, args) if args.is_empty() => text = format!("{text}.{name}()"),
                Step::Call(name, _) => text = format!("{text}.{name}(..)"),
            }
        }
        text
    }
}

/// Where a lock or map is declared, if the access ends at a declaration.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Decl {
    /// A field of a type.
    Field(AdtId, Name),
    /// A static.
    Static(StaticId),
}

/// A key as it is written: without the numbers that tell locals of one name apart.
fn without_numbers(key: &str) -> String {
    let mut parts = key.split('#');
    let first = parts.next().unwrap_or_default().to_string();
    parts.fold(first, |text, part| text + part.trim_start_matches(|it: char| it.is_ascii_digit()))
}
