//! What foreign types do, as data: which are maps, locks, cells and guards, and what their methods lock.

pub mod schema;

/// The indexed knowledge.
#[derive(Debug, Default)]
pub struct Knowledge {}

impl Knowledge {
    /// The files that ship with the tool.
    pub fn builtin() -> Knowledge {
        Knowledge {}
    }
}
