//! Compiled documents, kept by their text. What is asked again costs one look-up, and what many ask at once for the first
//! time is compiled once.

mod key;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use self::key::{BorrowedKey, Key, KeyParts, VariantKey};
use super::{
    config::Config,
    document::Document,
    lower::{Conditions, Lowered},
    refusal::Refusal,
    schema::TypeSystem,
};
use crate::{
    cache::Cache,
    error::Code,
    operation::{Operation, OperationKind, Value, VariableDefinition, Variables},
    units::ByteSize,
};

/// All compiled documents; `P` is what operations are compiled to.
#[derive(Debug)]
pub(super) struct Documents<P> {
    known: Cache<Key, Arc<Known<P>>>,
    variants: Cache<VariantKey, Arc<Compiled<P>>>,
    refused: Cache<Key, Arc<Refusal>>,
    longest: usize,
    next: AtomicU64,
}

/// A valid document with one operation meant.
#[derive(Debug)]
pub(super) struct Known<P> {
    /// What the operation does.
    pub(super) kind: OperationKind,
    /// What a request may give.
    pub(super) variables: Vec<VariableDefinition>,
    body: Body<P>,
}

#[derive(Debug)]
enum Body<P> {
    /// One plan for all requests.
    Plain(Arc<Compiled<P>>),
    /// A plan for each way to decide `@skip`, `@include` and `@defer`.
    Conditional { id: u64, document: Box<Document>, weight: usize },
}

/// An operation, ready to run.
#[derive(Debug)]
pub(super) struct Compiled<P> {
    /// What runs.
    pub(super) prepared: P,
    /// Variables that are the `initialCount` of a `@stream`.
    counts: Vec<usize>,
    weight: usize,
}

/// What documents are compiled with.
pub(super) struct Compiler<'a, P> {
    pub(super) types: &'a TypeSystem,
    pub(super) config: &'a Config,
    /// Makes an operation ready to run, and says how many bytes it holds beside what follows from its fields.
    pub(super) prepare: &'a dyn Fn(Operation) -> Result<(P, usize), Refusal>,
}

/// About how many bytes one field of an operation holds in its plan and program.
const FIELD_WEIGHT: usize = 1024;

/// About how many bytes a parsed document holds for one byte of its text.
const SYNTAX_WEIGHT: usize = 40;

