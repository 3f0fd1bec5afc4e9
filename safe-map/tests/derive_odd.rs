//! `#[derive(SafeMap)]` on structs that are written in unusual ways, with every warning an error.
#![deny(warnings, missing_docs, private_interfaces, private_bounds)]
#![expect(dead_code, reason = "much of this is there to be compiled")]

use std::{collections::HashMap, sync::Arc};

use safe_map::SafeMap;

/// Nothing but what is written out is in scope here.
mod without_a_prelude {
    #![no_implicit_prelude]

    type Table = ::std::collections::HashMap<u8, u8>;

    #[derive(::safe_map::SafeMap)]
    struct Plain {
        #[safe_map(sharded)]
        map: ::std::collections::HashMap<u8, u8>,
        #[safe_map(read_mostly, key = u8, value = u8)]
        alias: Table,
        #[safe_map(locked)]
        ordered: ::std::collections::BTreeSet<u8>,
        #[safe_map(sharded)]
        set: ::std::collections::HashSet<u8>,
        count: u8,
    }

    #[test]
    fn it_works() {
        let shared = SharedPlain::new(3);
        shared.map().insert(1, 1);
        shared.alias().insert(2, 2);
        let plain = shared.to_plain();
        ::std::assert_eq!((plain.map.len(), plain.alias.len(), plain.count), (1, 1, 3));
    }
}

/// Constants, statics and unit structs are patterns wherever their names are.
mod lower_case_items {
    #![expect(non_upper_case_globals, non_camel_case_types, reason = "they are there to be in the way")]

    const plain: u8 = 0;
    const out: u8 = 1;
    static shared: u8 = 0;
    struct all;
    fn send_and_sync() {}

    #[derive(super::SafeMap)]
    struct Plain {
        #[safe_map(sharded)]
        map: super::HashMap<u8, u8>,
        count: u8,
    }

    #[test]
    fn it_works() {
        let live = SharedPlain::from(Plain { map: super::HashMap::from([(1, 1)]), count: 2 });
        assert_eq!(format!("{live:?}"), "SharedPlain { map: {1: 1}, count: 2 }");
        assert_eq!(live.to_plain().map.len(), 1);
    }
}

/// A public twin with fields whose types are private.
pub mod private_types {
    use super::{HashMap, SafeMap};

    #[derive(Debug, Clone, Default)]
    struct Secret;

    /// It has private fields.
    #[derive(SafeMap)]
    pub struct Open {
        #[safe_map(sharded)]
        by_id: HashMap<u8, Secret>,
        secret: Secret,
    }

    #[test]
    fn it_works() {
        let open = SharedOpen::new(Secret);
        open.by_id().insert(1, Secret);
        assert_eq!(open.to_plain().by_id.len(), 1);
    }
}

/// Visibilities that name a place, defaults, and bounds of every kind.
mod far_away {
    pub(crate) mod inner {
        use std::collections::HashMap;

        use safe_map::SafeMap;

        #[derive(SafeMap)]
        pub(in super::super) struct Wide<'a, T: ?Sized = str, const N: usize = 2>
        where
            for<'b> &'b T: Send + Sync + Copy,
        {
            #[safe_map(fail_fast)]
            pub(in super::super) entries: HashMap<u8, [u8; N]>,
            pub(super) label: &'a T,
        }
    }

    #[test]
    fn it_works() {
        let wide: inner::SharedWide<'_> = inner::SharedWide::new("x");
        wide.entries().insert(1, [1, 2]);
        let again = inner::SharedWide::from(wide.to_plain());
        assert_eq!((again.entries().len(), *again.label()), (1, "x"));
    }
}

#[derive(SafeMap)]
#[safe_map(shared = "r#Mod")]
#[expect(non_camel_case_types, reason = "a word of the language is a name too")]
struct r#use {
    #[safe_map(sharded)]
    r#fn: HashMap<u8, u8>,
    /// Nobody should.
    #[deprecated]
    #[safe_map(sharded)]
    r#match: HashMap<u8, u8>,
    #[deprecated = "use `fn`"]
    r#async: u8,
}

