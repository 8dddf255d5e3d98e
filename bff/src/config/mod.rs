//! The parts' configuration, from a file, the environment and defaults.
