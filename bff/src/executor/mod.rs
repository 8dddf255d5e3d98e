//! Runs plans: a step starts when its inputs are there.
