//! What a user's configuration tells the lints, as plain data. Reading it from a file is the caller's business.

/// The settings of a run that lints can see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Orders of two locks that are meant.
    pub allowed_orders: Vec<AllowedOrder>,
}

/// `then` may be taken while `first` is held: taking them so is no inversion, whatever the other order does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedOrder {
    /// A lock as findings name it: `orders::SessionStore.sessions`, `orders::CACHE` for a static.
    pub first: String,
    /// Another, written alike.
    pub then: String,
}
