//! A call of a map's method: which one, and where the user wrote it.

use std::{fmt, panic::Location};

/// One call of a map's method.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    pub(crate) op: Op,
    pub(crate) site: &'static Location<'static>,
}

impl Call {
    /// The call that the user of a `#[track_caller]` method makes.
    #[inline]
    #[track_caller]
    pub(crate) fn here(op: Op) -> Call {
        Call { op, site: Location::caller() }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` at {}", self.op.name(), self.site)
    }
}

macro_rules! ops {
    ($($op:ident $name:literal,)*) => {
        /// A method of a map or set.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Op {
            $(
                #[doc = concat!("`", $name, "`")]
                $op,
            )*
        }

        impl Op {
            /// The method's name as it is written.
            ///
            /// # Examples
            ///
            /// ```
            /// assert_eq!(safe_map::Op::TryInsert.name(), "try_insert");
            /// ```
            pub const fn name(self) -> &'static str {
                match self {
                    $(Op::$op => $name,)*
                }
            }
        }
    };
}

ops! {
    Get "get",
    Read "read",
    ContainsKey "contains_key",
    Contains "contains",
    Len "len",
    IsEmpty "is_empty",
    Insert "insert",
    TryInsert "try_insert",
    GetOrInsertWith "get_or_insert_with",
    GetOrTryInsertWith "get_or_try_insert_with",
    GetOrLoad "get_or_load",
    TryGetOrLoad "try_get_or_load",
    Update "update",
    TryUpdate "try_update",
    Upsert "upsert",
    Compute "compute",
    UpdatePair "update_pair",
    UpdateMany "update_many",
    Replace "replace",
    Remove "remove",
    RemoveIf "remove_if",
    Retain "retain",
    ExtractIf "extract_if",
    Clear "clear",
    Extend "extend",
    ForEach "for_each",
    Fold "fold",
    Entries "entries",
    ToMap "to_map",
    ToSet "to_set",
    View "view",
    ViewVersioned "view_versioned",
    Version "version",
    Batch "batch",
    BatchIf "batch_if",
    Debug "Debug::fmt",
}
