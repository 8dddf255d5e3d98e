//! Listeners and HTTP: the only door of axum.
