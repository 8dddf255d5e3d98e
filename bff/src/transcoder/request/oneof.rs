//! Oneofs of a request: of two members on the wire the last one holds, and the first would be lost without a word.

use std::sync::Arc;

use crate::{
    contract::{Contract, Join, join},
    transcoder::descriptor::{Descriptors, Known},
};

/// The way from a message to a field inside of it. Empty where no field on it is a member of a oneof.
#[derive(Clone, Debug, Default)]
pub(super) struct Route(Arc<[Step]>);

#[derive(Debug)]
struct Step {
    number: u32,
    /// Its position in the message.
    oneof: Option<usize>,
}

impl Route {
    /// The numbers in `path` lead from the message to the field, which is the last one.
    pub(super) fn of<'n>(message: Known<'_>, path: impl IntoIterator<Item = &'n u32>) -> Self {
        let mut message = message;
        let steps: Arc<[Step]> = path
            .into_iter()
            .map(|number| {
                let step = Step { number: *number, oneof: message.oneof_of(*number) };
                message = message.inside(*number);
                step
            })
            .collect();
        if steps.iter().any(|step| step.oneof.is_some()) { Self(steps) } else { Self::default() }
    }

    /// Whether a field on it is a member of a oneof.
    pub(super) fn goes_through_a_oneof(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether both part at members of one oneof.
    fn excludes(&self, other: &Self) -> bool {
        let mut steps = self.0.iter().zip(&*other.0);
        let parting = steps.find(|(one, other)| one.number != other.number);
        parting.is_some_and(|(one, other)| one.oneof.is_some() && one.oneof == other.oneof)
    }
}

/// The fields on such ways that a message has been given, with their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Given(Vec<(Route, Arc<str>)>);

impl Given {
    /// Adds a field.
    ///
    /// # Errors
    ///
    /// The name of the field that would be lost.
    pub(super) fn add(&mut self, route: &Route, name: &Arc<str>) -> Result<(), Arc<str>> {
        if route.0.is_empty() {
            return Ok(());
        }
        match self.0.iter().find(|(other, _)| other.excludes(route)) {
            Some((_, other)) => Err(Arc::clone(other)),
            None => {
                self.0.push((route.clone(), Arc::clone(name)));
                Ok(())
            }
        }
    }
}

/// The message that a call sends.
pub(super) fn request_of<'a>(
    join: &Join,
    contract: &Contract,
    descriptors: &'a Descriptors<'a>,
) -> Known<'a> {
    let name = match join.target {
        Some(join::Target::Method(index)) => {
            contract.methods.get(index as usize).map(|method| &method.input)
        }
        Some(join::Target::Resolver(index)) => {
            contract.resolvers.get(index as usize).map(|resolver| &resolver.arguments)
        }
        None => None,
    };
    name.map_or_else(|| descriptors.nothing(), |name| descriptors.message(name))
}
