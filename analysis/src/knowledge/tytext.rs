//! The type language of the knowledge files: a small recursive-descent reader from text to [`Ty`].

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Knowledge;
use crate::name::Name;
use crate::ty::{KnownId, Mutability, Ty};

/// What names mean while one entry is read.
pub(super) struct Reader<'a> {
    pub(super) knowledge: &'a Knowledge,
    /// The file's own types by last segment.
    pub(super) locals: &'a FxHashMap<String, KnownId>,
    /// The types of `std` by last segment.
    pub(super) std_names: &'a FxHashMap<String, KnownId>,
    /// The type's parameters.
    pub(super) params: &'a [String],
}

impl Reader<'_> {
    /// Reads a whole text; the empty text is unit.
    pub(super) fn read(&self, text: &str) -> Result<Ty, String> {
        if text.trim().is_empty() {
            return Ok(Ty::unit());
        }
        let mut cursor = Cursor { rest: text };
        let ty = self.ty(&mut cursor)?;
        match cursor.rest.trim_start() {
            "" => Ok(ty),
            rest => Err(format!("`{rest}` is left over in `{text}`")),
        }
    }

    fn ty(&self, cursor: &mut Cursor<'_>) -> Result<Ty, String> {
        if cursor.eat("&mut ") {
            return Ok(Ty::Ref(Mutability::Mut, Arc::new(self.ty(cursor)?)));
        }
        if cursor.eat("&") {
            return Ok(Ty::Ref(Mutability::Shared, Arc::new(self.ty(cursor)?)));
        }
        if cursor.eat("*mut ") {
            return Ok(Ty::Ptr(Mutability::Mut, Arc::new(self.ty(cursor)?)));
        }
        if cursor.eat("*const ") {
            return Ok(Ty::Ptr(Mutability::Shared, Arc::new(self.ty(cursor)?)));
        }
        if cursor.eat("*") {
            // What a parameter or an argument refers to: known when it is put in.
            return match self.ty(cursor)? {
                Ty::Param(name) => Ok(Ty::Param(Name::new(&format!("*{name}")))),
                other => Ok(other.peel_refs().clone()),
            };
        }
        if cursor.eat("(") {
            return Ok(Ty::Tuple(self.list(cursor, ")")?));
        }
        if cursor.eat("[") {
            let item = self.ty(cursor)?;
            cursor.expect("]")?;
            return Ok(Ty::Slice(Arc::new(item)));
        }
        if cursor.eat("!") {
            return Ok(Ty::Never);
        }
        let path = cursor.path()?;
        let args = if cursor.eat("<") { self.list(cursor, ">")? } else { Arc::from([]) };
        self.named(path, args)
    }

    fn list(&self, cursor: &mut Cursor<'_>, close: &str) -> Result<Arc<[Ty]>, String> {
        let mut items = Vec::new();
        while !cursor.eat(close) {
            items.push(self.ty(cursor)?);
            if !cursor.eat(",") {
                cursor.expect(close)?;
                break;
            }
        }
        Ok(items.into())
    }

    fn named(&self, path: &str, args: Arc<[Ty]>) -> Result<Ty, String> {
        let first = args.first().cloned().unwrap_or_default();
        match path {
            "_" => return Ok(Ty::Unknown),
            "Self" => return Ok(Ty::Param(Name::new("Self"))),
            "Future" => return Ok(Ty::Future(Arc::new(first))),
            "Callable" => return Ok(Ty::callable(first)),
            _ if is_primitive(path) => return Ok(Ty::Prim(Name::new(path))),
            _ if self.params.iter().any(|it| it == path) || is_argument(path) => {
                return Ok(Ty::Param(Name::new(path)));
            }
            _ => {}
        }
        let known = if path.contains("::") {
            self.own_type(path).or_else(|| self.knowledge.type_at(path, None))
        } else {
            self.locals.get(path).or_else(|| self.std_names.get(path)).copied()
        };
        known.map(|id| Ty::Known(id, args)).ok_or_else(|| format!("the type `{path}` is not known"))
    }
}

impl Reader<'_> {
    /// A full path names the file's own type first: another version of the crate may have one of the same path.
    fn own_type(&self, path: &str) -> Option<KnownId> {
        let last = path.rsplit("::").next()?;
        let id = *self.locals.get(last)?;
        (self.knowledge.ty(id).path.as_str() == path).then_some(id)
    }
}

/// `A0`, `R1`, `G0`: the type of an argument, the result of a closure, the type of a turbofish.
fn is_argument(path: &str) -> bool {
    path == "G0"
        || path.len() == 2
            && path.starts_with(['A', 'I', 'R'])
            && path.ends_with(|c: char| c.is_ascii_digit())
}

/// Whether a name is one of the language's own types.
pub(crate) fn is_primitive(name: &str) -> bool {
    matches!(
        name,
        "bool"
            | "char"
            | "str"
            | "u8"
            | "u16"
            | "u32"
            | "u64"
            | "u128"
            | "usize"
            | "i8"
            | "i16"
            | "i32"
            | "i64"
            | "i128"
            | "isize"
            | "f32"
            | "f64"
    )
}

/// What is left to read.
struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn eat(&mut self, token: &str) -> bool {
        let Some(rest) = self.rest.trim_start().strip_prefix(token) else { return false };
        self.rest = rest;
        true
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.eat(token) { Ok(()) } else { Err(format!("`{token}` expected before `{}`", self.rest)) }
    }

    fn path(&mut self) -> Result<&'a str, String> {
        let text = self.rest.trim_start();
        let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
        if end == 0 {
            return Err(format!("a type expected before `{text}`"));
        }
        self.rest = &text[end..];
        Ok(&text[..end])
    }
}
