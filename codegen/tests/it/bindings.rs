//! Bindings one by one.
