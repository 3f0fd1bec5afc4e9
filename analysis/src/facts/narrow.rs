//! `cfg` branches: what a predicate comes to where some of its parts are known, and facts without the branches that are
//! not compiled. Without any knowledge all branches stay.

use super::{
    AttrList, Block, Body, Cfg, ExprKind, Field, FileFacts, ItemId, ItemKind, PackedBody, Stmt, StmtKind,
};
use crate::span::Span;

impl Cfg {
    /// Whether the predicate holds, where `atom` says it of a name and its value; `None` where that is not known.
    pub fn holds(&self, atom: &dyn Fn(&str, Option<&str>) -> Option<bool>) -> Option<bool> {
        match self {
            Cfg::Atom(name, value) => atom(name, value.as_deref()),
            Cfg::Not(part) => part.holds(atom).map(|it| !it),
            Cfg::All(parts) => all(parts.iter().map(|it| it.holds(atom))),
            // Some part holds unless all of them do not.
            Cfg::Any(parts) => all(parts.iter().map(|it| it.holds(atom).map(|it| !it))).map(|it| !it),
        }
    }
}

/// False where one is, true where all are.
fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => known = None,
        }
    }
    known
}

impl AttrList {
    /// Whether something with these attributes is surely not compiled.
    pub fn is_left_out(&self, atom: &dyn Fn(&str, Option<&str>) -> Option<bool>) -> bool {
        self.cfg.iter().any(|it| it.holds(atom) == Some(false))
    }
}

impl FileFacts {
    /// Takes out what is surely not compiled: items, fields, statements, arms. Where the whole file is not, nothing stays.
    pub fn narrow(&mut self, atom: &dyn Fn(&str, Option<&str>) -> Option<bool>) {
        if self.attrs.is_left_out(atom) {
            self.left_out.push(Span::new(0, u32::MAX));
            self.roots.clear();
            return;
        }
        let is_out: Vec<bool> = self.items.iter().map(|it| it.attrs.is_left_out(atom)).collect();
        let out = self.items.iter().zip(&is_out).filter(|(_, is_out)| **is_out);
        self.left_out.extend(out.map(|(item, _)| item.span));
        let keep = |id: &ItemId| !is_out[id.0 as usize];
        self.roots.retain(keep);
        let mut left_out = Vec::new();
        for item in &mut self.items {
            narrow_item(&mut item.kind, &keep, atom, &mut left_out);
        }
        for body in &mut self.bodies {
            narrow_body(body, &keep, atom, &mut left_out);
        }
        self.left_out.extend(left_out);
    }
}

type Atom<'a> = &'a dyn Fn(&str, Option<&str>) -> Option<bool>;

fn narrow_item(kind: &mut ItemKind, keep: &dyn Fn(&ItemId) -> bool, atom: Atom<'_>, out: &mut Vec<Span>) {
    let mut narrow_fields = |fields: &mut Vec<Field>| {
        fields.retain(|field| {
            let is_out = field.attrs.is_left_out(atom);
            out.extend(is_out.then_some(field.span));
            !is_out
        });
    };
    match kind {
        ItemKind::Mod { items: Some(items) }
        | ItemKind::Trait { items, .. }
        | ItemKind::ForeignMod(items)
        | ItemKind::MacroCall { items, .. } => items.retain(keep),
        ItemKind::Impl(it) => it.items.retain(keep),
        ItemKind::Struct(it) | ItemKind::Union(it) => narrow_fields(&mut it.fields),
        ItemKind::Enum { variants, .. } => variants.iter_mut().for_each(|it| narrow_fields(&mut it.fields)),
        ItemKind::Mod { items: None }
        | ItemKind::Use(_)
        | ItemKind::ExternCrate { .. }
        | ItemKind::TypeAlias { .. }
        | ItemKind::Const { .. }
        | ItemKind::Static(_)
        | ItemKind::Fn(_)
        | ItemKind::MacroRules(_)
        | ItemKind::Include { .. }
        | ItemKind::Other => {}
    }
}

/// Most bodies have no `cfg`, and stay packed as they are.
fn narrow_body(packed: &mut PackedBody, keep: &dyn Fn(&ItemId) -> bool, atom: Atom<'_>, out: &mut Vec<Span>) {
    let mut body = packed.unpack();
    let known = out.len();
    let has_items_out = !packed.items.iter().all(keep);
    for index in 0..body.exprs.len() {
        narrow_expr(&mut body, index, keep, atom, out);
    }
    if out.len() == known && !has_items_out {
        return;
    }
    for expr in &mut body.exprs {
        if out[known..].iter().any(|span| span.contains(expr.span)) {
            expr.kind = ExprKind::Unknown;
        }
    }
    *packed = PackedBody::new(&body);
}

fn narrow_expr(
    body: &mut Body,
    index: usize,
    keep: &dyn Fn(&ItemId) -> bool,
    atom: Atom<'_>,
    out: &mut Vec<Span>,
) {
    let mut kind = std::mem::replace(&mut body.exprs[index].kind, ExprKind::Unknown);
    match &mut kind {
        ExprKind::Block(block) => {
            let count = block.stmts.len();
            if block.tail_attrs.as_ref().is_some_and(|it| it.is_left_out(atom)) {
                out.extend(block.tail.take().map(|it| body.expr(it).span));
                block.tail_attrs = None;
            }
            block.stmts.retain(|stmt| {
                let is_out = stmt.attrs.is_left_out(atom);
                out.extend(is_out.then_some(stmt.span));
                !is_out && !matches!(&stmt.kind, StmtKind::Item(id) if !keep(id))
            });
            if block.stmts.len() < count {
                restore_tail(block, atom);
            }
        }
        ExprKind::Match { arms, .. } => arms.retain(|arm| {
            let is_out = arm.attrs.is_left_out(atom);
            out.extend(is_out.then(|| body.expr(arm.body).span));
            !is_out
        }),
        _ => {}
    }
    body.exprs[index].kind = kind;
}

