//! What a user's configuration and command line tell the analysis, as plain data. Reading them is the caller's business.

/// The settings of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Orders of two locks that are meant.
    pub allowed_orders: Vec<AllowedOrder>,
    /// Whether the bodies of test code are left alone: nothing is reported there, and product code cannot call it.
    pub skips_tests: bool,
    /// Whether uses of maps are noted that nothing could disturb: no lint asks for them, who counts uses does.
    pub counts_uses: bool,
}

/// `then` may be taken while `first` is held: taking them so is no inversion, whatever the other order does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedOrder {
    /// A lock as findings name it: `orders::SessionStore.sessions`, `orders::CACHE` for a static.
    pub first: String,
    /// Another, written alike.
    pub then: String,
}
