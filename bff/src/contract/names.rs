//! What the protos call the fields of which a contract has only numbers; for people.

use prost_reflect::{DescriptorPool, Kind};

use super::Contract;

/// The names in a contract's descriptors.
#[derive(Clone, Debug)]
pub struct FieldNames(DescriptorPool);

impl FieldNames {
    /// Reads the descriptors. Where they cannot be read there are no names.
    #[must_use]
    pub fn of(contract: &Contract) -> Self {
        Self(DescriptorPool::decode(contract.descriptor_set.as_slice()).unwrap_or_default())
    }

    /// The path through a message as a proto writes it: `"author.id"` for `[7, 1]`.
    #[must_use]
    pub fn path(&self, message: &str, path: &[u32]) -> Option<String> {
        let mut message = self.0.get_message_by_name(message);
        let mut names = Vec::with_capacity(path.len());
        for number in path {
            let field = message?.get_field(*number)?;
            names.push(field.name().to_owned());
            message = match field.kind() {
                Kind::Message(inner) => Some(inner),
                _ => None,
            };
        }
        Some(names.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> FieldNames {
        let out = tempfile::tempdir().unwrap();
        let proto = "syntax = \"proto3\"; package shop; \
                     message Book { string id = 1; Author author = 7; message Author { int32 id = 1; } }";
        std::fs::write(out.path().join("shop.proto"), proto).unwrap();
        let set = protox::Compiler::new([out.path()])
            .and_then(|mut compiler| {
                Ok(compiler.open_file("shop.proto")?.encode_file_descriptor_set())
            })
            .unwrap();
        FieldNames::of(&Contract { descriptor_set: set, ..Contract::default() })
    }

    #[test]
    fn a_path_goes_through_messages() {
        assert_eq!(names().path("shop.Book", &[1]).as_deref(), Some("id"));
        assert_eq!(names().path("shop.Book", &[7, 1]).as_deref(), Some("author.id"));
    }

    #[test]
    fn a_path_that_leads_nowhere_has_no_name() {
        assert_eq!(names().path("shop.Book", &[9]), None);
        assert_eq!(names().path("shop.Book", &[1, 1]), None);
        assert_eq!(names().path("shop.Shelf", &[1]), None);
        let garbage = Contract { descriptor_set: b"\xff".to_vec(), ..Contract::default() };
        assert_eq!(FieldNames::of(&garbage).path("shop.Book", &[1]), None);
    }
}
