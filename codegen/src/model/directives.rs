//! Our directives with the place of each argument. Their shape has been validated with the schema.

use apollo_compiler::Node;
use apollo_compiler::ast::{Directive, DirectiveList, Value};

use crate::diagnostic::Span;
use crate::input::Schema;

/// A string argument; the span covers `name: "value"`.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) span: Option<Span>,
}

/// Any argument; the span covers `name: value`.
#[derive(Clone, Debug)]
pub(crate) struct Argument {
    pub(crate) value: Node<Value>,
    pub(crate) span: Option<Span>,
}

/// `@rpc`, or the half of `@load` that is the same.
#[derive(Clone, Debug)]
pub(crate) struct Rpc {
    pub(crate) method: Text,
    pub(crate) with: Option<Argument>,
    pub(crate) select: Option<Text>,
}

/// `@batch`, or the half of `@load` that is the same.
#[derive(Clone, Debug)]
pub(crate) struct BatchArguments {
    pub(crate) span: Option<Span>,
    pub(crate) keys: Option<Text>,
    pub(crate) key: Option<Argument>,
    pub(crate) items: Option<Text>,
    pub(crate) matching: Option<Argument>,
    pub(crate) select: Option<Text>,
    pub(crate) status: Option<Text>,
    pub(crate) max: Option<Argument>,
}

/// One directive with its arguments at hand.
pub(crate) struct Reader<'a> {
    schema: &'a Schema,
    directive: &'a Node<Directive>,
}

impl<'a> Reader<'a> {
    pub(crate) fn find(
        schema: &'a Schema,
        directives: &'a DirectiveList,
        name: &str,
    ) -> Option<Reader<'a>> {
        directives.get(name).map(|directive| Reader { schema, directive })
    }

    pub(crate) fn all(
        schema: &'a Schema,
        directives: &'a DirectiveList,
        name: &'a str,
    ) -> impl Iterator<Item = Reader<'a>> {
        directives.get_all(name).map(move |directive| Reader { schema, directive })
    }

    pub(crate) fn span(&self) -> Option<Span> {
        self.schema.span(self.directive.location())
    }

    pub(crate) fn argument(&self, name: &str) -> Option<Argument> {
        let argument = self.directive.arguments.iter().find(|argument| argument.name == name)?;
        let value = argument.value.clone();
        Some(Argument { value, span: self.schema.span(argument.location()) })
    }

    pub(crate) fn text(&self, name: &str) -> Option<Text> {
        let argument = self.argument(name)?;
        let value = argument.value.as_str()?.to_owned();
        Some(Text { value, span: argument.span })
    }

    /// The strings of a list; one string alone counts as a list, as GraphQL has it.
    pub(crate) fn texts(&self, name: &str) -> Vec<Text> {
        let Some(argument) = self.argument(name) else { return Vec::new() };
        let texts = match &*argument.value {
            Value::List(values) => values.as_slice(),
            _ => std::slice::from_ref(&argument.value),
        };
        let text = |value: &Node<Value>| {
            let span = self.schema.span(value.location());
            Some(Text { value: value.as_str()?.to_owned(), span })
        };
        texts.iter().filter_map(text).collect()
    }

    pub(crate) fn rpc(&self) -> Option<Rpc> {
        Some(Rpc {
            method: self.text("method")?,
            with: self.argument("with"),
            select: self.text("select"),
        })
    }

    pub(crate) fn batch(&self) -> BatchArguments {
        BatchArguments {
            span: self.span(),
            keys: self.text("keys"),
            key: self.argument("key"),
            items: self.text("items"),
            matching: self.argument("match"),
            select: self.text("select"),
            status: self.text("status"),
            max: self.argument("max"),
        }
    }
}
