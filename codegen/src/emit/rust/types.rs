//! Where in the generated file each message and enum is, and what types fields have.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use prost_reflect::prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    field_descriptor_proto::{Label, Type},
};
use quote::quote;

use super::{
    messages::{is_foreign, moved},
    names::{ident, snake, upper_camel},
};

/// All types by their full names.
pub(super) struct Types<'a> {
    paths: HashMap<String, Vec<String>>,
    messages: HashMap<String, &'a DescriptorProto>,
}

impl<'a> Types<'a> {
    pub(super) fn of(files: &'a [FileDescriptorProto]) -> Self {
        let mut types = Self { paths: HashMap::new(), messages: HashMap::new() };
        for file in files {
            let package: Vec<&str> =
                file.package().split('.').filter(|part| !part.is_empty()).collect();
            types.add(&package, &file.message_type, &file.enum_type);
        }
        types
    }

    fn add(
        &mut self,
        outer: &[&str],
        messages: &'a [DescriptorProto],
        enums: &'a [EnumDescriptorProto],
    ) {
        for name in enums.iter().map(EnumDescriptorProto::name) {
            self.add_path(outer, name);
        }
        for message in messages {
            let full_name = self.add_path(outer, message.name());
            self.messages.insert(full_name, message);
            let inner = [outer, &[message.name()]].concat();
            self.add(&inner, &message.nested_type, &message.enum_type);
        }
    }

    fn add_path(&mut self, outer: &[&str], name: &str) -> String {
        let modules = outer.iter().map(|part| snake(part));
        let full_name = [outer, &[name]].concat().join(".");
        self.paths.insert(full_name.clone(), modules.chain([upper_camel(name)]).collect());
        full_name
    }

    /// A message of the contract.
    pub(super) fn message(&self, name: &str) -> &'a DescriptorProto {
        self.messages.get(&moved(name)).expect("a finished contract describes its messages")
    }

    /// The type of a message or an enum of the contract, seen from a module at the top of the file.
    pub(super) fn path(&self, name: &str) -> TokenStream {
        let name = moved(name);
        if let Some((package, simple)) = name.rsplit_once('.')
            && is_foreign(package)
        {
            let simple = ident(&upper_camel(simple));
            return quote!(::anabranch::foreign::prost_types::#simple);
        }
        let path = self.paths.get(&name).expect("a finished contract describes its types");
        let path = path.iter().map(|part| ident(part));
        quote!(super::#(#path)::*)
    }

    /// One value of a field, as people write it: enums as enums.
    pub(super) fn value(&self, field: &FieldDescriptorProto) -> TokenStream {
        match field.r#type() {
            Type::Message | Type::Group | Type::Enum => {
                self.path(field.type_name().trim_start_matches('.'))
            }
            Type::String => quote!(String),
            Type::Bytes => quote!(Vec<u8>),
            _ => scalar(field),
        }
    }
}

/// One value of a field, borrowed from its message.
pub(super) fn borrowed(field: &FieldDescriptorProto) -> TokenStream {
    match field.r#type() {
        Type::String => quote!(&'a str),
        Type::Bytes => quote!(&'a [u8]),
        _ => scalar(field),
    }
}

/// The method of `generated::Value` that reads such a field.
pub(super) fn reader(field: &FieldDescriptorProto) -> &'static str {
    match field.r#type() {
        Type::Double => "double",
        Type::Float => "float",
        Type::Int64 => "int64",
        Type::Uint64 => "uint64",
        Type::Int32 | Type::Enum => "int32",
        Type::Fixed64 => "fixed64",
        Type::Fixed32 => "fixed32",
        Type::Bool => "bool",
        Type::String => "string",
        Type::Bytes | Type::Message | Type::Group => "bytes",
        Type::Uint32 => "uint32",
        Type::Sfixed32 => "sfixed32",
        Type::Sfixed64 => "sfixed64",
        Type::Sint32 => "sint32",
        Type::Sint64 => "sint64",
    }
}

pub(super) fn is_list(field: &FieldDescriptorProto) -> bool {
    field.label() == Label::Repeated
}

fn scalar(field: &FieldDescriptorProto) -> TokenStream {
    match field.r#type() {
        Type::Double => quote!(f64),
        Type::Float => quote!(f32),
        Type::Int64 | Type::Sfixed64 | Type::Sint64 => quote!(i64),
        Type::Uint64 | Type::Fixed64 => quote!(u64),
        Type::Uint32 | Type::Fixed32 => quote!(u32),
        Type::Bool => quote!(bool),
        _ => quote!(i32),
    }
}
