//! `explain METHOD`: what a method locks, for how long and what it waits for, as the knowledge files have it.

use safe_map_analysis::knowledge::schema::{
    ClosureClass, GuardClass, GuardEffect, Hold, LockMode, Locking, Op, TypeRole, Waits,
};
use safe_map_analysis::knowledge::{Knowledge, KnownMethod, KnownType};

/// What is known of the methods that `subject` names: `DashMap::len`, `dashmap::DashMap::len`, `len` for every type.
/// Nothing where nothing is known.
pub(super) fn explain(knowledge: &Knowledge, subject: &str) -> Option<String> {
    let subject = without_arguments(subject);
    let mut found: Vec<Known<'_>> = match subject.rsplit_once("::") {
        Some((ty, method)) => of_type(knowledge, ty, method),
        None => knowledge.types().filter_map(|(_, ty)| Known::new(knowledge, ty, &subject)).collect(),
    };
    found.sort_by_key(|it| (it.facts().is_empty(), it.ty.path.clone()));
    let mut out = found.iter().filter(|it| !it.facts().is_empty()).map(Known::entry).collect::<Vec<_>>();
    out.extend(idle(&found));
    out.extend(function(knowledge, &subject));
    (!out.is_empty()).then(|| out.join("\n"))
}

/// `Type::method` for every method that is known, and the bare names, for "did you mean".
pub(super) fn names(knowledge: &Knowledge) -> Vec<String> {
    let methods = knowledge.types().flat_map(|(_, ty)| ty.methods.keys().map(move |name| (ty.name(), name)));
    let mut names: Vec<String> =
        methods.flat_map(|(ty, name)| [format!("{ty}::{name}"), name.to_string()]).collect();
    names.sort();
    names.dedup();
    names
}

/// `DashMap<K, V>::len()` is `DashMap::len`.
fn without_arguments(subject: &str) -> String {
    let mut depth = 0usize;
    let mut out = String::new();
    for c in subject.trim().trim_end_matches("()").chars() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out.replace("::::", "::")
}

/// The types whose path is `path` or ends with it; else the one that can be imported as `path`.
fn of_type<'a>(knowledge: &'a Knowledge, path: &str, method: &str) -> Vec<Known<'a>> {
    let suffix = format!("::{path}");
    let named = knowledge.types().map(|(_, ty)| ty);
    let mut types: Vec<&KnownType> =
        named.filter(|ty| ty.path.as_str() == path || ty.path.ends_with(&suffix)).collect();
    if types.is_empty() {
        types.extend(knowledge.type_at(path, None).map(|id| knowledge.ty(id)));
    }
    types.into_iter().filter_map(|ty| Known::new(knowledge, ty, method)).collect()
}

