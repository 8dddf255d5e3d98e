//! Arguments of the field: into the request fields that they name.

use apollo_compiler::Node;
use apollo_compiler::ast::{InputValueDefinition, Type};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::{Filler, Filling, Request};
use crate::contract::{Fill, fill};
use crate::model::binder::{At, Binder};
use crate::model::call::Asking;
use crate::model::directives::{Reader, Text};
use crate::model::fault::{Fault, Side};
use crate::model::names::{field_of, snake};
use crate::model::path::{Place, numbers};
use crate::model::value::Side as TypeSide;

impl Binder<'_> {
    /// Arguments that no `with` mentions go where their names lead.
    pub(in crate::model) fn arguments(
        &mut self,
        asking: &Asking<'_>,
        message: &MessageDescriptor,
        request: &mut Request,
    ) {
        for argument in asking.at.field.arguments.clone() {
            if !request.arguments.iter().any(|used| argument.name == used.as_str()) {
                self.argument(asking, message, &argument, request);
            }
        }
    }

    fn argument(
        &mut self,
        asking: &Asking<'_>,
        message: &MessageDescriptor,
        argument: &Node<InputValueDefinition>,
        request: &mut Request,
    ) {
        let name = argument.name.as_str();
        let span = self.span(argument.name.location());
        let text =
            Text { value: format!("$args.{name}"), span: self.type_span(&argument.ty).or(span) };
        if let Some(from) = Reader::find(self.schema(), &argument.directives, "from")
            .and_then(|from| from.text("path"))
        {
            let place = Place { side: Side::Request, argument: "path", span: from.span };
            if let Some(path) = self.path(message, &from.value, place) {
                self.argument_fill(asking, name, &text, &path, request);
            }
            return;
        }
        if let Some(field) = self.argument_field(asking, message, argument) {
            return self.argument_fill(asking, name, &text, &[field], request);
        }
        if self.type_of(argument.ty.inner_named_type()).is_some_and(|ty| ty.is_input_object())
            && !argument.ty.is_list()
        {
            let input = (argument.ty.inner_named_type().as_str(), name);
            return self.spread(asking, message, input, &[], request);
        }
        let (coordinate, argument) = (asking.at.coordinate(), name.to_owned());
        let message = self.facts(message);
        self.fault(Fault::UnmappedArgument { coordinate, argument, span, message });
    }

    /// The request field that an argument means: its name; for `id` also `book_id` of a `Book`; for an input object
    /// also the only field that holds such a message.
    fn argument_field(
        &self,
        asking: &Asking<'_>,
        message: &MessageDescriptor,
        argument: &InputValueDefinition,
    ) -> Option<FieldDescriptor> {
        if let Some(field) = field_of(message, &argument.name) {
            return Some(field);
        }
        if argument.name == "id" {
            return id_field(message, &format!("{}_id", snake(asking.ty.inner_named_type())));
        }
        let named = argument.ty.inner_named_type().as_str();
        self.type_of(named).filter(|ty| ty.is_input_object())?;
        let plain_name = named.strip_suffix("Input").unwrap_or(named);
        let mut same = message.fields().filter(|field| match field.kind() {
            Kind::Message(inner) => self.is_message_of(named, &inner) || inner.name() == plain_name,
            _ => false,
        });
        let first = same.next()?;
        same.next().is_none().then_some(first)
    }

    /// An input object that is the request, or a oneof of it: each of its fields is filled by itself. `around` are those
    /// that it stands in.
    fn spread(
        &mut self,
        asking: &Asking<'_>,
        message: &MessageDescriptor,
        (named, argument): (&str, &str),
        around: &[&str],
        request: &mut Request,
    ) {
        let Some(input) = self.type_of(named).and_then(|ty| ty.as_input_object()) else { return };
        let around = [around, &[named]].concat();
        for field in input.fields.values() {
            let span = self.span(field.name.location());
            let path = format!("{argument}.{}", field.name);
            let inner = field.ty.inner_named_type().as_str();
            let is_group = self.is_oneof_group(field, message) && !field.ty.is_list();
            if is_group && !around.contains(&inner) {
                self.spread(asking, message, (inner, &path), &around, request);
                continue;
            }
            let text =
                Text { value: format!("$args.{path}"), span: self.type_span(&field.ty).or(span) };
            match self.input_field_path(named, field, message) {
                Some(target) => self.argument_fill(asking, &path, &text, &target, request),
                None => continue,
            }
        }
    }

    pub(in crate::model) fn argument_fill(
        &mut self,
        asking: &Asking<'_>,
        argument: &str,
        text: &Text,
        target: &[FieldDescriptor],
        request: &mut Request,
    ) {
        let ty = match self.argument_type(asking.at, argument) {
            Ok(ty) => ty,
            Err(reason) => {
                request.arguments.extend(argument.split('.').next().map(str::to_owned));
                return self.invalid_source(text, reason);
            }
        };
        request.arguments.extend(argument.split('.').next().map(str::to_owned));
        let Some(field) = target.last() else { return };
        let coordinate = format!("{}({argument}:)", asking.at.coordinate());
        let side = TypeSide { coordinate: &coordinate, ty: &ty, span: text.span };
        let Some(value) = self.input_value(&side, field) else { return };
        let (path, source) = (numbers(target), fill::Source::Argument(argument.to_owned()));
        let filling = Filling {
            path: path.clone(),
            filler: Filler::Argument {
                name: argument.to_owned(),
                value,
                is_always_given: ty.is_non_null(),
            },
            span: text.span,
        };
        let fill = Fill { path, source: Some(source), value: Some(value), required: 0 };
        request.fill(filling, fill);
    }

    /// The type of `page.size`: an argument, or a field of an input object in it, and then nullable where that is.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub(in crate::model) fn argument_type(
        &self,
        at: &At,
        path: &str,
    ) -> Result<Type, &'static str> {
        let mut segments = path.split('.');
        let name = segments.next().unwrap_or_default();
        let argument = at.field.arguments.iter().find(|argument| argument.name == name);
        let mut ty = (*argument.ok_or("the field has no such argument")?.ty).clone();
        for segment in segments {
            if ty.is_list() {
                return Err("it goes through a list, which has no fields");
            }
            let input = self.type_of(ty.inner_named_type()).and_then(|ty| ty.as_input_object());
            let inner = input.and_then(|input| input.fields.get(segment));
            let inner = &*inner.ok_or("the argument has no such field")?.ty;
            ty = if ty.is_non_null() { inner.clone() } else { inner.clone().nullable() };
        }
        Ok(ty)
    }
}

/// What a request calls the id: `book_id` of a `Book`, `name` where resources have names, else the only id there is.
fn id_field(message: &MessageDescriptor, of_type: &str) -> Option<FieldDescriptor> {
    let named = message.get_field_by_name(of_type).or_else(|| message.get_field_by_name("name"));
    named.or_else(|| {
        let mut ids =
            message.fields().filter(|field| field.name().ends_with("_id") && !field.is_list());
        let first = ids.next()?;
        ids.next().is_none().then_some(first)
    })
}
