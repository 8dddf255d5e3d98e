//! A backend-for-frontend runtime: one GraphQL endpoint over many gRPC services.
