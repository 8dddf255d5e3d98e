//! What tests build plans and answers with.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    contract::{self, Cardinality, Contract, Format, Join, LazyTypes, Scalar, join},
    error::Result,
    operation::{Location, OperationKind, Value as Argument},
    plan::{
        Guess, KeySource, Member, Plan, Shape, ShapeField, ShapeId, Site, SiteId, Source, Step,
        StepId, Value, Wire,
    },
    transcoder::{
        Budget, Emission, EmitInput, Entity, EntityValue, KeyTable, PathSegment, Program, Refs,
        SlowFields, compile,
    },
};

/// A plan in the making. Shape 0 is the root.
pub(super) struct Builder {
    plan: Plan,
    pub(super) contract: Contract,
}

impl Builder {
    pub(super) fn new() -> Self {
        let root = Shape { type_name: "Query".to_owned(), fields: Vec::new(), ..Shape::default() };
        Self {
            plan: Plan {
                kind: OperationKind::Query,
                variables: Vec::new(),
                root: ShapeId(0),
                shapes: vec![root],
                sites: Vec::new(),
                steps: Vec::new(),
                defers: Vec::new(),
                streams: Vec::new(),
            },
            contract: Contract::default(),
        }
    }

    pub(super) fn shape(&mut self, type_name: &str, fields: Vec<ShapeField>) -> ShapeId {
        self.plan.shapes.push(Shape {
            type_name: type_name.to_owned(),
            fields,
            ..Shape::default()
        });
        ShapeId(self.plan.shapes.len() - 1)
    }

    pub(super) fn step(&mut self, join: Join) -> StepId {
        self.plan.steps.push(Step {
            join,
            arguments: Vec::new(),
            timeout: None,
            needs: Vec::new(),
            after: Vec::new(),
            level: 0,
            early: false,
            deferred: false,
            mask: None,
        });
        StepId(self.plan.steps.len() - 1)
    }

    pub(super) fn arguments(&mut self, step: StepId, arguments: Vec<(&str, Argument)>) {
        let named = arguments.into_iter().map(|(name, value)| (name.to_owned(), value));
        self.plan.steps[step.0].arguments = named.collect();
    }

    pub(super) fn site(
        &mut self,
        step: StepId,
        parent: Option<SiteId>,
        key: Vec<KeySource>,
        many: bool,
    ) -> SiteId {
        self.plan.sites.push(Site {
            step,
            parent,
            key,
            many,
            stream: None,
            timeout: None,
            guess: Vec::new(),
            fields: None,
        });
        SiteId(self.plan.sites.len() - 1)
    }

    pub(super) fn guess(&mut self, site: SiteId, guess: Vec<Guess>) {
        self.plan.sites[site.0].guess = guess;
    }

    pub(super) fn root(&mut self, fields: Vec<ShapeField>) {
        self.plan.shapes[0].fields = fields;
    }

    pub(super) fn compile(self) -> Program {
        self.try_compile().unwrap()
    }

    pub(super) fn try_compile(self) -> Result<Program> {
        compile(&Arc::new(self.plan), &self.contract, &LazyTypes::default())
    }

    pub(super) fn policy(&mut self, step: StepId, policy: contract::Policy) {
        self.plan.steps[step.0].join.policy = Some(Box::new(policy));
    }

    /// A program whose `data` is `{"it": …}`, read from the one entity that its only step answers.
    pub(super) fn reads(mut self, then: Source, nullable: bool) -> Program {
        let step = self.step(call(Vec::new()));
        let site = self.site(step, None, Vec::new(), false);
        let it = joined("it", site, then);
        self.root(vec![if nullable { it } else { non_null(it) }]);
        self.compile()
    }
}

/// A call of method 0 without a batch.
pub(super) fn call(key: Vec<contract::KeyPart>) -> Join {
    Join { target: Some(join::Target::Method(0)), key, ..Join::default() }
}

pub(super) fn key_part(path: &[u32], scalar: Scalar, target: &[u32]) -> contract::KeyPart {
    contract::KeyPart {
        path: path.to_vec(),
        scalar: scalar.into(),
        target: target.to_vec(),
        target_scalar: scalar.into(),
        presence: false,
        lists: Vec::new(),
    }
}

pub(super) fn key_source(path: &[u32], scalar: Scalar) -> KeySource {
    KeySource { path: path.to_vec(), lists: Vec::new(), scalar, presence: false }
}

/// A batch of string keys in field 1, answered by items in field 1 with their keys in field 1.
pub(super) fn batch(scalar: Scalar) -> Join {
    Join {
        batch: Some(contract::Batch {
            keys: vec![1],
            items: vec![1],
            r#match: vec![contract::Match { path: vec![1], scalar: scalar.into() }],
            ..contract::Batch::default()
        }),
        ..call(vec![key_part(&[1], scalar, &[])])
    }
}

pub(super) fn field(response_key: &str, source: Source) -> ShapeField {
    ShapeField {
        response_key: response_key.to_owned(),
        name: response_key.to_owned(),
        nullable: true,
        item_nullable: true,
        source,
        defers: Vec::new(),
        location: Location { line: 1, column: 1 },
    }
}

pub(super) fn non_null(field: ShapeField) -> ShapeField {
    ShapeField { nullable: false, item_nullable: false, ..field }
}

pub(super) fn joined(response_key: &str, site: SiteId, then: Source) -> ShapeField {
    field(response_key, Source::Join { site, then: Box::new(then) })
}

