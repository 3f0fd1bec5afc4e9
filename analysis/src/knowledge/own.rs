//! What a user describes in addition to the shipped files, or in place of an entry of theirs.

use super::{Knowledge, KnownType, Problem, builtin, canonical, schema};
use crate::ty::KnownId;

/// The paths and names that a user's entries describe, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// Types and functions.
    pub paths: Vec<String>,
    /// Macros.
    pub macros: Vec<String>,
}

impl Own {
    fn of(file: &schema::File) -> Own {
        let types = file.types.iter().flat_map(|it| std::iter::once(&it.path).chain(&it.also));
        let functions = file.functions.iter().flat_map(|it| &it.paths);
        Own {
            paths: types.chain(functions).cloned().collect(),
            macros: file.macros.iter().flat_map(|it| &it.names).cloned().collect(),
        }
    }
}

impl Knowledge {
    /// The files that ship with the tool, and a user's own behind them: an entry of a path that is known already
    /// replaces it, for whoever names it.
    pub fn with_own(name: &str, own: &schema::File) -> (Knowledge, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut knowledge = Knowledge::of_files(builtin::FILES, &mut problems);
        let mut declared = schema::File { types: Vec::new(), ..own.clone() };
        let mut ids = Vec::new();
        for ty in &own.types {
            for id in knowledge.declare_own(ty) {
                declared.types.push(ty.clone());
                ids.push(id);
            }
        }
        knowledge.define(name, &declared, &ids, &mut problems);
        knowledge.own = Own::of(own);
        knowledge.index();
        (knowledge, problems)
    }

    /// What the user describes.
    pub fn own(&self) -> &Own {
        &self.own
    }

    /// A type that is known keeps its ids, one for each version that a file speaks of: the other entries name it by them.
    fn declare_own(&mut self, ty: &schema::Type) -> Vec<KnownId> {
        let path = canonical(&ty.path);
        let mut known = self.by_path.get(&path).cloned().unwrap_or_default();
        known.retain(|id| canonical(&self.ty(*id).path) == path);
        if known.is_empty() {
            return vec![self.declare_type(ty, None)];
        }
        for id in &known {
            self.types[id.0 as usize] = KnownType::declared(ty, None);
        }
        for path in std::iter::once(&ty.path).chain(&ty.also) {
            self.by_path.insert(canonical(path), known.clone());
        }
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::schema::{LockMode, TypeRole};

    fn with(text: &str) -> (Knowledge, Vec<Problem>) {
        Knowledge::with_own("own", &toml::from_str(text).expect("a file"))
    }

    #[test]
    fn an_own_type_replaces_the_shipped_one_wherever_it_is_named() {
        let (knowledge, problems) = with(
            "crate = \"\"\n[[type]]\npath = \"parking_lot::MutexGuard\"\nkind = \"plain\"\n\
             [[type]]\npath = \"evmap::ReadHandle\"\nkind = \"plain\"\n",
        );
        assert_eq!(problems, Vec::new());
        let id = |path| knowledge.type_at(path, None).expect("known");
        let mutex = knowledge.ty(id("parking_lot::Mutex"));
        let guard = &mutex.methods["lock"].returns;
        assert!(matches!(guard, crate::ty::Ty::Known(it, _) if knowledge.ty(*it).role == TypeRole::Plain));
        let handles = knowledge.types().filter(|(_, it)| it.path == *"evmap::ReadHandle");
        assert!(handles.into_iter().all(|(_, it)| it.role == TypeRole::Plain && it.methods.is_empty()));
    }

    #[test]
    fn an_own_type_is_known_beside_the_shipped_ones() {
        let (knowledge, problems) = with(
            "crate = \"\"\n[[type]]\npath = \"app::Lock\"\nkind = \"lock\"\nparams = [\"T\"]\n\
             method = [{ names = [\"lock\"], lock = \"exclusive\", hold = \"result\", returns = \"Guard<T>\" }]\n\
             [[type]]\npath = \"app::Guard\"\nkind = \"guard\"\nguard = \"blocking\"\nparams = [\"T\"]\n",
        );
        assert_eq!(problems, Vec::new());
        let guard = knowledge.type_at("app::Guard", None).expect("known");
        assert_eq!(knowledge.guard_mode(guard), LockMode::Exclusive);
        assert_eq!(knowledge.own().paths, ["app::Lock", "app::Guard"]);
    }

    #[test]
    fn a_type_that_nobody_knows_is_a_problem_of_its_entry() {
        let (_, problems) =
            with("crate = \"\"\n[[function]]\npaths = [\"app::f\"]\nreturns = \"Option<Gaurd>\"\n");
        assert_eq!(problems.len(), 1);
        assert_eq!((problems[0].entry.as_str(), problems[0].text.as_str()), ("app::f", "Option<Gaurd>"));
    }
}