#[test]
fn words_of_the_language_and_deprecated_fields() {
    let it = r#Mod::new(1);
    it.r#fn().insert(1, 1);
    assert_eq!(it.to_plain().r#fn.len(), 1);
}

#[derive(SafeMap)]
struct Empty {}

#[test]
fn no_fields() {
    let Empty {} = SharedEmpty::from(SharedEmpty::new().to_plain()).to_plain();
}

/// The crate by another name, as a dependency that is renamed or re-exported.
pub mod facade {
    pub use safe_map as maps;
}

mod renamed {
    // Nothing of that name is here.
    mod safe_map {}

    #[derive(super::facade::maps::SafeMap)]
    #[safe_map(crate = "super::facade::maps", shared = "Live")]
    struct Plain {
        #[safe_map(sharded(shards = 2))]
        map: super::HashMap<u8, u8>,
        #[safe_map(snapshot)]
        set: std::collections::BTreeSet<u8>,
        #[safe_map(versioned, key = u8, value = u8)]
        alias: super::Kids<u8>,
    }

    #[test]
    fn it_works() {
        let live = Live::new();
        live.map().insert(1, 1);
        assert_eq!(live.to_plain().map.len(), 1);
    }
}

/// It has neither `Debug` nor `Default`.
#[derive(Clone)]
struct Opaque;

/// Nor has the twin, where the field is there.
#[derive(SafeMap)]
struct Gated {
    #[safe_map(sharded)]
    map: HashMap<u8, u8>,
    #[cfg(any(unix, not(unix)))]
    #[cfg(not(any()))]
    opaque: Opaque,
    #[cfg(any())]
    absent: Missing,
    #[cfg(any())]
    #[safe_map(sharded)]
    absent_map: HashMap<Missing, Missing>,
}

/// Where it is not, the twin has both.
#[derive(SafeMap)]
struct GatedOut {
    #[cfg(not(any()))]
    #[safe_map(sharded)]
    map: HashMap<u8, u8>,
    #[cfg(any())]
    opaque: Opaque,
}

#[test]
fn fields_under_conditions() {
    let gated = SharedGated::new(Opaque);
    gated.map().insert(1, 1);
    let Opaque = gated.to_plain().opaque;
    assert_eq!(format!("{:?}", SharedGatedOut::default()), "SharedGatedOut { map: {} }");
}

trait Marked {}
trait Has {
    type Out: Send + Sync + Clone;
}
impl Has for u8 {
    type Out = u16;
}

/// `Self` in a bound is the plain struct, which may be the only one that has what is asked for.
#[derive(SafeMap)]
struct Bounded<T: Has + Clone + Send + Sync>
where
    Self: Marked,
    Vec<Self>: Sized,
{
    #[safe_map(sharded)]
    outs: HashMap<u8, <T as Has>::Out>,
    first: Option<T>,
    look: fn(&Self) -> usize,
    call: Arc<dyn Fn(u8) -> u8 + Send + Sync>,
}

impl<T: Has + Clone + Send + Sync> Marked for Bounded<T> {}

type Kids<T> = HashMap<u8, T>;

#[derive(SafeMap, Clone)]
struct Tree {
    #[safe_map(generational, key = u8, value = Self)]
    kids: Kids<Self>,
}

#[test]
fn the_struct_itself_in_its_bounds_and_options() {
    let it = SharedBounded::<u8>::new(None, |it| it.outs.len(), Arc::new(|n| n + 1));
    it.outs().insert(1, 300);
    let plain = it.to_plain();
    assert_eq!(((plain.look)(&plain), (plain.call)(1)), (1, 2));
    let tree = SharedTree::new();
    tree.kids().insert(1, Tree { kids: HashMap::new() });
    assert_eq!(tree.to_plain().kids.len(), 1);
}
