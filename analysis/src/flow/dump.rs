//! `dump flow`: guards and events of a function, as text.

use std::fmt::Write;

use super::{EventKind, FnFlow, Place};
use crate::model::Model;
use crate::span::{LineIndex, Span};

impl FnFlow {
    /// The guards with the lines on which they live, then the events with what is held at each.
    pub fn dump(&self, model: &Model, text: &str, lines: &LineIndex) -> String {
        let mut out = String::new();
        let line = |span: Span| lines.line_column(text, span.start).line;
        let _ = writeln!(out, "fn {}", model.func(self.id).path);
        for (index, guard) in self.guards.iter().enumerate() {
            let ends: Vec<String> = guard.ends.iter().map(|it| line(*it).to_string()).collect();
            let holder =
                guard.binding.as_ref().map_or("temporary".to_string(), |(name, _)| format!("`{name}`"));
            let acquire = &guard.acquire;
            let lock = show_place(model, &acquire.lock.place);
            let _ = writeln!(
                out,
                "    guard {index}: {} of {lock} by {} ({:?}), line {}, held by {holder}, ends on {}",
                guard.type_name,
                acquire.method,
                acquire.mode,
                line(acquire.span),
                if ends.is_empty() { "no path".to_string() } else { ends.join(", ") },
            );
        }
        for event in &self.events {
            let held: Vec<String> = event
                .held
                .iter()
                .map(|it| format!("{}{}", it.guard.0, if it.maybe { "?" } else { "" }))
                .collect();
            let what = match &event.kind {
                EventKind::Await(wait) => format!("await {}", wait.what),
                EventKind::Acquire { acquire, .. } => {
                    format!("acquire {} by {}", show_place(model, &acquire.lock.place), acquire.method)
                }
                EventKind::MapOp(it) => format!("{:?} on {}", it.op, show_place(model, &it.place)),
                EventKind::Block(wait) => format!("wait for {:?} in {}", wait.waits, wait.what),
                EventKind::Work(work) => format!("work in {}", work.what),
                EventKind::Callback(it) => format!("callback {}", it.name),
                EventKind::Call(call) => format!("call {}", model.func(call.callee).path),
                EventKind::StaticUse(id) => format!("static {}", model.static_(*id).name),
                EventKind::Discard(id) => format!("discard {}", id.0),
                EventKind::Leak(id) => format!("leak {}", id.0),
            };
            let _ = writeln!(out, "    line {}: {what}, held: [{}]", line(event.span), held.join(", "));
        }
        out
    }
}

/// A place as a reader would write it.
pub fn show_place(model: &Model, place: &Place) -> String {
    place.show(|id| model.static_(id).name.to_string(), |id| model.func(id).name.to_string())
}
