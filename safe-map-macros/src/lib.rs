//! The derive and the attributes of `safe-map`, which re-exports them.
//!
//! This version declares none yet.
