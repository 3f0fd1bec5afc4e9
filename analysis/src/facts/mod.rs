//! Facts: everything later stages need from one file, owned, `Send` and serialisable.
//!
//! In: the text of one file and its edition. Out: a [`FileFacts`], a pure function of the two. No syn type and
//! no proc-macro span leaves this module, nothing in it knows another file, and nothing fails: what cannot be
//! read becomes a [`Problem`] and the rest is lowered.

mod body;
mod comments;
mod depth;
mod items;
mod lower;
mod narrow;
mod packed;
mod scan;
mod sparse;
mod types;

pub use body::*;
pub use comments::*;
pub use items::*;
pub use lower::lower;
pub use packed::PackedBody;
pub use sparse::{Absent, Sparse};
pub use types::*;

use serde::{Deserialize, Serialize};

use crate::span::Span;

/// The edition whose scope rules a file's code follows. 2015 and 2018 drop temporaries as 2021 does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the editions")]
pub enum Edition {
    E2015,
    E2018,
    #[default]
    E2021,
    E2024,
}

impl Edition {
    /// Parses `2015`, `2018`, `2021` or `2024`.
    pub fn parse(text: &str) -> Option<Edition> {
        match text {
            "2015" => Some(Edition::E2015),
            "2018" => Some(Edition::E2018),
            "2021" => Some(Edition::E2021),
            "2024" => Some(Edition::E2024),
            _ => None,
        }
    }

    /// The edition as a manifest writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Edition::E2015 => "2015",
            Edition::E2018 => "2018",
            Edition::E2021 => "2021",
            Edition::E2024 => "2024",
        }
    }

    /// Whether `if let` scrutinees and block tails end early, as from 2024 on.
    pub fn drops_tails_early(self) -> bool {
        self >= Edition::E2024
    }
}

/// What one file says.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct FileFacts {
    /// `#![..]` attributes of the file.
    pub attrs: Attrs,
    /// Every item of the file, nested ones too; [`FileFacts::roots`] are the file's own.
    pub items: Vec<Item>,
    /// The items at the top of the file, in order.
    pub roots: Vec<ItemId>,
    /// Every body of the file: functions, initialisers of statics and constants, macro bodies.
    pub bodies: Vec<PackedBody>,
    /// Comments that carry a directive for this tool.
    pub directives: Vec<Directive>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// What [`FileFacts::narrow`] took out: nothing is known of it.
    pub left_out: Vec<Span>,
}

impl FileFacts {
    /// The item behind an id of this file.
    pub fn item(&self, id: ItemId) -> &Item {
        &self.items[id.0 as usize]
    }

    /// The body behind an id of this file, packed: [`PackedBody::unpack`] gives its tree.
    pub fn body(&self, id: BodyId) -> &PackedBody {
        &self.bodies[id.0 as usize]
    }
}

/// A part of a file that was not analysed, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where it starts.
    pub span: Span,
    /// Why, as a lowercase fragment.
    pub message: String,
}
