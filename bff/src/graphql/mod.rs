//! The front: type system, validation, plans. The only door of async-graphql and of the validator.
