//! The plans that are run.

use anabranch::{
    contract::{self, Batch, Cardinality, Format, Join, Scalar, join},
    operation::{Location, OperationKind},
    plan::{
        KeySource, Plan, Shape, ShapeField, ShapeId, Site, SiteId, Source, Step, StepId, Value,
        Wire,
    },
};

pub(crate) fn field(response_key: &str, source: Source) -> ShapeField {
    ShapeField {
        response_key: response_key.to_owned(),
        name: response_key.to_owned(),
        nullable: true,
        item_nullable: true,
        source,
        defers: Vec::new(),
        location: Location::default(),
    }
}

pub(crate) fn wire(number: u32, cardinality: Cardinality, value: Value) -> Source {
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

pub(crate) fn leaf(scalar: Scalar, format: Format) -> Value {
    let (scalar, format) = (scalar.into(), format.into());
    Value::Leaf(contract::Leaf { scalar, format, ..contract::Leaf::default() })
}

pub(crate) fn scalar(number: u32, scalar: Scalar, format: Format) -> Source {
    wire(number, Cardinality::Implicit, leaf(scalar, format))
}

pub(crate) fn string(number: u32) -> Source {
    scalar(number, Scalar::String, Format::String)
}

pub(crate) fn flat() -> Vec<ShapeField> {
    vec![
        field("id", string(1)),
        field("sku", string(16)),
        field("name", string(2)),
        field("url", string(15)),
        field("brand", string(14)),
        field("priceCents", scalar(5, Scalar::Int64, Format::Int)),
        field("stock", scalar(4, Scalar::Int32, Format::Int)),
        field("views", scalar(6, Scalar::Uint64, Format::Decimal)),
        field("rating", scalar(7, Scalar::Double, Format::Float)),
        field("active", scalar(8, Scalar::Bool, Format::Boolean)),
    ]
}

pub(crate) fn nest(plan: &mut Plan) -> Vec<ShapeField> {
    plan.shapes.push(Shape {
        type_name: "Dimensions".to_owned(),
        fields: vec![
            field("width", scalar(1, Scalar::Double, Format::Float)),
            field("height", scalar(2, Scalar::Double, Format::Float)),
            field("unit", string(3)),
        ],
        ..Shape::default()
    });
    let size = ShapeId(plan.shapes.len() - 1);
    let ints = wire(11, Cardinality::Repeated, leaf(Scalar::Int32, Format::Int));
    let tags = wire(10, Cardinality::Repeated, leaf(Scalar::String, Format::String));
    let created = leaf(Scalar::Message, Format::Timestamp);
    vec![
        field("id", string(1)),
        field("name", string(2)),
        field("description", string(3)),
        field("tags", tags),
        field("created", wire(13, Cardinality::Explicit, created)),
        field("size", wire(12, Cardinality::Explicit, Value::Object(size))),
        field("sizes", ints),
        field("rating", scalar(7, Scalar::Double, Format::Float)),
        field("active", scalar(8, Scalar::Bool, Format::Boolean)),
        field("url", string(15)),
    ]
}

pub(crate) fn step(join: Join) -> Step {
    let (needs, after, level, timeout, arguments) = (Vec::new(), Vec::new(), 0, None, Vec::new());
    Step {
        join,
        arguments,
        timeout,
        needs,
        after,
        level,
        early: false,
        deferred: false,
        mask: None,
    }
}

/// `{ products { … } }` from one call that answers with all of them.
pub(crate) fn plan(fields: impl FnOnce(&mut Plan) -> Vec<ShapeField>) -> Plan {
    let mut plan = Plan {
        kind: OperationKind::Query,
        variables: Vec::new(),
        root: ShapeId(0),
        shapes: vec![Shape { type_name: "Query".to_owned(), ..Shape::default() }],
        sites: vec![Site {
            step: StepId(0),
            parent: None,
            key: Vec::new(),
            many: false,
            timeout: None,
            stream: None,
            guess: Vec::new(),
            fields: None,
        }],
        steps: vec![step(Join { target: Some(join::Target::Method(0)), ..Join::default() })],
        defers: Vec::new(),
        streams: Vec::new(),
    };
    let fields = fields(&mut plan);
    plan.shapes.push(Shape { type_name: "Product".to_owned(), fields, ..Shape::default() });
    let product = Value::Object(ShapeId(plan.shapes.len() - 1));
    let then = Box::new(wire(1, Cardinality::Repeated, product));
    plan.shapes[0].fields = vec![field("products", Source::Join { site: SiteId(0), then })];
    plan
}

pub(crate) fn joined(plan: &mut Plan) -> Vec<ShapeField> {
    let matching = contract::Match { path: vec![1], scalar: Scalar::String.into() };
    let batch =
        Batch { keys: vec![1], items: vec![1], r#match: vec![matching], ..Batch::default() };
    let key = contract::KeyPart {
        scalar: Scalar::String.into(),
        target_scalar: Scalar::String.into(),
        ..contract::KeyPart::default()
    };
    let target = Some(join::Target::Method(1));
    plan.steps.push(step(Join { target, key: vec![key], batch: Some(batch), ..Join::default() }));
    let key = vec![KeySource {
        path: vec![1],
        lists: Vec::new(),
        scalar: Scalar::String,
        presence: false,
    }];
    plan.sites.push(Site {
        step: StepId(1),
        parent: Some(SiteId(0)),
        key,
        many: false,
        timeout: None,
        stream: None,
        guess: Vec::new(),
        fields: None,
    });
    plan.shapes.push(Shape {
        type_name: "Price".to_owned(),
        fields: vec![
            field("amount", scalar(2, Scalar::Int64, Format::Int)),
            field("currency", string(3)),
        ],
        ..Shape::default()
    });
    let price = Value::Object(ShapeId(plan.shapes.len() - 1));
    let then = Box::new(wire(0, Cardinality::Explicit, price));
    vec![
        field("id", string(1)),
        field("stock", scalar(4, Scalar::Int32, Format::Int)),
        field("price", Source::Join { site: SiteId(1), then }),
    ]
}