impl<P: Send + Sync + 'static> Documents<P> {
    pub(super) fn new(config: &Config) -> Self {
        // Half for documents, half for the variants of those with conditions.
        let half = ByteSize(config.plan_cache.0 / 2);
        let known = |key: &Key, known: &Arc<Known<P>>| key.weight() + known.weight();
        let refused = |key: &Key, refusal: &Arc<Refusal>| key.weight() + refusal.weight();
        Self {
            known: Cache::new(half, known),
            variants: Cache::new(half, |_, compiled: &Arc<Compiled<P>>| compiled.weight),
            refused: Cache::new(config.refused_cache, refused),
            longest: usize::try_from(config.limits.document.0).unwrap_or(usize::MAX),
            next: AtomicU64::new(0),
        }
    }

    /// The document with this text, compiled if it is new.
    ///
    /// # Errors
    ///
    /// Those of [`Document::new`] and of the compiler, which are remembered too.
    pub(super) fn get(
        &self,
        text: &str,
        operation_name: Option<&str>,
        compiler: &Compiler<'_, P>,
    ) -> Result<Arc<Known<P>>, Arc<Refusal>> {
        let key = BorrowedKey { text, operation_name };
        let parts: &dyn KeyParts = &key;
        if let Some(known) = self.known.get(parts) {
            return Ok(known);
        }
        // What is too long is refused sooner than it is found.
        let is_kept = text.len() + operation_name.map_or(0, str::len) <= self.longest;
        if is_kept && let Some(refusal) = self.refused.get(parts) {
            return Err(refusal);
        }
        let make = || self.make(key, compiler).map(Arc::new).map_err(Arc::new);
        let made = self.known.get_or_try_insert_with(Key::from(key), make);
        if is_kept && let Err(refusal) = &made {
            self.refused.insert(Key::from(key), Arc::clone(refusal));
        }
        made
    }

    fn make(&self, key: BorrowedKey<'_>, compiler: &Compiler<'_, P>) -> Result<Known<P>, Refusal> {
        let document =
            Document::new(key.text, key.operation_name, compiler.types, compiler.config)?;
        let (kind, variables) = (document.kind, document.variables.clone());
        let body = if document.conditions == Conditions::default() {
            Body::Plain(Arc::new(compile(&document, compiler, &|_| None, false)?))
        } else {
            let id = self.next.fetch_add(1, Ordering::Relaxed);
            let weight = key.text.len() * SYNTAX_WEIGHT;
            Body::Conditional { id, document: Box::new(document), weight }
        };
        Ok(Known { kind, variables, body })
    }

    /// The operation as these variables decide it. `@defer` counts where the client reads an `incremental` answer.
    ///
    /// # Errors
    ///
    /// [`Code::BadUserInput`] where a variable is null that must not be, and those of the compiler.
    pub(super) fn decide(
        &self,
        known: &Known<P>,
        variables: &Variables,
        incremental: bool,
        compiler: &Compiler<'_, P>,
    ) -> Result<Arc<Compiled<P>>, Refusal> {
        let compiled = match &known.body {
            Body::Plain(compiled) => Arc::clone(compiled),
            Body::Conditional { id, document, .. } => {
                let conditions = decisions(document, variables)?;
                let incremental = incremental && document.conditions.defers;
                let key = VariantKey { document: *id, conditions, incremental };
                if let Some(compiled) = self.variants.get(&key) {
                    compiled
                } else {
                    let is_true = |at| variables.get(at).map(is_true);
                    let make = || compile(document, compiler, &is_true, incremental).map(Arc::new);
                    self.variants.get_or_try_insert_with(key, make)?
                }
            }
        };
        for at in &compiled.counts {
            let name = &known.variables[*at].name;
            match variables.get(*at) {
                Some(Some(Value::Null)) => {
                    return Err(null(name, "is the `initialCount` of a @stream"));
                }
                Some(Some(Value::Int(count @ ..0))) => {
                    let message = format!(
                        "Variable \"${name}\" must not be negative: it is the `initialCount` of a @stream, and is {count}."
                    );
                    return Err(Refusal::new(Code::BadUserInput, message));
                }
                _ => {}
            }
        }
        Ok(compiled)
    }
}

/// What is not given is the `if` of a `@defer` or a `@stream`, whose default is true.
fn is_true(value: &Option<Value>) -> bool {
    matches!(value, None | Some(Value::Boolean(true)))
}

/// The values of the variables that decide what is selected.
fn decisions(document: &Document, variables: &Variables) -> Result<Vec<bool>, Refusal> {
    let decision = |at: &usize| match variables.get(*at) {
        Some(value @ (None | Some(Value::Boolean(_)))) => Ok(is_true(value)),
        _ => Err(null(
            &document.variables[*at].name,
            "decides a @skip, an @include, a @defer or a @stream",
        )),
    };
    document.conditions.variables.iter().map(decision).collect()
}

fn null(variable: &str, why: &str) -> Refusal {
    let message = format!("Variable \"${variable}\" must not be null: it {why}.");
    Refusal::new(Code::BadUserInput, message)
}

fn compile<P>(
    document: &Document,
    compiler: &Compiler<'_, P>,
    decide: &dyn Fn(usize) -> Option<bool>,
    incremental: bool,
) -> Result<Compiled<P>, Refusal> {
    let lowered = document.lower(compiler.types, compiler.config, decide, incremental)?;
    let weight = lowered.fields * FIELD_WEIGHT;
    let Lowered { operation, counts, .. } = lowered;
    let (prepared, more) = (compiler.prepare)(operation)?;
    Ok(Compiled { prepared, counts, weight: weight + more })
}

impl<P> Known<P> {
    /// About how many bytes it holds.
    fn weight(&self) -> usize {
        match &self.body {
            Body::Plain(compiled) => compiled.weight,
            Body::Conditional { weight, .. } => *weight,
        }
    }
}

#[cfg(test)]
mod tests;
