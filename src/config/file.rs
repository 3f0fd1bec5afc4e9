//! The shape of `safe-map-lint.toml`. Unknown keys are errors.

use safe_map_analysis::knowledge::schema;
use serde::Deserialize;
use toml::Spanned;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    /// Own types, as in the knowledge files.
    #[serde(rename = "type")]
    types: Vec<schema::Type>,
    /// Own functions.
    #[serde(rename = "function")]
    functions: Vec<schema::Function>,
    /// Own macros.
    #[serde(rename = "macro")]
    macros: Vec<schema::Macro>,
    /// Orders of locks that are meant.
    #[serde(rename = "lock-order")]
    pub(super) lock_orders: Vec<LockOrder>,
}

/// `then` may be taken while `first` is held.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockOrder {
    /// `crate::module::Owner.field`, or `crate::module::STATIC`.
    pub(super) first: Spanned<String>,
    /// The same.
    pub(super) then: Spanned<String>,
    /// Why that is no hazard.
    pub(super) reason: Spanned<String>,
}

impl File {
    /// The entries that speak of types, functions and macros: of every crate and version.
    pub(super) fn knowledge(self) -> schema::File {
        schema::File {
            one_thread: false,
            krate: String::new(),
            versions: String::new(),
            types: self.types,
            functions: self.functions,
            macros: self.macros,
        }
    }
}
