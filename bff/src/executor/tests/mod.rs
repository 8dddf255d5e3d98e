//! Runs hand-made shops.
