//! Answers calls without a network, always the same for the same seed, type and key.