/// Of several branches that could each be a block's value, the one that is compiled is it.
fn restore_tail(block: &mut Block, atom: Atom<'_>) {
    let Some(Stmt { attrs, kind: StmtKind::Expr { expr, semi: false }, .. }) = block.stmts.last() else {
        return;
    };
    if block.tail.is_some() || !attrs.cfg.iter().all(|it| it.holds(atom) == Some(true)) {
        return;
    }
    block.tail = Some(*expr);
    block.tail_attrs = Some(Box::new(attrs.clone()));
    block.stmts.pop();
}

#[cfg(test)]
mod tests {
    use super::super::{Edition, lower};
    use super::*;

    /// Unix, with the feature `on` and not the feature `off`; nothing is known of anything else.
    fn known(name: &str, value: Option<&str>) -> Option<bool> {
        match (name, value) {
            ("unix", None) => Some(true),
            ("windows", None) => Some(false),
            ("feature", Some(feature)) => Some(feature == "on"),
            _ => None,
        }
    }

    fn narrowed(text: &str) -> FileFacts {
        let mut facts = lower(text, Edition::E2024);
        facts.narrow(&known);
        facts
    }

    fn names(facts: &FileFacts) -> Vec<&str> {
        facts.roots.iter().map(|id| facts.item(*id).name.as_str()).collect()
    }

    #[test]
    fn predicates_come_to_yes_no_or_nothing() {
        let holds = |text: &str| {
            let facts = lower(&format!("#[cfg({text})] fn f() {{}}"), Edition::E2024);
            facts.items[0].attrs.cfg[0].holds(&known)
        };
        assert_eq!((holds("unix"), holds("windows"), holds("x")), (Some(true), Some(false), None));
        assert_eq!((holds("all(unix, x)"), holds("all(windows, x)")), (None, Some(false)));
        assert_eq!((holds("any(unix, x)"), holds("any(windows, x)")), (Some(true), None));
        assert_eq!((holds("not(windows)"), holds("not(x)"), holds("all()")), (Some(true), None, Some(true)));
        assert_eq!((holds("any()"), holds("feature = \"off\"")), (Some(false), Some(false)));
    }

    #[test]
    fn items_go_and_what_is_not_known_stays() {
        let facts =
            narrowed("#[cfg(windows)] fn a() {} #[cfg(unix)] fn b() {} #[cfg(x)] fn c() {} fn d() {}");
        assert_eq!(names(&facts), ["b", "c", "d"]);
        assert_eq!(facts.left_out.len(), 1);
        let facts = narrowed("cfg_if! { if #[cfg(unix)] { fn a() {} } else { fn b() {} } }");
        let ItemKind::MacroCall { items, .. } = &facts.item(facts.roots[0]).kind else { panic!("a call") };
        assert_eq!(items.len(), 1);
        assert!(narrowed("#![cfg(windows)] fn a() {}").roots.is_empty());
    }

    #[test]
    fn fields_statements_arms_and_inner_items_go() {
        let facts = narrowed("struct S { #[cfg(windows)] a: u8, b: u8 }");
        let ItemKind::Struct(it) = &facts.items[0].kind else { panic!("a struct") };
        assert_eq!(it.fields.len(), 1);
        let body = |text: &str| {
            let facts = narrowed(&format!("fn f() {{ {text} }}"));
            match &facts.item(facts.roots[0]).kind {
                ItemKind::Fn(it) => facts.body(it.body.expect("a body")).unpack(),
                _ => panic!("no function"),
            }
        };
        let statements = |body: &Body| match &body.expr(body.root).kind {
            ExprKind::Block(block) => block.stmts.len() + usize::from(block.tail.is_some()),
            _ => 0,
        };
        assert_eq!(statements(&body("#[cfg(windows)] a(); #[cfg(unix)] b(); c();")), 2);
        assert_eq!(statements(&body("#[cfg(windows)] fn g() {} fn h() {}")), 1);
        assert_eq!(statements(&body("a(); #[cfg(windows)] { b() }")), 1);
        let has_tail = |body: &Body| match &body.expr(body.root).kind {
            ExprKind::Block(block) => block.tail.is_some(),
            _ => false,
        };
        assert!(has_tail(&body("#[cfg(unix)] { a() } #[cfg(windows)] { b() }")));
        assert!(has_tail(&body("#[cfg(windows)] { a() } #[cfg(unix)] { b() }")));
        assert!(!has_tail(&body("#[cfg(x)] { a() } #[cfg(not(x))] { b() }")));
        let arms = body("match x { #[cfg(windows)] 1 => a(), _ => b() };");
        let count = arms.exprs.iter().find_map(|it| match &it.kind {
            ExprKind::Match { arms, .. } => Some(arms.len()),
            _ => None,
        });
        assert_eq!(count, Some(1));
    }
}
