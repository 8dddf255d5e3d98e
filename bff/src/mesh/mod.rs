//! Calls services: the only door of tonic's client.
