//! What an import makes.
