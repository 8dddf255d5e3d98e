//! From a request's text to its answer: compiled document, variables, plan, executor.

mod arguments;

use std::{borrow::Cow, fmt, sync::Arc};

use bytes::Bytes;
use futures::{
    FutureExt, StreamExt,
    stream::{self, BoxStream},
};
use serde_json::value::RawValue;

use super::{
    coerce,
    config::Config,
    document::Document,
    documents::{Compiler, Documents},
    introspection::Introspection,
    refusal::Refusal,
    schema::TypeSystem,
    slow::{Introspections, Lane, Own, OwnSchema},
};
use crate::{
    context::Context,
    contract::{Contract, LazyTypes},
    error::{Code, Result},
    executor::{self, Beside, Executor, Incremental, Prepared, SlowLane},
    operation::{Field, NeverNull, Operation, OperationKind, Value, Variables},
    planner,
};

/// A GraphQL request, as it came.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The document.
    pub query: Cow<'a, str>,
    /// Which of the document's operations is meant; not needed where it has one.
    pub operation_name: Option<Cow<'a, str>>,
    /// The values of variables, a JSON object or null.
    pub variables: Option<&'a RawValue>,
    /// What the way that the request came by may do.
    pub allowed: Allowed,
    /// Whether the client takes the answers of a subscription.
    pub streams: bool,
    /// How an answer may come in parts. `None`: it comes whole, whatever the document defers.
    pub incremental: Option<Incremental>,
}

/// Which operations a request may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// What only reads, for requests by GET.
    Reads,
    /// Mutations too.
    Writes,
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Response {
    /// The JSON of a GraphQL response.
    pub body: Bytes,
    /// What became of the request.
    pub outcome: Outcome,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was executed: the response has `data`.
    Executed {
        /// Whether `data` is null.
        data_is_null: bool,
        /// How many errors there were, those included that the body leaves out.
        errors: u64,
        /// How many places show something degraded, those included that the body leaves out.
        degraded: u64,
    },
    /// It was not executed: the response has no `data`.
    RequestError {
        /// Why not.
        code: Code,
    },
}

/// When a subscription begins.
#[derive(Clone, Copy)]
enum Begins {
    AtOnce,
    WhenRead,
}

/// The answers to a request whose client takes more than one.
pub struct Answers {
    /// Whether they come until somebody ends them.
    pub subscribed: bool,
    /// Whether they are the parts of one answer. Where both are false there is one.
    pub incremental: bool,
    /// Each the JSON of a GraphQL response. Dropping it cancels what works for it; a mutation that has begun runs on.
    pub bodies: BoxStream<'static, Bytes>,
}

impl fmt::Debug for Answers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Answers")
            .field("subscribed", &self.subscribed)
            .field("incremental", &self.incremental)
            .finish_non_exhaustive()
    }
}

/// The GraphQL side of a server, for one contract.
pub struct Front {
    contract: Arc<Contract>,
    /// What a `google.protobuf.Any` may hold.
    any_types: LazyTypes,
    executor: Arc<Executor>,
    config: Config,
    types: TypeSystem,
    introspection: Introspection,
    own: Option<Arc<dyn OwnSchema>>,
    documents: Documents<Ready>,
}

/// What an operation is compiled to.
#[derive(Debug)]
struct Ready {
    prepared: Arc<Prepared>,
    /// A variable may have a value that only its use checks.
    unchecked: bool,
    /// `None` where all root fields are answered by calls, as almost always.
    slow: Option<Slow>,
}

/// The root fields that are not answered by calls.
#[derive(Debug)]
struct Slow {
    introspection: Introspected,
    own: Option<Own>,
}

/// The root fields that introspection answers.
#[derive(Debug)]
enum Introspected {
    /// The answers by response key, which are the same for every request.
    Answered(Arc<Introspections>),
    /// The fields, some of which depend on variables.
    Asked(Vec<Field>),
}

/// Everything that one execution needs.
struct Run {
    prepared: Arc<Prepared>,
    variables: Vec<Option<Value>>,
    kind: OperationKind,
    slow: Option<Lane>,
}

impl fmt::Debug for Front {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Front").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Front {
    /// Builds the type system of a contract, to whose root fields those of `own` are joined.
    ///
    /// # Errors
    ///
    /// [`Code::FailedPrecondition`] where the contract's schema is not valid, `own` does not fit beside it, or async-graphql
    /// cannot hold it.
    pub fn new(
        contract: Arc<Contract>,
        executor: Arc<Executor>,
        config: Config,
        own: Option<Arc<dyn OwnSchema>>,
    ) -> Result<Self> {
        let types = match &own {
            Some(own) => TypeSystem::joined(&contract.sdl, &own.sdl())?,
            None => TypeSystem::new(&contract.sdl)?,
        };
        let limit = usize::try_from(config.limits.introspection.0).unwrap_or(usize::MAX);
        let introspection = Introspection::new(&types, limit)?;
        let documents = Documents::new(&config);
        let any_types = LazyTypes::default();
        Ok(Self { contract, any_types, executor, config, types, introspection, own, documents })
    }

