//! `dump model`: what the names of the workspace mean, as text.

use std::fmt::Write;

use super::Model;
use crate::ty::{Mutability, Ty};

impl Model {
    /// Every type with its fields, every static and every function with its signature, one a line.
    pub fn dump(&self) -> String {
        let mut out = String::new();
        for id in self.adt_ids() {
            let def = self.adt(id);
            let _ = writeln!(out, "type {}::{}", self.module_path(def.module), def.name);
            for field in self.adt_fields(id).iter() {
                let variant = field.variant.as_ref().map(|it| format!("{it}.")).unwrap_or_default();
                let _ = writeln!(out, "    {variant}{}: {}", field.name, self.show(&field.ty));
            }
        }
        for id in self.static_ids() {
            let def = self.static_(id);
            let _ = writeln!(
                out,
                "static {}::{}: {}",
                self.module_path(def.module),
                def.name,
                self.show(self.static_ty(id))
            );
        }
        for id in self.fn_ids() {
            let (def, sig) = (self.func(id), self.signature(id));
            let params: Vec<String> = sig.params.iter().map(|it| self.show(it)).collect();
            let _ = writeln!(out, "fn {}({}) -> {}", def.path, params.join(", "), self.show(&sig.output));
        }
        out
    }

    /// A type as a reader would write it; `?` for what is not known.
    pub fn show(&self, ty: &Ty) -> String {
        let list = |args: &[Ty]| args.iter().map(|it| self.show(it)).collect::<Vec<_>>().join(", ");
        let generic = |name: &str, args: &[Ty]| match args {
            [] => name.to_string(),
            _ => format!("{name}<{}>", list(args)),
        };
        let reference = |sign: &str, mutability: &Mutability, it: &Ty| match mutability {
            Mutability::Mut => format!("{sign}mut {}", self.show(it)),
            Mutability::Shared => format!("{}{}", if sign == "*" { "*const " } else { sign }, self.show(it)),
        };
        match ty {
            Ty::Unknown => "?".to_string(),
            Ty::Never => "!".to_string(),
            Ty::Prim(name) | Ty::Param(name) => name.to_string(),
            Ty::Known(id, args) => generic(self.knowledge.ty(*id).name(), args),
            Ty::Adt(id, args) => generic(&self.adt(*id).name, args),
            Ty::Foreign(path, args) => generic(path, args),
            Ty::Trait(id) => format!("dyn {}", self.traits[id.0 as usize].name),
            Ty::Ref(mutability, it) => reference("&", mutability, it),
            Ty::Ptr(mutability, it) => reference("*", mutability, it),
            Ty::Tuple(items) => format!("({})", list(items)),
            Ty::Slice(it) => format!("[{}]", self.show(it)),
            Ty::Future(it) => format!("Future<{}>", self.show(it)),
            Ty::Callable(_, it) => format!("Fn -> {}", self.show(it)),
        }
    }
}
