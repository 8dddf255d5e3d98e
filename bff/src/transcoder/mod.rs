//! Protobuf bytes to GraphQL JSON in one pass, and arguments to protobuf bytes.