/// The types whose method of this name neither locks nor waits, in one paragraph.
fn idle(found: &[Known<'_>]) -> Option<String> {
    let idle: Vec<String> = found.iter().filter(|it| it.facts().is_empty()).map(Known::title).collect();
    let list = idle.iter().map(|it| format!("  {it}\n")).collect::<String>();
    (!idle.is_empty()).then(|| format!("locks nothing, waits for nothing:\n{list}"))
}

fn function(knowledge: &Knowledge, path: &str) -> Option<String> {
    let spec = &knowledge.function_at(path)?.spec;
    let facts = [
        ("async", spec.is_async.then(|| "it begins when awaited".to_owned())),
        ("waits", peer(spec.waits).map(str::to_owned)),
        ("closures", closures(spec.closures, LockMode::None)),
        ("guards", effect(spec.guard_effect).map(str::to_owned)),
        ("work", spec.heavy.then(|| "much, on the processor".to_owned())),
    ];
    let facts = present(facts);
    let nothing = || vec![("locks", "nothing".to_owned())];
    Some(format!("{path}\n{}", table(if facts.is_empty() { nothing() } else { facts })))
}

fn present<const N: usize>(facts: [(&'static str, Option<String>); N]) -> Vec<(&'static str, String)> {
    facts.into_iter().filter_map(|(name, fact)| Some((name, fact?))).collect()
}

fn table(facts: Vec<(&'static str, String)>) -> String {
    facts.into_iter().map(|(name, fact)| format!("  {name:<9} {fact}\n")).collect()
}

/// A method of a known type.
struct Known<'a> {
    ty: &'a KnownType,
    name: &'a str,
    method: &'a KnownMethod,
    /// Who waits for the guard that it returns.
    guard: Option<GuardClass>,
}

impl<'a> Known<'a> {
    fn new(knowledge: &'a Knowledge, ty: &'a KnownType, name: &str) -> Option<Known<'a>> {
        let (name, method) = ty.methods.iter().find(|(known, _)| known.as_str() == name)?;
        let guard = knowledge.guard_in(&method.returns).and_then(|id| knowledge.ty(id).guard);
        Some(Known { ty, name: name.as_str(), method, guard })
    }

    fn title(&self) -> String {
        let versions = self.ty.versions.as_ref().map(|it| format!(" (versions {it})")).unwrap_or_default();
        format!("{}::{}{versions}", self.ty.path, self.name)
    }

    fn entry(&self) -> String {
        format!("{}\n{}", self.title(), table(self.facts()))
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let spec = &self.method.spec;
        let locks = spec.lock != LockMode::None;
        let facts = present([
            ("locks", self.locks()),
            ("held", locks.then(|| held(spec.hold).to_owned())),
            ("waits", self.waits()),
            ("closures", closures(spec.closures, spec.lock)),
            ("guards", effect(spec.guard_effect).or(incidental(spec.incidental)).map(str::to_owned)),
            ("work", spec.heavy.then(|| "much, on the processor".to_owned())),
        ]);
        if facts.is_empty() {
            return facts;
        }
        let does = does(spec.op).map(|it| ("does", it.to_owned()));
        facts.into_iter().chain(does).chain(self.returns().map(|it| ("returns", it))).collect()
    }

    /// The result as the knowledge file has it, where that means something outside of it.
    fn returns(&self) -> Option<String> {
        let text = &self.method.spec.returns;
        let is_own = |word: &str| word == "_" || (word.len() == 2 && word.starts_with(['A', 'R']));
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        (!text.is_empty() && !words.into_iter().any(is_own)).then(|| text.clone())
    }

    fn locks(&self) -> Option<String> {
        let spec = &self.method.spec;
        let mode = match spec.lock {
            LockMode::None => return None,
            LockMode::Shared if spec.recursive => {
                "shared, and not behind waiting writers: a read under a read goes on"
            }
            LockMode::Shared => "shared: with other readers, behind waiting writers",
            LockMode::Exclusive => "exclusive",
            LockMode::Upgradable => "upgradable: with readers, alone among upgradable ones",
        };
        Some(format!("{}, {mode}", self.extent()))
    }

    fn extent(&self) -> &'static str {
        let spec = &self.method.spec;
        match (self.ty.locking, self.ty.role) {
            (Locking::Whole, _) => "the whole map",
            (Locking::Sharded, _) if spec.whole => "every shard",
            (Locking::Sharded, _) if spec.key.is_some() => "the shard of the key",
            (Locking::Sharded, _) => "a shard at a time",
            (Locking::None, TypeRole::Cell) => "the cell",
            (Locking::None, _) => "the lock",
        }
    }

    fn waits(&self) -> Option<String> {
        let spec = &self.method.spec;
        let lock = match (spec.lock, self.guard) {
            (LockMode::None, _) if spec.is_async && spec.waits != Waits::None => {
                Some("the task does, once awaited; the thread goes on")
            }
            (LockMode::None, _) => None,
            (_, Some(GuardClass::RefCell)) if spec.is_try => Some("never: a conflict is an error"),
            (_, Some(GuardClass::RefCell)) => Some("never: a conflict panics"),
            _ if spec.is_try => Some("never: it fails where it would have to wait"),
            (_, Some(GuardClass::Free)) => Some("never: nothing conflicts"),
            _ if spec.is_async => Some("the task does, once awaited; the thread goes on"),
            (_, Some(GuardClass::Spinning)) => Some("the thread spins"),
            (_, Some(GuardClass::Blocking | GuardClass::Async) | None) => Some("the thread blocks"),
        };
        let parts: Vec<&str> = lock.into_iter().chain(peer(spec.waits)).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

fn held(hold: Hold) -> &'static str {
    match hold {
        Hold::Call => "until the call returns",
        Hold::Result => "as long as the result lives",
    }
}

fn peer(waits: Waits) -> Option<&'static str> {
    match waits {
        Waits::None => None,
        Waits::Network => Some("for a peer on the network"),
        Waits::Disk => Some("for the disk"),
        Waits::Database => Some("for a database"),
        Waits::Timer => Some("for a time to pass"),
        Waits::Channel => Some("for the other end of a channel"),
        Waits::Room => Some("for room in a channel's queue, where it is full"),
        Waits::Join => Some("for another thread or task"),
        Waits::Process => Some("for a child process"),
        Waits::Signal => Some("for a signal of another thread or task"),
        Waits::BlockOn => Some("for a future, run to its end on this thread"),
        Waits::Unknown => Some("for something that is not known"),
    }
}

fn closures(class: ClosureClass, lock: LockMode) -> Option<String> {
    let when = match class {
        ClosureClass::Unknown => return None,
        ClosureClass::Now if lock != LockMode::None => "run before the call returns, under the lock",
        ClosureClass::Now => "run before the call returns",
        ClosureClass::Lazy => "run when the result is consumed",
        ClosureClass::Elsewhere => "run on other threads while this one waits",
        ClosureClass::Detached => "run on another thread or task, later",
    };
    Some(when.to_owned())
}

fn effect(effect: GuardEffect) -> Option<&'static str> {
    match effect {
        GuardEffect::Keep => None,
        GuardEffect::End => Some("ends the guard that it is given"),
        GuardEffect::Leak => Some("keeps the guard that it is given for ever"),
        GuardEffect::Pause => Some("lets go of the guard during the call and takes it again"),
        GuardEffect::Downgrade => Some("turns the guard into a shared one"),
        GuardEffect::Upgrade => Some("turns the guard into an exclusive one"),
    }
}