    /// Answers a query or a mutation by its context's deadline, as a client reads it that takes one answer.
    ///
    /// Dropping the future cancels the calls of a query; a mutation that has begun runs on.
    pub async fn execute(&self, request: Request<'_>, context: Context) -> Response {
        let Run { prepared, variables, slow, .. } = match self.prepare(&request, false) {
            Ok(run) => run,
            Err(refusal) => return refused(&refusal),
        };
        let beside = self.beside(slow, &prepared, &context);
        let answer = self.executor.execute(&prepared, variables, Arc::new(context), beside).await;
        let executor::Answer { body, data_is_null, errors, degraded, .. } = answer;
        Response { body, outcome: Outcome::Executed { data_is_null, errors, degraded } }
    }

    /// Begins any operation. A query or a mutation is answered by its context's deadline, once or in parts; a subscription as
    /// often as its service sends something.
    ///
    /// # Errors
    ///
    /// The answer to a request that is not executed.
    pub fn answers(&self, request: &Request<'_>, context: Context) -> Result<Answers, Response> {
        self.operation(request, context, Begins::AtOnce)
    }

    /// The same, but a subscription begins when its first answer is asked for: nothing gathers for a client that does not read
    /// yet.
    ///
    /// # Errors
    ///
    /// The answer to a request that is not executed.
    pub fn answers_when_read(
        &self,
        request: &Request<'_>,
        context: Context,
    ) -> Result<Answers, Response> {
        self.operation(request, context, Begins::WhenRead)
    }

    fn operation(
        &self,
        request: &Request<'_>,
        context: Context,
        begins: Begins,
    ) -> Result<Answers, Response> {
        let incremental = request.incremental;
        let run =
            self.prepare(request, incremental.is_some()).map_err(|refusal| refused(&refusal))?;
        let Run { prepared, variables, kind, slow } = run;
        let subscribed = kind == OperationKind::Subscription;
        let incremental = incremental.filter(|_| !prepared.plan().defers.is_empty());
        let bodies = if let Some(how) = incremental {
            let beside = self.beside(slow, &prepared, &context);
            let (executor, context) = (&self.executor, Arc::new(context));
            let answers =
                executor.execute_incrementally(&prepared, variables, context, beside, how);
            answers.map(|answer| answer.body).boxed()
        } else if !subscribed {
            let executor = Arc::clone(&self.executor);
            let beside = self.beside(slow, &prepared, &context);
            let context = Arc::new(context);
            let answer =
                async move { executor.execute(&prepared, variables, context, beside).await.body };
            stream::once(answer).boxed()
        } else if let Some(Lane { own: Some(own), .. }) = slow {
            let begin = |context| own.events(&variables, context);
            let plan = self.plan(&prepared, &context);
            self.executor
                .show(&prepared, Arc::new(context), plan, begin)
                .map(|answer| answer.body)
                .boxed()
        } else {
            let (executor, plan) = (Arc::clone(&self.executor), self.plan(&prepared, &context));
            let context = Arc::new(context);
            let begin = move || executor.subscribe(&prepared, variables, context, plan);
            let answers = match begins {
                Begins::AtOnce => begin(),
                Begins::WhenRead => async move { begin() }.flatten_stream().boxed(),
            };
            answers.map(|answer| answer.body).boxed()
        };
        Ok(Answers { subscribed, incremental: incremental.is_some(), bodies })
    }

    /// The schema that clients see, in the schema language.
    #[must_use]
    pub fn sdl(&self) -> String {
        self.types.schema.to_string()
    }

    /// The plan of an operation as text, as [`plan_text`] writes it.
    ///
    /// # Errors
    ///
    /// Those of [`plan_text`].
    pub fn plan_text(&self, query: &str, operation_name: Option<&str>) -> Result<String> {
        write_plan(&self.contract, &self.types, &self.config, query, operation_name)
    }

    /// Everything before execution; on the hit path two look-ups and the coercion of variables. What the document defers is
    /// left for later where the answer is `incremental`.
    fn prepare(&self, request: &Request<'_>, incremental: bool) -> Result<Run, Arc<Refusal>> {
        let prepare = |operation| self.compile(operation);
        let compiler = Compiler { types: &self.types, config: &self.config, prepare: &prepare };
        let operation_name = request.operation_name.as_deref();
        let known = self.documents.get(&request.query, operation_name, &compiler)?;
        if known.kind == OperationKind::Mutation && request.allowed == Allowed::Reads {
            let message = "A mutation cannot be sent with GET; send it with POST.";
            return Err(Arc::new(Refusal::new(Code::MethodNotAllowed, message)));
        }
        if known.kind == OperationKind::Subscription && !request.streams {
            let message = "A subscription has many answers; send it with \"accept: text/event-stream\", or over a WebSocket \
                           with the subprotocol \"graphql-transport-ws\".";
            return Err(Arc::new(Refusal::new(Code::BadRequest, message)));
        }
        let inputs = &self.types.inputs;
        let variables = coerce::coerce(&known.variables, inputs, request.variables, &self.config)?;
        let compiled = self.documents.decide(&known, &variables, incremental, &compiler)?;
        arguments::check(&compiled.prepared, &variables, &self.config.limits)?;
        let slow = compiled.prepared.slow.as_ref();
        let slow = slow.map(|slow| self.lane(slow, &variables)).transpose()?;
        let prepared = Arc::clone(&compiled.prepared.prepared);
        Ok(Run { prepared, variables, kind: known.kind, slow })
    }

