//! `config show`: what holds, and where each part of it was said.

use safe_map_lints::{LINTS, Lint};
use serde::Serialize;

use super::{Config, Layer};
use crate::levels::{Asked, Levels, Set};

/// The configuration in force: plain data, and as JSON part of the public interface.
#[derive(Debug, Serialize)]
pub(crate) struct Effective {
    pub(crate) schema_version: u32,
    pub(crate) tool_version: &'static str,
    /// What was read.
    pub(crate) files: Vec<String>,
    pub(crate) required_version: Vec<Said>,
    pub(crate) exclude: Vec<Said>,
    /// Every lint that may report anything, or is set to nothing.
    pub(crate) lints: Vec<Level>,
    /// What whatever warns is reported at.
    pub(crate) warnings: Option<Level>,
    /// `--cap-lints`.
    pub(crate) cap: &'static str,
    pub(crate) paths: Vec<OfPath>,
    pub(crate) knowledge: Vec<Described>,
    pub(crate) lock_orders: Vec<Order>,
}

/// A value and where it was said.
#[derive(Debug, Serialize)]
pub(crate) struct Said {
    pub(crate) value: String,
    pub(crate) from: String,
}

/// The level of a lint.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Level {
    pub(crate) name: &'static str,
    pub(crate) level: &'static str,
    pub(crate) from: String,
}

/// What is otherwise in one path than in the rest.
#[derive(Debug, Serialize)]
pub(crate) struct OfPath {
    pub(crate) path: String,
    pub(crate) lints: Vec<Level>,
}

/// An own type, function or macro.
#[derive(Debug, Serialize)]
pub(crate) struct Described {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) from: String,
}

/// An order of locks that is meant.
#[derive(Debug, Serialize)]
pub(crate) struct Order {
    pub(crate) first: String,
    pub(crate) then: String,
    pub(crate) reason: String,
    pub(crate) from: String,
}

/// What holds for a run with these flags.
pub(crate) fn show(config: &Config, asked: &Asked) -> Effective {
    let base = config.rules.base(asked);
    let own = base.warnings().map(|set| level("warnings", set));
    let lints = levels(&base);
    let of_path = |(path, levels_there): (String, Levels)| {
        let all =
            levels(&levels_there).into_iter().chain(levels_there.warnings().map(|it| level("warnings", it)));
        let lints = all.filter(|it| !lints.contains(it) && own.as_ref() != Some(it)).collect();
        OfPath { path, lints }
    };
    let said = |(value, from): (&str, &std::sync::Arc<str>)| Said {
        value: value.to_owned(),
        from: from.to_string(),
    };
    Effective {
        schema_version: 1,
        tool_version: env!("CARGO_PKG_VERSION"),
        files: config.files.iter().map(|it| it.found.document.path().to_string()).collect(),
        required_version: config.files.iter().filter_map(required_version).collect(),
        exclude: config.rules.excluded().map(said).collect(),
        paths: config
            .rules
            .of_paths(asked)
            .into_iter()
            .map(of_path)
            .filter(|it| !it.lints.is_empty())
            .collect(),
        cap: base.cap().as_str(),
        knowledge: config.files.iter().flat_map(described).collect(),
        lock_orders: config.files.iter().flat_map(orders).collect(),
        warnings: own,
        lints,
    }
}

/// In the order of the catalogue.
fn levels(levels: &Levels) -> Vec<Level> {
    let find = |lint: &&'static Lint| levels.settings().find(|(name, _)| *name == lint.name);
    LINTS.iter().filter_map(find).map(|(name, set)| level(name, set)).collect()
}

fn level(name: &'static str, set: &Set) -> Level {
    Level { name, level: set.setting.as_str(), from: set.origin.to_string() }
}

fn required_version(layer: &Layer) -> Option<Said> {
    let required = layer.file.required_version.as_ref()?;
    let from = layer.found.document.origin(&required.span()).to_string();
    Some(Said { value: required.get_ref().clone(), from })
}

fn described(layer: &Layer) -> Vec<Described> {
    let Layer { found, file } = layer;
    let types = file.types.iter().map(|it| ("type", &it.path));
    let functions = file.functions.iter().flat_map(|it| &it.paths).map(|it| ("function", it));
    let macros = file.macros.iter().flat_map(|it| &it.names).map(|it| ("macro", it));
    let described = |(kind, name): (&'static str, &String)| {
        let from = found.document.origin(&found.document.place_of(name, name)).to_string();
        Described { kind, name: name.clone(), from }
    };
    types.chain(functions).chain(macros).map(described).collect()
}

fn orders(layer: &Layer) -> Vec<Order> {
    let order = |it: &super::file::LockOrder| Order {
        first: it.first.get_ref().clone(),
        then: it.then.get_ref().clone(),
        reason: it.reason.get_ref().clone(),
        from: layer.found.document.origin(&it.first.span()).to_string(),
    };
    layer.file.lock_orders.iter().map(order).collect()
}