fn incidental(is_incidental: bool) -> Option<&'static str> {
    is_incidental.then_some("gives one along with the value, to protect no code")
}

fn does(op: Op) -> Option<&'static str> {
    match op {
        Op::None => None,
        Op::Get => Some("reads one entry"),
        Op::GetMut => Some("reads one entry for writing"),
        Op::Contains => Some("asks whether a key is there"),
        Op::Len => Some("counts the entries"),
        Op::Insert => Some("inserts or replaces"),
        Op::Entry => Some("finds the place of a key, to read, insert or remove"),
        Op::Remove => Some("removes one entry"),
        Op::RemoveIf => Some("removes one entry if a condition holds, in one step"),
        Op::Clear => Some("removes all entries"),
        Op::Retain => Some("removes the entries that fail a condition"),
        Op::Iterate => Some("walks the entries"),
        Op::IterateMut => Some("walks the entries for writing"),
        Op::Update => Some("changes one entry in one step"),
        Op::Copy => Some("copies the map"),
        Op::Replace => Some("replaces the map"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generic_arguments_and_parentheses_do_not_matter() {
        assert_eq!(without_arguments("DashMap<K, Vec<V>>::len()"), "DashMap::len");
        assert_eq!(without_arguments("DashMap::<K, V>::len"), "DashMap::len");
    }
}
