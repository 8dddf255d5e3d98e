//! Services: a typed client for each, and tonic's server traits where they are wanted.

use proc_macro2::TokenStream;
use prost_build::{Comments, Method, Service, ServiceGenerator};
use prost_reflect::{
    DescriptorPool,
    prost_types::{MethodOptions, method_options::IdempotencyLevel},
};
use quote::{format_ident, quote};

use super::{
    Input,
    names::{ident, snake, upper_camel},
};
use crate::{contract, model};

/// Writes what belongs to a service into the module of its package.
pub(super) struct Services {
    protos: DescriptorPool,
    servers: Option<Box<dyn ServiceGenerator>>,
}

impl Services {
    pub(super) fn new(input: &Input<'_>) -> Self {
        let servers = tonic_prost_build::configure()
            .build_client(false)
            .codec_path("::anabranch::foreign::tonic_prost::ProstCodec")
            .service_generator();
        Self { protos: input.protos.clone(), servers: input.server_stubs.then_some(servers) }
    }

    fn declared(&self, service: &Service, method: &Method) -> contract::Method {
        let service = full_name(service);
        let found = self.protos.get_service_by_name(&service).and_then(|service| {
            service.methods().find(|candidate| candidate.name() == method.proto_name)
        });
        found.as_ref().map(model::describe).unwrap_or_default()
    }
}

impl ServiceGenerator for Services {
    fn generate(&mut self, service: Service, buffer: &mut String) {
        let method = |method| client_method(method, &self.declared(&service, method));
        let methods: Vec<TokenStream> = service.methods.iter().map(method).collect();
        buffer.push_str(&client(&service, &methods).to_string());
        if let Some(servers) = &mut self.servers {
            let mut text = String::new();
            servers.generate(served(service), &mut text);
            servers.finalize(&mut text);
            buffer.push_str(&through_us(&text));
        }
    }
}

/// A service as tonic can write it: under a name that tonic does not need itself, and without wrapper messages that look
/// like names of its package.
fn served(mut service: Service) -> Service {
    const PRIMITIVES: [&str; 7] = ["bool", "f32", "f64", "i32", "i64", "u32", "u64"];
    service.name = server_name(&service.proto_name);
    for method in &mut service.methods {
        for message in [&mut method.input_type, &mut method.output_type] {
            if PRIMITIVES.contains(&message.as_str()) {
                *message = format!("::core::primitive::{message}");
            }
        }
    }
    service
}

/// The module of a server stub, which finds tonic in our crate and needs none of its own.
fn through_us(text: &str) -> String {
    let mut file = syn::parse_file(text).expect("tonic-prost-build writes Rust");
    for item in &mut file.items {
        if let syn::Item::Mod(syn::ItemMod { content: Some((_, items)), .. }) = item {
            items.insert(
                0,
                syn::parse_quote!(
                    use ::anabranch::foreign::tonic;
                ),
            );
        }
    }
    prettyplease::unparse(&file)
}

pub(super) fn full_name(service: &Service) -> String {
    match service.package.as_str() {
        "" => service.proto_name.clone(),
        package => format!("{package}.{}", service.proto_name),
    }
}

/// The type of a service's client.
pub(super) fn client_name(service: &str) -> String {
    format!("{}Client", upper_camel(service).trim_end_matches('_'))
}

/// The trait of a service's server stub. tonic writes these names into the same module and means other things.
pub(super) fn server_name(service: &str) -> String {
    const TAKEN: [&str; 23] = [
        "Arc",
        "Body",
        "Box",
        "BoxFuture",
        "BoxStream",
        "Bytes",
        "Clone",
        "CompressionEncoding",
        "Context",
        "Default",
        "EnabledCompressionEncodings",
        "Err",
        "Future",
        "InterceptedService",
        "None",
        "Ok",
        "Option",
        "Pin",
        "Poll",
        "Service",
        "Some",
        "StdError",
        "Vec",
    ];
    let name = upper_camel(service);
    let name = name.trim_end_matches('_');
    if TAKEN.contains(&name) { format!("{name}Service") } else { name.to_owned() }
}

