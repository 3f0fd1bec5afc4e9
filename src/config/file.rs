//! The shape of `safe-map-lint.toml`, in the order of its documentation. Unknown keys are errors.

use std::collections::BTreeMap;

use safe_map_analysis::knowledge::schema;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::levels::Setting;

/// The configuration of `cargo safe-map-lint`: `safe-map-lint.toml` beside the workspace's `Cargo.toml`, or
/// `[workspace.metadata.safe-map-lint]` in it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "safe-map-lint.toml")]
pub(super) struct File {
    /// The versions of the tool that this file is for, as a Cargo requirement: `>=0.2`. Any other version stops with exit
    /// code 2.
    #[serde(rename = "required-version")]
    #[schemars(with = "Option<String>")]
    pub(super) required_version: Option<Spanned<String>>,
    /// Files in which nothing is reported: paths and globs, from the directory of this file on. A directory stands for all
    /// below it. The files are still read, for the types that others use.
    #[schemars(with = "Vec<String>")]
    pub(super) exclude: Vec<Spanned<String>>,
    /// The level of lints and groups. A lint beats a group, and `preview` alone switches on what is in preview.
    #[schemars(with = "LevelTable")]
    pub(super) lints: Lints,
    /// What holds for some paths alone: paths and globs, from the directory of this file on. A longer path beats a shorter.
    #[schemars(with = "BTreeMap<String, PathRules>")]
    pub(super) paths: BTreeMap<Spanned<String>, PathRules>,
    /// Types that behave like known ones, in the syntax of the knowledge files.
    #[serde(rename = "type")]
    pub(super) types: Vec<schema::Type>,
    /// Functions that lock, wait or run their closures, in the same syntax.
    #[serde(rename = "function")]
    pub(super) functions: Vec<schema::Function>,
    /// Macros, in the same syntax.
    #[serde(rename = "macro")]
    pub(super) macros: Vec<schema::Macro>,
    /// Orders of locks that are meant.
    #[serde(rename = "lock-order")]
    pub(super) lock_orders: Vec<LockOrder>,
}

/// Lints and groups with their levels.
pub(super) type Lints = BTreeMap<Spanned<String>, Spanned<Setting>>;

/// What the schema says of [`Lints`]; `schema` adds the names.
#[derive(JsonSchema)]
#[schemars(transparent)]
#[expect(dead_code, reason = "it is never made: the schema is read from its type")]
pub(super) struct LevelTable(BTreeMap<String, Setting>);

/// What holds for one path.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PathRules {
    /// The level of lints and groups there.
    #[schemars(with = "LevelTable")]
    pub(super) lints: Lints,
}

/// `then` may be taken while `first` is held.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LockOrder {
    /// The lock that is held: `crate::module::Owner.field`, or `crate::module::STATIC`.
    #[schemars(with = "String")]
    pub(super) first: Spanned<String>,
    /// The lock that is taken, written alike.
    #[schemars(with = "String")]
    pub(super) then: Spanned<String>,
    /// Why that is no hazard.
    #[schemars(with = "String")]
    pub(super) reason: Spanned<String>,
}

/// The version alone: what else a file says may be younger than this tool.
#[derive(Debug, Default, Deserialize)]
pub(super) struct VersionOnly {
    #[serde(rename = "required-version")]
    pub(super) required_version: Option<Spanned<String>>,
}

impl File {
    /// Whether it has entries that speak of types, functions or macros.
    pub(super) fn describes_anything(&self) -> bool {
        !(self.types.is_empty() && self.functions.is_empty() && self.macros.is_empty())
    }

    /// The entries that speak of types, functions and macros: of every crate and version.
    pub(super) fn knowledge(&self) -> schema::File {
        schema::File {
            types: self.types.clone(),
            functions: self.functions.clone(),
            macros: self.macros.clone(),
            ..schema::File::default()
        }
    }
}
