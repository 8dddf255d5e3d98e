//! One trait for each GraphQL type with fields that Rust functions answer, and what stands between it and the engine.

use std::collections::HashMap;

use proc_macro2::{Ident, Literal, TokenStream};
use prost_reflect::prost_types::{FieldDescriptorProto, field_descriptor_proto::Type};
use quote::{format_ident, quote};

use super::{
    names::{ident, snake, upper_camel},
    schema::Schema,
    types::{Types, borrowed, is_list, reader},
};
use crate::contract::{Contract, Resolver};

/// A function behind a field.
struct Function<'a> {
    resolver: &'a Resolver,
    method: Ident,
    /// What stands between the function and the engine.
    adapter: Ident,
    /// What the function reads of each parent; `None` where it reads nothing, and is asked once for all of them.
    parent: Option<(Ident, &'a [FieldDescriptorProto])>,
    arguments: Option<Ident>,
    answer: Answer,
    docs: Vec<String>,
}

/// What the function answers for one parent.
struct Answer {
    ty: TokenStream,
    /// The field of the message, made of `value`.
    encoded: TokenStream,
}

/// The traits, and the binding of whatever implements them to the contract.
pub(super) fn resolvers(contract: &Contract, types: &Types<'_>, schema: &Schema) -> TokenStream {
    if contract.resolvers.is_empty() {
        return quote! {
            impl<R> ::anabranch::resolver::Bind<R> for EmbeddedContract {
                fn bind(_: R) -> ::std::vec::Vec<::anabranch::resolver::Registration> {
                    ::std::vec::Vec::new()
                }
            }
        };
    }
    let names = argument_names(contract);
    let functions: Vec<Function<'_>> = contract
        .resolvers
        .iter()
        .zip(&names)
        .map(|(resolver, name)| function(resolver, name, types, schema))
        .collect();
    let traits = traits(&functions);
    let views = functions.iter().map(view);
    let arguments = functions.iter().map(|function| arguments(function, types));
    let adapters = functions.iter().map(|function| adapter(function, types));
    let bind = bind(&functions);
    quote! {
        pub use resolvers::*;

        mod resolvers {
            use std::{future::Future, sync::Arc};

            use ::anabranch::{
                error::Result,
                foreign::{bytes::Bytes, futures::future::BoxFuture},
                generated::{self, Fields, Parents, View},
                resolver::{Batch, Bind, Context, Registration, Resolve},
            };

            #traits
            #(#views)*
            #(#arguments)*
            #(#adapters)*
            #bind
        }
    }
}

/// What the names of a function's own types begin with: the field, and the type too where fields of two types share a
/// name.
pub(super) fn argument_names(contract: &Contract) -> Vec<String> {
    let short = |resolver: &Resolver| upper_camel(&resolver.field);
    let mut uses: HashMap<String, usize> = HashMap::new();
    for resolver in &contract.resolvers {
        *uses.entry(short(resolver)).or_default() += 1;
        *uses.entry(long_name(resolver)).or_default() += 1;
    }
    let name = |resolver: &Resolver| {
        let short = short(resolver);
        if uses[&short] == 1 { short } else { long_name(resolver) }
    };
    contract.resolvers.iter().map(name).collect()
}