/// The name of a client's method; `new` makes the client itself.
pub(super) fn method_name(method: &str) -> String {
    let name = snake(method);
    if name == "new" { "new_".to_owned() } else { name }
}

fn client(service: &Service, methods: &[TokenStream]) -> TokenStream {
    let name = ident(&client_name(&service.proto_name));
    let described = docs(&service.comments, &format!(" Calls `{}`.", full_name(service)));
    let mut docs = vec![
        String::new(),
        " A call has the deadline and the caller of its request, and the policies of its method."
            .to_owned(),
    ];
    for method in service.methods.iter().filter(|method| method.client_streaming) {
        docs.push(String::new());
        docs.push(format!(" `{}` takes a stream of requests and is not here.", method.proto_name));
    }
    quote! {
        #described
        #(#[doc = #docs])*
        #[derive(Clone, Debug)]
        pub struct #name(::anabranch::generated::Client);

        impl #name {
            /// A client for the request of `context`.
            #[must_use]
            pub fn new(context: &::anabranch::resolver::Context) -> Self {
                Self(::anabranch::generated::Client::new(context))
            }

            #(#methods)*
        }
    }
}

fn client_method(method: &Method, declared: &contract::Method) -> TokenStream {
    if method.client_streaming {
        return TokenStream::new();
    }
    let name = ident(&method_name(&method.proto_name));
    let docs = docs(&method.comments, &format!(" Calls `{}`.", method.proto_name));
    let deprecated = method.options.deprecated().then(|| quote!(#[deprecated]));
    let input: syn::Type = rust_type(&method.input_type);
    let output: syn::Type = rust_type(&method.output_type);
    let rpc = rpc(method, declared);
    let (output, call) = if method.server_streaming {
        (quote!(::anabranch::generated::Stream<#output>), format_ident!("server_stream"))
    } else {
        (quote!(#output), format_ident!("unary"))
    };
    quote! {
        #docs
        #deprecated
        pub async fn #name(&self, request: #input) -> ::anabranch::error::Result<#output> {
            static RPC: ::anabranch::generated::Rpc = #rpc;
            self.0.#call(&RPC, &request).await
        }
    }
}

fn rust_type(text: &str) -> syn::Type {
    syn::parse_str(text).expect("prost-build resolves messages to Rust types")
}

/// What a call has to know of its method.
fn rpc(method: &Method, declared: &contract::Method) -> TokenStream {
    let contract::Method { service, name, input, output, .. } = declared;
    let mut rpc = quote!(::anabranch::generated::Rpc::new(#service, #name, #input, #output));
    let flags = [
        (method.server_streaming, "server_streaming"),
        (declared.shareable, "shareable"),
        (declared.forward_identity, "forwards_identity"),
        (declared.forward_tenant, "forwards_tenant"),
    ];
    for (_, flag) in flags.into_iter().filter(|(set, _)| *set) {
        let flag = format_ident!("{flag}");
        rpc.extend(quote!(.#flag()));
    }
    let headers = &declared.forward_headers;
    if !headers.is_empty() {
        rpc.extend(quote!(.forwards_headers(&[#(#headers),*])));
    }
    rpc.extend(side_effects(&method.options));
    rpc
}

fn side_effects(options: &MethodOptions) -> TokenStream {
    match options.idempotency_level() {
        IdempotencyLevel::NoSideEffects => quote!(.no_side_effects()),
        IdempotencyLevel::Idempotent => quote!(.idempotent()),
        IdempotencyLevel::IdempotencyUnknown => TokenStream::new(),
    }
}

/// A proto's comments as documentation, as prost-build writes those of messages.
fn docs(comments: &Comments, without: &str) -> TokenStream {
    let mut text = String::new();
    comments.append_with_indent(0, &mut text);
    if text.is_empty() {
        return quote!(#[doc = #without]);
    }
    text.parse().expect("comments are comments in Rust too")
}
