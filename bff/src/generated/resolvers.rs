//! The bytes around a typed resolver: its parents and arguments on the way in, its answers on the way out.

use bytes::Bytes;
use prost::Message;

use super::View;
use crate::{
    error::{Code, Error, Result},
    resolver::Batch,
};

/// The parents of one call of a resolver: those that could be read, and why the others could not.
#[derive(Debug)]
pub struct Parents<V> {
    views: Vec<V>,
    /// For each parent, why it could not be read.
    faults: Vec<Option<Error>>,
}

impl<'a, V: View<'a>> Parents<V> {
    /// Reads all parents.
    #[must_use]
    pub fn read(parents: &'a [Bytes]) -> Self {
        let mut views = Vec::with_capacity(parents.len());
        let read = |message: &'a Bytes| V::read(message).map(|view| views.push(view)).err();
        let faults = parents.iter().map(read).collect();
        Self { views, faults }
    }
}

impl<V> Parents<V> {
    /// What the resolver sees.
    #[must_use]
    pub fn views(&self) -> &[V] {
        &self.views
    }

    /// The resolver's answers as messages, and the faults of parents that it has not seen.
    #[must_use]
    pub fn answer<T, M: Message>(&self, answers: Batch<T>, message: fn(T) -> M) -> Batch<Bytes> {
        if answers.len() != self.views.len() {
            let counts = format!("{} answers for {} parents", answers.len(), self.views.len());
            let text = "the resolver did not answer each parent";
            return refuse(self.faults.len(), &Error::with_source(Code::Internal, text, counts));
        }
        let encode = |answer: Result<T>| Ok(message(answer?).encode_to_vec().into());
        let mut answers = answers.into_iter().map(encode);
        let unanswered = || Error::new(Code::Internal, "the resolver did not answer");
        self.faults
            .iter()
            .map(|fault| match fault {
                Some(fault) => Err(fault.clone()),
                None => answers.next().unwrap_or_else(|| Err(unanswered())),
            })
            .collect()
    }
}

/// The arguments of the field.
///
/// # Errors
///
/// [`Code::Internal`] where the engine and the generated code do not agree about their message.
pub fn arguments<M: Message + Default>(arguments: Bytes) -> Result<M> {
    M::decode(arguments).map_err(|error| {
        Error::with_source(Code::Internal, "the arguments could not be read", error)
    })
}

/// The same error for every parent.
#[must_use]
pub fn refuse(parents: usize, error: &Error) -> Batch<Bytes> {
    vec![Err(error.clone()); parents]
}

/// One answer for every parent: the resolver reads nothing of them.
pub fn repeat<T, M: Message>(
    parents: usize,
    answer: Result<T>,
    message: fn(T) -> M,
) -> Batch<Bytes> {
    let answer = answer.map(|value| Bytes::from(message(value).encode_to_vec()));
    vec![answer; parents]
}
