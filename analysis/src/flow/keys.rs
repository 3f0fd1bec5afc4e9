//! Keys as text: two keys are equal if they are written alike, modulo references and conversions.

use super::walk::Walker;
use crate::facts::{ExprId, ExprKind, Lit, UnaryOp};

/// Longer keys are not compared: they are computed on the spot.
const MAX_KEY: usize = 120;

impl Walker<'_> {
    /// The text under which a key is compared, or nothing for an expression that may differ each time.
    pub(super) fn key_text(&self, id: ExprId) -> Option<String> {
        self.key(id).filter(|it| it.len() <= MAX_KEY)
    }

    fn key(&self, id: ExprId) -> Option<String> {
        match &self.body.expr(id).kind {
            ExprKind::Path(path) => match path.as_ident() {
                Some(name) => Some(match self.lookup(name) {
                    // Shadowing makes another key of the same name.
                    Some(local) => self.local_key(local, name),
                    None => name.to_string(),
                }),
                None => Some(path.segments.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join("::")),
            },
            ExprKind::Lit(lit) => match lit {
                Lit::Bool(value) => Some(value.to_string()),
                Lit::Int(text) => Some(text.to_string()),
                Lit::Str(text) => Some(format!("{text:?}")),
                Lit::Other => None,
            },
            ExprKind::Ref { operand, .. } | ExprKind::Unary { op: UnaryOp::Deref, operand } => {
                self.key(*operand)
            }
            ExprKind::Cast { operand, .. } => self.key(*operand),
            ExprKind::Field { base, name } => Some(format!("{}.{name}", self.key(*base)?)),
            ExprKind::Index { base, index } => Some(format!("{}[{}]", self.key(*base)?, self.key(*index)?)),
            ExprKind::Tuple(items) => {
                let items: Option<Vec<String>> = items.iter().map(|it| self.key(*it)).collect();
                Some(format!("({})", items?.join(", ")))
            }
            // A function of the same arguments: which shard, which bucket.
            ExprKind::Call { callee, args } if !args.is_empty() => {
                let args: Option<Vec<String>> = args.iter().map(|it| self.key(*it)).collect();
                Some(format!("{}({})", self.function_key(*callee)?, args?.join(", ")))
            }
            ExprKind::Binary { op, lhs, rhs } => {
                Some(format!("{} {op} {}", self.key(*lhs)?, self.key(*rhs)?))
            }
            ExprKind::MethodCall { receiver, method, args, .. }
                if is_conversion(method) && args.is_empty() =>
            {
                self.key(*receiver)
            }
            ExprKind::MethodCall { receiver, method, args, .. }
                if args.is_empty() && !is_changing(method) =>
            {
                Some(format!("{}.{method}()", self.key(*receiver)?))
            }
            _ => None,
        }
    }

    /// The name of a function in a key: one that is named by a path, and not a local.
    fn function_key(&self, callee: ExprId) -> Option<String> {
        let ExprKind::Path(path) = &self.body.expr(callee).kind else { return None };
        let name = path.last().map(|it| it.name.clone())?;
        let is_local = path.as_ident().is_some_and(|it| self.lookup(it).is_some());
        (!is_local && !is_changing(&name)).then(|| name.to_string())
    }

    fn local_key(&self, local: super::state::LocalId, name: &str) -> String {
        use super::place::{Root, Step};
        let changes = self.locals[local.0 as usize].changes;
        if changes > 0 {
            return format!("{name}#{}{changes:03}", local.0 + 1);
        }
        // A local that only names something else is that thing.
        match &self.locals[local.0 as usize].value.place {
            Some(place) if matches!(place.root, Root::Local(_, _) | Root::Unnamed(_)) => {
                format!("{name}#{}", local.0)
            }
            Some(place) if place.path.iter().all(|it| matches!(it, Step::Field(_) | Step::Handle(_))) => {
                let fields = place.path.iter().map(|it| match it {
                    Step::Field(name) | Step::Handle(name) => format!(".{name}"),
                    _ => String::new(),
                });
                let root = match &place.root {
                    Root::Param(_, name) if !name.is_empty() => name.to_string(),
                    Root::SelfValue => "self".to_string(),
                    Root::Static(id) => self.model.static_(*id).name.to_string(),
                    _ => return format!("{name}#{}", local.0),
                };
                format!("{root}{}", fields.collect::<String>())
            }
            _ => format!("{name}#{}", local.0),
        }
    }
}

/// Methods that give the same key in another type.
fn is_conversion(method: &str) -> bool {
    matches!(
        method,
        "clone"
            | "to_string"
            | "to_owned"
            | "as_str"
            | "into"
            | "borrow"
            | "as_ref"
            | "cloned"
            | "copied"
            | "to_vec"
            | "as_slice"
            | "as_bytes"
            | "deref"
    )
}

/// Methods without arguments that give something else each time.
fn is_changing(method: &str) -> bool {
    matches!(
        method,
        "next"
            | "next_back"
            | "pop"
            | "pop_front"
            | "pop_back"
            | "pop_first"
            | "pop_last"
            | "take"
            | "get"
            | "recv"
            | "try_recv"
            | "load"
            | "elapsed"
    ) || method.contains("rand")
        || method.contains("rnd")
        || method.starts_with("next_")
}

impl Walker<'_> {
    /// The local at the root of a place that is written to, or lent out for writing, is another key from now on.
    pub(super) fn changed(&mut self, id: ExprId) {
        match &self.body.expr(id).kind {
            ExprKind::Path(path) => {
                if let Some(local) = path.as_ident().and_then(|it| self.lookup(it)) {
                    self.locals[local.0 as usize].changes += 1;
                }
            }
            ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => self.changed(*base),
            ExprKind::Unary { op: UnaryOp::Deref, operand } => self.changed(*operand),
            _ => {}
        }
    }
}
