//! The derive and the attributes of `safe-map`, which re-exports them.
//!
//! One direction: the tokens are parsed into own types with every mistake collected (`parse`, `options`), the fields are matched
//! with what their strategies can hold (`plan`), and the twin is written (`expand`, `traits`).

use proc_macro::TokenStream;

mod expand;
mod options;
mod parse;
mod plan;
#[cfg(test)]
mod tests;
mod traits;

/// Writes the concurrent twin of a plain struct whose fields are maps.
///
/// The struct stays what it was. Beside it there is `Shared` + its name, with one accessor for each field.
///
/// ```
/// use std::collections::{BTreeMap, HashMap};
/// use safe_map::SafeMap;
///
/// #[derive(SafeMap)]
/// struct Orders {
///     #[safe_map(sharded(shards = 32))]
///     by_id: HashMap<u64, String>,
///     #[safe_map(snapshot)]
///     config: BTreeMap<String, String>,
///     started: u64,
/// }
///
/// let orders = SharedOrders::new(2024);
/// orders.by_id().insert(1, "book".to_owned());
/// orders.config().insert("discount".to_owned(), "10 %".to_owned());
/// assert_eq!(*orders.started(), 2024);
/// let plain: Orders = orders.to_plain();
/// assert_eq!(plain.by_id[&1], "book");
/// ```
///
/// # Options of the struct
///
/// - `#[safe_map(shared = "Name")]`: the name of the twin.
/// - `#[safe_map(crate = "path::to::safe_map")]`: where the crate is, if the dependency has another name or comes through another
///   crate.
/// - `#[safe_map(no_plain)]`: no `to_plain`, for a struct with a field that is not `Clone`.
///
/// # Options of a field
///
/// - the strategy: `sharded`, `snapshot`, `versioned`, `read_mostly`, `generational`, `locked`, `fail_fast`, or `cache`. A field
///   without a strategy is carried over as it is and must be `Send + Sync`.
/// - `sharded(shards = N)`, `versioned(shards = N)`: a power of two.
/// - `cache(capacity = N)`: with the feature `cache` of `safe-map`.
/// - `key = K, value = V, hasher = S`: for a type that is not known by its name to be a map.
///
/// # What is written
///
/// `new(..)` with the fields that are no maps, `From` the plain struct, an accessor for each field with the field's visibility,
/// `to_plain()` which copies one field after another (no cut through all of them), and `Debug` and `Default` where every field
/// has it.
///
/// Generics, bounds and `cfg` of the struct are those of the twin; what its maps ask of a generic key (`K: Hash + Eq + Clone`, for
/// example) has to be among the bounds of the struct.
#[proc_macro_derive(SafeMap, attributes(safe_map))]
pub fn derive_safe_map(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    expand::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Says that a hazard is known and meant here: `#[safe_map::allow_hazard(lint, reason = "..")]`.
///
/// It does nothing. `cargo safe-map-lint` reads it, as it reads the comment `// safe-map-lint: allow(lint) -- reason`.
#[proc_macro_attribute]
pub fn allow_hazard(arguments: TokenStream, item: TokenStream) -> TokenStream {
    hazard("allow_hazard", arguments, item)
}

/// Says that a hazard is known and meant here, and is to be found: `#[safe_map::expect_hazard(lint, reason = "..")]`.
///
/// It does nothing. `cargo safe-map-lint` reads it, as it reads the comment `// safe-map-lint: expect(lint) -- reason`.
#[proc_macro_attribute]
pub fn expect_hazard(arguments: TokenStream, item: TokenStream) -> TokenStream {
    hazard("expect_hazard", arguments, item)
}

/// The item as it is, behind what is wrong with the arguments of the attribute `name`.
fn hazard(name: &str, arguments: TokenStream, item: TokenStream) -> TokenStream {
    let check = |input: syn::parse::ParseStream<'_>| options::check_hazard(name, input);
    match syn::parse::Parser::parse(check, arguments) {
        Ok(()) => item,
        Err(error) => {
            let mut out = TokenStream::from(error.into_compile_error());
            out.extend(item);
            out
        }
    }
}
