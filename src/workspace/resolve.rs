//! Which files the `mod` and `include!` lines of one file mean. Looks at names only, never at the disk.

use std::path::{Path, PathBuf};

use safe_map_analysis::facts::{Cfg, FileFacts, Item, ItemId, ItemKind};
use safe_map_analysis::model::is_test_attrs;
use safe_map_analysis::name::Name;

use super::narrow::Known;
use super::plan::Purpose;

/// A line that names another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The module that the file is.
    pub(crate) module: Vec<Name>,
    /// One entry for each file that may stand there under some `cfg`; each lists the places to look, best first.
    pub(crate) alternatives: Vec<Vec<Place>>,
    /// The first byte of the line's item.
    pub(crate) at: u32,
    /// What to say where no file is found; nothing where a `cfg` may explain it.
    pub(crate) missing: Option<String>,
    /// Whether the item is test code.
    pub(crate) purpose: Purpose,
}

/// A place where a file may be, and where its own modules then are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The file.
    pub(crate) path: PathBuf,
    /// The directory of its child modules.
    pub(crate) children: PathBuf,
}

/// A point of the module tree inside one file.
#[derive(Clone)]
struct Here<'a> {
    file_dir: &'a Path,
    dir: PathBuf,
    module: Vec<Name>,
    nesting: Nesting,
    gate: Gate,
    purpose: Purpose,
    known: Option<&'a Known>,
}

#[derive(Clone, Copy, PartialEq)]
enum Nesting {
    FileTop,
    InlineModule,
}

/// Whether a `cfg` stands on the way.
#[derive(Clone, Copy, PartialEq)]
enum Gate {
    Open,
    Conditional,
}

/// The references of a file at `path`, which is the module `module` and whose child modules are in `children`, without those
/// that are not compiled where `known` holds.
pub(crate) fn references(
    facts: &FileFacts,
    path: &Path,
    children: &Path,
    module: &[Name],
    known: Option<&Known>,
) -> Vec<Reference> {
    let here = Here {
        file_dir: path.parent().unwrap_or(Path::new("")),
        dir: children.to_owned(),
        module: module.to_vec(),
        nesting: Nesting::FileTop,
        gate: Gate::Open,
        purpose: Purpose::Product,
        known,
    };
    let mut out = Vec::new();
    if here.leaves_out(&facts.attrs.cfg) {
        return out;
    }
    collect(facts, &facts.roots, &here, &mut out);
    out
}

fn collect(facts: &FileFacts, ids: &[ItemId], here: &Here<'_>, out: &mut Vec<Reference>) {
    for item in ids.iter().map(|id| facts.item(*id)).filter(|it| !here.leaves_out(&it.attrs.cfg)) {
        let here = here.at(item);
        match &item.kind {
            ItemKind::Mod { items: Some(items) } => collect(facts, items, &here.inside(item), out),
            ItemKind::Mod { items: None } => out.push(here.module_reference(item)),
            ItemKind::Include { path: Some(path) } => out.push(here.include_reference(item, path)),
            // The branches of `cfg_if!` are conditional by their nature.
            ItemKind::MacroCall { items, .. } => {
                collect(facts, items, &Here { gate: Gate::Conditional, ..here }, out);
            }
            _ => {}
        }
    }
}