    /// Makes an operation ready, and says how many bytes of introspection are kept with it.
    fn compile(&self, operation: Operation) -> Result<(Ready, usize), Refusal> {
        let plan = planner::plan(&operation, &self.contract)?;
        let prepared = executor::prepare(plan, &self.contract, &self.any_types)?;
        let Operation { kind, fields, slow, variables, .. } = operation;
        let unchecked = variables.iter().any(|it| self.types.inputs.is_unchecked(&it.ty));
        let slow_fields = fields.into_iter().filter(|field| slow.contains(&field.name));
        let (asked, own): (Vec<Field>, Vec<Field>) =
            slow_fields.partition(|field| matches!(field.name.as_str(), "__schema" | "__type"));
        if asked.is_empty() && own.is_empty() {
            return Ok((Ready { prepared, unchecked, slow: None }, 0));
        }
        let introspection = if asked.iter().any(depends_on_variables) {
            Introspected::Asked(asked)
        } else {
            Introspected::Answered(self.introspect(&asked, &[])?)
        };
        let weight = match &introspection {
            Introspected::Answered(answers) => answers.values().flatten().map(Bytes::len).sum(),
            Introspected::Asked(_) => 0,
        };
        let schema = self.own.clone().filter(|_| !own.is_empty());
        let own = schema.map(|schema| Own { schema, kind, fields: own.into() });
        Ok((Ready { prepared, unchecked, slow: Some(Slow { introspection, own }) }, weight))
    }

    /// What answers the slow fields of a request.
    fn lane(&self, slow: &Slow, variables: &Variables) -> Result<Lane, Refusal> {
        let introspected = match &slow.introspection {
            Introspected::Answered(answers) => Arc::clone(answers),
            Introspected::Asked(fields) => self.introspect(fields, variables)?,
        };
        let own = slow.own.clone();
        let variables = own.as_ref().map_or_else(Vec::new, |_| variables.to_vec());
        Ok(Lane { introspected, own, variables })
    }

    fn beside(&self, slow: Option<Lane>, prepared: &Prepared, context: &Context) -> Beside {
        let slow = slow.map(|lane| Arc::new(lane) as Arc<dyn SlowLane>);
        Beside { slow, plan: self.plan(prepared, context) }
    }

    /// What a caller is told of the plan who asks for it and may.
    fn plan(&self, prepared: &Prepared, context: &Context) -> Option<Bytes> {
        let plan = || Bytes::from(prepared.plan().display(&self.contract).to_json());
        context.explain.plan.then(plan)
    }

    fn introspect(
        &self,
        fields: &[Field],
        variables: &Variables,
    ) -> Result<Arc<Introspections>, Refusal> {
        let answer = |field: &Field| {
            let json = match NeverNull::check(&NeverNull::of(&field.arguments), variables) {
                Ok(()) => Ok(self.introspection.answer(field, variables)?),
                Err(error) => Err(error),
            };
            Ok((field.response_key.clone(), json))
        };
        fields.iter().map(answer).collect::<Result<_, _>>().map(Arc::new)
    }
}

/// The plan of an operation as text, with everything selected that `@skip` and `@include` might leave out. No service is
/// needed.
///
/// # Errors
///
/// Those that a request with this document would have, one line for each fault, and [`Code::FailedPrecondition`] where the
/// contract's schema is not valid.
pub fn plan_text(
    contract: &Contract,
    query: &str,
    operation_name: Option<&str>,
    config: &Config,
) -> Result<String> {
    write_plan(contract, &TypeSystem::new(&contract.sdl)?, config, query, operation_name)
}

fn write_plan(
    contract: &Contract,
    types: &TypeSystem,
    config: &Config,
    query: &str,
    operation_name: Option<&str>,
) -> Result<String> {
    let document = Document::new(query, operation_name, types, config)?;
    let lowered = document.lower(types, config, &|_| None, true)?;
    let plan = planner::plan(&lowered.operation, contract)?;
    Ok(plan.display(contract).to_string())
}

fn depends_on_variables(field: &Field) -> bool {
    let mut selected = field.selections.iter().flat_map(|selection| &selection.fields);
    let is_variable = |(_, value): &(String, Value)| matches!(value, Value::Variable { .. });
    field.arguments.iter().any(is_variable) || selected.any(depends_on_variables)
}

fn refused(refusal: &Refusal) -> Response {
    Response { body: refusal.body(), outcome: Outcome::RequestError { code: refusal.code } }
}

#[cfg(test)]
pub(super) mod tests;