pub(super) fn leaf(scalar: Scalar, format: Format) -> contract::Leaf {
    contract::Leaf { scalar: scalar.into(), format: format.into(), ..contract::Leaf::default() }
}

pub(super) fn wire(number: u32, cardinality: Cardinality, value: Value) -> Source {
    Source::Wire(Wire {
        path: Vec::new(),
        number,
        cardinality,
        value,
        map_key: None,
        default: Vec::new(),
        stream: None,
    })
}

pub(super) fn at(path: &[u32], source: Source) -> Source {
    match source {
        Source::Wire(wire) => Source::Wire(Wire { path: path.to_vec(), ..wire }),
        source => source,
    }
}

pub(super) fn scalar(number: u32, scalar: Scalar, format: Format) -> Source {
    wire(number, Cardinality::Implicit, Value::Leaf(leaf(scalar, format)))
}

pub(super) fn string(number: u32) -> Source {
    scalar(number, Scalar::String, Format::String)
}

pub(super) fn object(number: u32, shape: ShapeId) -> Source {
    wire(number, Cardinality::Explicit, Value::Object(shape))
}

pub(super) fn list(number: u32, shape: ShapeId) -> Source {
    wire(number, Cardinality::Repeated, Value::Object(shape))
}

pub(super) fn choice(number: u32, members: &[(u32, ShapeId)]) -> Source {
    let members = members.iter().map(|(number, shape)| Member { number: *number, shape: *shape });
    wire(number, Cardinality::Explicit, Value::Abstract(members.collect()))
}

/// The message itself.
pub(super) fn whole(shape: ShapeId) -> Source {
    object(0, shape)
}

/// Longer than any test runs.
const HOUR: Duration = Duration::from_secs(3600);

/// One request of a program, run by hand.
pub(super) struct Run<'p> {
    program: &'p Program,
    pub(super) keys: Vec<KeyTable>,
    pub(super) refs: Vec<Refs>,
    pub(super) entities: Vec<Vec<Entity>>,
    pub(super) budget: Budget,
    pub(super) slow: SlowFields,
}

impl<'p> Run<'p> {
    /// A run whose root is extracted.
    pub(super) fn new(program: &'p Program) -> Self {
        let plan = program.plan();
        let mut run = Self {
            program,
            keys: plan.steps.iter().map(|_| KeyTable::default()).collect(),
            refs: vec![Refs::default(); plan.sites.len()],
            entities: vec![Vec::new(); plan.steps.len()],
            slow: SlowFields::new(),
            budget: Budget { size: usize::MAX, deadline: Instant::now() + HOUR },
        };
        run.program.extract(None, (0, b""), &mut run.keys, &mut run.refs, &[]).unwrap();
        run
    }

    /// Answers each key of a step, and extracts what stands below its sites. An entity that cannot be read has failed, as
    /// the executor would have it.
    pub(super) fn answer(&mut self, step: usize, mut answer: impl FnMut(&[u8]) -> EntityValue) {
        let keys: Vec<Vec<u8>> = self.keys[step].iter().map(<[u8]>::to_vec).collect();
        for (id, key) in (0..).zip(keys) {
            let mut value = answer(&key);
            if let EntityValue::Bytes(bytes) = &value {
                let sites: Vec<SiteId> = self.program.plan().sites_of(StepId(step)).collect();
                for site in sites {
                    let (keys, refs) = (&mut self.keys, &mut self.refs);
                    if let Err(error) =
                        self.program.extract(Some(site), (id, bytes), keys, refs, &[])
                    {
                        value = EntityValue::Failed(error);
                        break;
                    }
                }
            }
            self.entities[step].push(Entity { value, note: None });
        }
    }

    pub(super) fn emit(&self) -> (String, Emission) {
        let mut out = b"before".to_vec();
        let emission = self.emit_into(&mut out);
        let json = String::from_utf8(out).unwrap();
        let json = json.strip_prefix("before").unwrap().to_owned();
        serde_json::from_str::<serde_json::Value>(&json)
            .unwrap_or_else(|error| panic!("{error} in {json}"));
        (json, emission)
    }

    pub(super) fn emit_into(&self, out: &mut Vec<u8>) -> Emission {
        let input = EmitInput {
            steps: &self.entities,
            refs: &self.refs,
            slow: &self.slow,
            lists: &[],
            budget: self.budget,
        };
        self.program.emit(&input, out)
    }

    /// The JSON, and each error as `path: CODE`.
    pub(super) fn check(&self, json: &str, errors: &[&str]) {
        let (written, emission) = self.emit();
        assert_eq!(written, json);
        assert_eq!(shown(&emission), errors);
    }
}

/// Each error as `path: CODE`.
pub(super) fn shown(emission: &Emission) -> Vec<String> {
    let errors = emission.errors.iter();
    errors.map(|error| format!("{}: {}", path(&error.path), error.error.code())).collect()
}

/// A path as `a.0.b`.
pub(super) fn path(segments: &[PathSegment]) -> String {
    let segments = segments.iter().map(|segment| match segment {
        PathSegment::Key(key) => key.to_string(),
        PathSegment::Index(index) => index.to_string(),
    });
    segments.collect::<Vec<_>>().join(".")
}

pub(super) fn bytes(message: Vec<u8>) -> EntityValue {
    EntityValue::Bytes(message.into())
}