impl<'a> Here<'a> {
    fn at(&self, item: &Item) -> Here<'a> {
        let mut here = self.clone();
        if !item.attrs.cfg.is_empty() {
            here.gate = Gate::Conditional;
        }
        if is_test_attrs(&item.attrs) {
            here.purpose = Purpose::Test;
        }
        here
    }

    /// Whether something under these predicates is surely not compiled.
    fn leaves_out(&self, cfg: &[Cfg]) -> bool {
        let Some(known) = self.known else { return false };
        cfg.iter().any(|it| it.holds(&|name, value| known.holds(name, value)) == Some(false))
    }

    fn inside(&self, item: &Item) -> Here<'a> {
        let mut here = self.clone();
        here.dir = match item.attrs.paths.first() {
            Some((_, path)) => self.explicit_base().join(path),
            None => self.dir.join(item.name.as_str()),
        };
        here.module.push(item.name.clone());
        here.nesting = Nesting::InlineModule;
        here
    }

    /// What `#[path]` is relative to: the file's directory at the top of a file, the module's inside an inline one.
    fn explicit_base(&self) -> &Path {
        match self.nesting {
            Nesting::FileTop => self.file_dir,
            Nesting::InlineModule => &self.dir,
        }
    }

    fn module_reference(&self, item: &Item) -> Reference {
        let paths = item.attrs.paths.iter().filter(|(cfg, _)| !self.leaves_out(cfg.as_slice()));
        let mut alternatives: Vec<Vec<Place>> =
            paths.map(|(_, path)| vec![self.explicit_place(path)]).collect();
        if item.attrs.paths.iter().all(|(cfg, _)| cfg.is_some()) {
            alternatives.push(self.default_places(&item.name));
        }
        let mut module = self.module.clone();
        module.push(item.name.clone());
        let missing = || format!("module file not found: `mod {};`", item.name);
        Reference {
            module,
            alternatives,
            at: item.span.start,
            missing: (self.gate == Gate::Open).then(missing),
            purpose: self.purpose,
        }
    }

    fn include_reference(&self, item: &Item, path: &str) -> Reference {
        let place = included_place(&self.file_dir.join(path));
        Reference {
            module: self.module.clone(),
            alternatives: vec![vec![place]],
            at: item.span.start,
            missing: (self.gate == Gate::Open).then(|| format!("included file not found: `{path}`")),
            purpose: self.purpose,
        }
    }

    fn explicit_place(&self, path: &str) -> Place {
        included_place(&self.explicit_base().join(path.replace('\\', "/")))
    }

    fn default_places(&self, name: &Name) -> Vec<Place> {
        let children = self.dir.join(name.as_str());
        let flat = Place { path: self.dir.join(format!("{name}.rs")), children: children.clone() };
        let nested = Place { path: children.join("mod.rs"), children };
        vec![flat, nested]
    }
}

/// A file named by its path looks for its modules beside itself.
fn included_place(path: &Path) -> Place {
    Place { path: path.to_owned(), children: path.parent().unwrap_or(Path::new("")).to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use safe_map_analysis::facts::{Edition, lower};

    fn paths(text: &str) -> Vec<String> {
        let facts = lower(text, Edition::E2021);
        let found = references(&facts, Path::new("/r/src/a.rs"), Path::new("/r/src/a"), &[], None);
        let places = found.into_iter().flat_map(|it| it.alternatives).flatten();
        places.map(|place| place.path.display().to_string()).collect()
    }

    #[test]
    fn a_module_is_beside_or_below() {
        assert_eq!(paths("mod b;"), ["/r/src/a/b.rs", "/r/src/a/b/mod.rs"]);
    }

    #[test]
    fn inline_modules_are_directories() {
        assert_eq!(paths("mod b { mod c; }"), ["/r/src/a/b/c.rs", "/r/src/a/b/c/mod.rs"]);
    }

    #[test]
    fn an_explicit_path_is_relative_to_the_file_at_its_top() {
        assert_eq!(paths("#[path = \"x/y.rs\"] mod b;"), ["/r/src/x/y.rs"]);
        assert_eq!(paths("mod m { #[path = \"y.rs\"] mod b; }"), ["/r/src/a/m/y.rs"]);
    }

    #[test]
    fn a_conditional_path_leaves_the_default() {
        let found = paths("#[cfg_attr(unix, path = \"u.rs\")] mod b;");
        assert_eq!(found, ["/r/src/u.rs", "/r/src/a/b.rs", "/r/src/a/b/mod.rs"]);
    }

    #[test]
    fn branches_of_cfg_if_are_followed() {
        let text = "cfg_if::cfg_if! { if #[cfg(unix)] { mod u; } else { mod w; } }";
        assert_eq!(paths(text).len(), 4);
    }

    #[test]
    fn an_include_from_the_build_directory_is_no_reference() {
        assert_eq!(paths("include!(concat!(env!(\"OUT_DIR\"), \"/x.rs\"));"), [""; 0]);
        assert_eq!(paths("include!(\"x.rs\");"), ["/r/src/x.rs"]);
    }
}
