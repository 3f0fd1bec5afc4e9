//! Bodies as the facts keep them: packed, with what can be asked without unpacking.
//!
//! A body's tree takes ten times the bytes of its source, and most are looked at once or never. Packed it takes less
//! than its source, and unpacking it costs a small part of what parsing it did.

use std::cell::Cell;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Body, ExprKind, ItemId, MacroCall, PatId, PatKind, StmtKind};
use crate::name::Name;

/// A body, packed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackedBody {
    bytes: Box<[u8]>,
    /// The names of the parameters, `self` left out; empty where the pattern is more than a name.
    pub params: Box<[Name]>,
    /// How deep it nests: what a recursive walk over the body needs.
    pub max_depth: u32,
    /// The items declared in it.
    pub items: Box<[ItemId]>,
    /// Whether it awaits, closures and async blocks included.
    pub awaits: bool,
    /// The names of the macros that it calls, sorted.
    pub macros: Box<[Name]>,
}

impl PackedBody {
    /// Packs a body.
    ///
    /// # Panics
    ///
    /// Never: a body is plain data, and the format has a form for all of it.
    pub fn new(body: &Body) -> PackedBody {
        PackedBody {
            bytes: bytes(body),
            params: body.params.iter().map(|it| bound_name(body, *it)).collect(),
            max_depth: body.max_depth,
            items: nested_items(body),
            awaits: body.exprs.iter().any(|it| matches!(it.kind, ExprKind::Await(_))),
            macros: macros(body),
        }
    }

    /// The body, in time linear in its size.
    ///
    /// # Panics
    ///
    /// Never: the bytes are those that [`PackedBody::new`] wrote.
    pub fn unpack(&self) -> Body {
        postcard::from_bytes(&self.bytes).expect("these bytes were packed here")
    }
}

/// A body's bytes, written where the last one's were: the box is as large as they are, and allocated once.
fn bytes(body: &Body) -> Box<[u8]> {
    thread_local!(static BYTES: Cell<Vec<u8>> = const { Cell::new(Vec::new()) });
    let mut buffer = BYTES.take();
    buffer.clear();
    let buffer = postcard::to_extend(body, buffer).expect("a body is plain data");
    let bytes = Box::from(buffer.as_slice());
    BYTES.set(buffer);
    bytes
}

fn bound_name(body: &Body, id: PatId) -> Name {
    match &body.pat(id).kind {
        PatKind::Bind { name, sub: None, .. } => name.clone(),
        _ => Name::default(),
    }
}

/// The items that the blocks of a body declare, in order.
fn nested_items(body: &Body) -> Box<[ItemId]> {
    let blocks = body.exprs.iter().filter_map(|it| match &it.kind {
        ExprKind::Block(block) => Some(block),
        _ => None,
    });
    let items = blocks.flat_map(|it| &it.stmts).filter_map(|it| match it.kind {
        StmtKind::Item(id) => Some(id),
        _ => None,
    });
    items.collect()
}

/// The names of the macros called in a body, sorted.
fn macros(body: &Body) -> Box<[Name]> {
    let called = |it: &MacroCall| it.path.last().map(|it| it.name.clone()).unwrap_or_default();
    let calls = body.exprs.iter().filter_map(|it| match &it.kind {
        ExprKind::Macro(call) => Some(called(call)),
        _ => None,
    });
    let mut names: Vec<Name> = calls.collect();
    names.sort();
    names.dedup();
    names.into_boxed_slice()
}

/// Written for readers: as the tree that it is.
impl Serialize for PackedBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.unpack().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PackedBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PackedBody, D::Error> {
        Body::deserialize(deserializer).map(|body| PackedBody::new(&body))
    }
}
