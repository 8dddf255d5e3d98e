//! Joins all parts to a running server.
