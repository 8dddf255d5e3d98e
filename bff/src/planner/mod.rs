//! Makes a plan of an operation: pure, without clock and IO.