fn long_name(resolver: &Resolver) -> String {
    format!("{}{}", upper_camel(&resolver.r#type), upper_camel(&resolver.field))
}

/// The name of the trait for a GraphQL type.
pub(super) fn trait_name(type_name: &str) -> String {
    format!("{}Resolvers", upper_camel(type_name))
}

fn function<'a>(
    resolver: &'a Resolver,
    name: &str,
    types: &Types<'a>,
    schema: &Schema,
) -> Function<'a> {
    let Resolver { r#type, field, .. } = resolver;
    let parent = types.message(&resolver.parent).field.as_slice();
    let takes_arguments = !types.message(&resolver.arguments).field.is_empty();
    let mut docs = schema.description(r#type, field);
    if docs.is_empty() {
        docs.push(format!(" Answers `{type}.{field}`."));
    }
    Function {
        resolver,
        method: ident(&snake(field)),
        adapter: format_ident!("{}Function", long_name(resolver)),
        parent: (!parent.is_empty()).then(|| (format_ident!("{name}Parent"), parent)),
        arguments: takes_arguments.then(|| format_ident!("{name}Args")),
        answer: answer(resolver, types, schema.is_nullable(r#type, field)),
        docs,
    }
}

fn answer(resolver: &Resolver, types: &Types<'_>, nullable: bool) -> Answer {
    let output = types.message(&resolver.output);
    let value = output.field.first().expect("the message of an answer has its value");
    let (is_enum, is_message) = (value.r#type() == Type::Enum, value.r#type() == Type::Message);
    let ty = types.value(value);
    let (ty, encoded) = if is_list(value) {
        let encoded = quote!(value: value.into_iter().map(i32::from).collect());
        (quote!(Vec<#ty>), if is_enum { encoded } else { quote!(value) })
    } else if nullable {
        let encoded = quote!(value: value.map(i32::from));
        (quote!(Option<#ty>), if is_enum { encoded } else { quote!(value) })
    } else if is_message {
        (ty, quote!(value: Some(value)))
    } else {
        (ty, if is_enum { quote!(value: value.into()) } else { quote!(value) })
    };
    Answer { ty, encoded }
}

fn traits(functions: &[Function<'_>]) -> TokenStream {
    let mut traits = TokenStream::new();
    for type_name in type_names(functions) {
        let name = ident(&trait_name(type_name));
        let doc = format!(" The functions behind fields of `{type_name}`.");
        let methods = functions
            .iter()
            .filter(|function| function.resolver.r#type == type_name)
            .map(trait_method);
        traits.extend(quote! {
            #[doc = #doc]
            pub trait #name: Send + Sync + 'static {
                #(#methods)*
            }
        });
    }
    traits
}

/// In the order of the contract.
fn type_names<'a>(functions: &[Function<'a>]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for function in functions {
        if !names.contains(&function.resolver.r#type.as_str()) {
            names.push(&function.resolver.r#type);
        }
    }
    names
}

fn trait_method(function: &Function<'_>) -> TokenStream {
    let Function { method, answer: Answer { ty, .. }, docs, .. } = function;
    let parents = function.parent.as_ref().map(|(view, _)| quote!(, parents: &[#view<'_>]));
    let arguments = function.arguments.as_ref().map(|name| quote!(, arguments: &#name));
    let output = if parents.is_some() { quote!(Batch<#ty>) } else { quote!(Result<#ty>) };
    let times = if parents.is_some() {
        " Asked once for all parents of a level: one result for each, in their order."
    } else {
        " Asked once."
    };
    quote! {
        #(#[doc = #docs])*
        ///
        #[doc = #times]
        fn #method(&self, context: &Context #parents #arguments) -> impl Future<Output = #output> + Send;
    }
}

/// The borrowed struct that a function gets for each parent.
fn view(function: &Function<'_>) -> TokenStream {
    let Some((name, fields)) = &function.parent else { return TokenStream::new() };
    let Resolver { r#type, field, .. } = function.resolver;
    let doc = format!(" What `{type}.{field}` reads of its parent.");
    let members = fields.iter().map(|field| {
        let (name, ty) = (ident(&snake(field.name())), borrowed(field));
        let ty = if field.proto3_optional() { quote!(Option<#ty>) } else { ty };
        let doc = format!(" `{}` of the parent's message.", field.name());
        quote!(#[doc = #doc] pub #name: #ty)
    });
    let reads = fields.iter().map(|field| {
        let number = Literal::i32_unsuffixed(field.number());
        let (name, reader) = (ident(&snake(field.name())), format_ident!("{}", reader(field)));
        let value = quote!(value.#reader()?);
        let value = if field.proto3_optional() { quote!(Some(#value)) } else { value };
        quote!(#number => view.#name = #value)
    });
    // A struct that borrows nothing today may borrow tomorrow: its users write `<'_>` in both cases.
    let borrows = fields.iter().any(|field| matches!(field.r#type(), Type::String | Type::Bytes));
    // No name of protobuf begins so in Rust: there is no field `borrow` to clash with.
    let borrow = (!borrows).then(|| {
        quote! {
            #[doc(hidden)]
            pub __borrow: std::marker::PhantomData<&'a ()>,
        }
    });
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct #name<'a> {
            #(#members,)*
            #borrow
        }

        impl<'a> View<'a> for #name<'a> {
            fn read(message: &'a [u8]) -> Result<Self> {
                let mut view = Self::default();
                for field in Fields::of(message) {
                    let (number, value) = field?;
                    match number {
                        #(#reads,)*
                        _ => {}
                    }
                }
                Ok(view)
            }
        }
    }
}

fn arguments(function: &Function<'_>, types: &Types<'_>) -> TokenStream {
    let Some(name) = &function.arguments else { return TokenStream::new() };
    let Resolver { r#type, field, arguments, .. } = function.resolver;
    let doc = format!(" The arguments of `{type}.{field}`.");
    let path = types.path(arguments);
    quote! {
        #[doc = #doc]
        pub type #name = #path;
    }
}

/// The function as the engine sees it.
fn adapter(function: &Function<'_>, types: &Types<'_>) -> TokenStream {
    let Function { adapter, method, answer: Answer { encoded, .. }, .. } = function;
    let name = ident(&trait_name(&function.resolver.r#type));
    let output = types.path(&function.resolver.output);
    let encode = quote!(|value| #output { #encoded });
    let (read, pass) = match &function.arguments {
        Some(name) => (
            quote! {
                let arguments = match generated::arguments::<#name>(arguments) {
                    Ok(arguments) => arguments,
                    Err(error) => return generated::refuse(parents.len(), &error),
                };
            },
            quote!(, &arguments),
        ),
        None => (TokenStream::new(), TokenStream::new()),
    };
    let bytes = if function.arguments.is_some() { quote!(arguments) } else { quote!(_) };
    let answer = match &function.parent {
        Some((view, _)) => quote! {
            let parents = Parents::<#view<'a>>::read(parents);
            let answers = self.0.#method(context, parents.views() #pass).await;
            parents.answer(answers, #encode)
        },
        None => quote! {
            let answer = self.0.#method(context #pass).await;
            generated::repeat(parents.len(), answer, #encode)
        },
    };
    quote! {
        struct #adapter<R>(Arc<R>);

        impl<R: #name> Resolve for #adapter<R> {
            fn resolve<'a>(
                &'a self,
                context: &'a Context,
                parents: &'a [Bytes],
                #bytes: Bytes,
            ) -> BoxFuture<'a, Batch<Bytes>> {
                Box::pin(async move {
                    #read
                    #answer
                })
            }
        }
    }
}

fn bind(functions: &[Function<'_>]) -> TokenStream {
    let traits = type_names(functions).into_iter().map(|name| ident(&trait_name(name)));
    let registrations = functions.iter().map(|function| {
        let Resolver { r#type, field, fingerprint, .. } = function.resolver;
        let adapter = &function.adapter;
        quote! {
            Registration {
                type_name: #r#type,
                field: #field,
                fingerprint: #fingerprint,
                resolve: Box::new(#adapter(Arc::clone(&resolvers))),
            }
        }
    });
    quote! {
        impl<R: #(#traits)+*> Bind<R> for super::EmbeddedContract {
            fn bind(resolvers: R) -> Vec<Registration> {
                let resolvers = Arc::new(resolvers);
                Vec::from([#(#registrations),*])
            }
        }
    }
}
