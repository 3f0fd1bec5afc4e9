//! What the code means: the analysis behind `cargo safe-map-lint`.
//!
//! One direction, plain data between stages: a [`SourceFile`](source::SourceFile) is lowered to
//! [`FileFacts`](facts::FileFacts), the facts of all files make a [`Model`](model::Model), and one walk over a body
//! makes a [`FnFlow`](flow::FnFlow): which guards are alive at every event. What a crate's types do is data
//! ([`knowledge`]). Nothing here touches the file system, and nothing outside [`facts`] knows syn.

pub mod facts;
pub mod flow;
pub mod model;
pub mod name;
pub mod source;
pub mod span;
mod spawned;
pub mod ty;

mod analysis;
pub mod knowledge;
mod phases;
mod prompt;
mod recent;
mod rounds;
mod settings;
mod shared;
pub mod summary;
mod unreached;

pub use analysis::{Analysis, Caller, FileView, FunctionView, Waiter};
pub use phases::Phase;
pub use settings::{AllowedOrder, Settings};
