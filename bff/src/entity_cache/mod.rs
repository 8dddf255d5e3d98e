//! Keeps what services answered, item by item, for those who may share it.
