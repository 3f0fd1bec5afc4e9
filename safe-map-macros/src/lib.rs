//! The derive and attributes of `safe-map`.
