//! Parts of a node that are mostly absent: one pointer where there is nothing, the value behind it where there is.

use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};

/// A value that is mostly its default: read as if it were always there, allocated when it is first written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sparse<T>(Option<Box<T>>);

impl<T> Default for Sparse<T> {
    fn default() -> Sparse<T> {
        Sparse(None)
    }
}

/// A type with one default value for everybody.
pub trait Absent: Default + 'static {
    /// The value that stands for an absent one.
    fn absent() -> &'static Self;
}

impl<T: Absent> Deref for Sparse<T> {
    type Target = T;
    fn deref(&self) -> &T {
        match &self.0 {
            Some(value) => value,
            None => T::absent(),
        }
    }
}

impl<T: Absent> DerefMut for Sparse<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.get_or_insert_default()
    }
}
