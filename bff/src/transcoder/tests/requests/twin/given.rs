//! Random arguments and variables: what fits, mostly.

use super::*;
use crate::transcoder::json;

/// What a request of ours gives.
pub(super) struct Given {
    pub(super) arguments: Vec<(String, Value)>,
    pub(super) variables: Vec<Option<Value>>,
}

struct Giver<'r, 'b, 's> {
    random: &'r mut Random<'b>,
    schema: &'s Schema,
    variables: Vec<Option<Value>>,
    /// The values of variables have none inside.
    in_variable: bool,
}

impl Given {
    pub(super) fn random(random: &mut Random<'_>, schema: &Schema) -> Self {
        let variables = Vec::new();
        let mut giver = Giver { random, schema, variables, in_variable: false };
        let mut arguments = Vec::new();
        for fill in &schema.fills {
            let (Some(fill::Source::Argument(path)), Some(value)) = (&fill.source, &fill.value)
            else {
                continue;
            };
            if giver.random.once_in(12) {
                continue;
            }
            let name = path.split('.').next().unwrap_or_default();
            let value = if name == path {
                giver.place(&mut |giver| giver.value(value, 3))
            } else {
                giver.place(&mut |giver| giver.around(value))
            };
            arguments.push((name.to_owned(), value));
        }
        Self { arguments, variables: giver.variables }
    }
}

impl Giver<'_, '_, '_> {
    /// A value, or a variable that has it.
    fn place(&mut self, value: &mut dyn FnMut(&mut Self) -> Value) -> Value {
        if self.in_variable || !self.random.once_in(4) {
            return value(self);
        }
        self.in_variable = true;
        let value = value(self);
        self.in_variable = false;
        let index = self.variables.len();
        let (of_request, default) = match self.random.below(5) {
            0 => (None, None),
            1 => (None, Some(Box::new(value))),
            2 => (Some(value), Some(Box::new(Value::Int(77)))),
            _ => (Some(value), None),
        };
        self.variables.push(of_request);
        Value::Variable { index, default, never_null: false }
    }

    /// An object that has the value as `in`.
    fn around(&mut self, of: &InputValue) -> Value {
        if self.random.once_in(8) {
            return Value::Null;
        }
        let mut fields = vec![("out".into(), Value::Int(1))];
        if !self.random.once_in(8) {
            fields.push(("in".into(), self.place(&mut |giver| giver.value(of, 3))));
        }
        Value::Object(fields)
    }

    fn value(&mut self, of: &InputValue, depth: usize) -> Value {
        if self.random.once_in(15) {
            return Value::Null;
        }
        match of.cardinality() {
            Cardinality::Repeated if !self.random.once_in(5) => {
                let count = self.random.below(4);
                let item = &mut |giver: &mut Self| giver.one(of, depth);
                Value::List((0..count).map(|_| self.place(item)).collect())
            }
            Cardinality::Map if !self.random.once_in(30) => {
                let key = of.map_key.as_ref().map_or(Scalar::String, contract::Leaf::scalar);
                let mut entries: Vec<(Arc<str>, Value)> = Vec::new();
                for _ in 0..self.random.below(4) {
                    let name: Arc<str> = self.map_key(key).into();
                    if entries.iter().all(|(other, _)| *other != name) {
                        entries.push((name, self.place(&mut |giver| giver.one(of, depth))));
                    }
                }
                Value::Object(entries)
            }
            _ => self.one(of, depth),
        }
    }

    fn map_key(&mut self, key: Scalar) -> String {
        match key {
            Scalar::Bool => ["true", "false"][self.random.below(2)].to_owned(),
            Scalar::String => self.random.text(),
            _ if self.random.once_in(30) => self.random.text(),
            _ => self.random.below(300).to_string(),
        }
    }

    fn one(&mut self, of: &InputValue, depth: usize) -> Value {
        match of.value.as_ref().expect("a value") {
            input_value::Value::Leaf(leaf) => self.leaf(leaf),
            input_value::Value::Input(_) if self.random.once_in(60) => Value::Int(1),
            input_value::Value::Input(index) => {
                let mut fields = Vec::new();
                for field in &self.schema.inputs[*index as usize].fields {
                    if depth > 0 && self.random.once_in(2) {
                        let of = field.value.as_ref().expect("a value");
                        let value = self.place(&mut |giver| giver.value(of, depth - 1));
                        fields.push((field.name.as_str().into(), value));
                    }
                }
                if self.random.once_in(10) {
                    fields.push(("unknown".into(), Value::Int(1)));
                }
                self.random.shuffle(&mut fields);
                Value::Object(fields)
            }
        }
    }

    fn leaf(&mut self, leaf: &contract::Leaf) -> Value {
        if self.random.once_in(40) {
            return [Value::Null, string("ten"), Value::Boolean(true), Value::Float(0.5)]
                [self.random.below(4)]
            .clone();
        }
        match (leaf.scalar(), leaf.format()) {
            (Scalar::Bool, _) => Value::Boolean(self.random.once_in(2)),
            (Scalar::Double | Scalar::Float, _) => match self.random.below(6) {
                0 => Value::Int(self.random.number() as i64),
                1 => string("2.5e3"),
                2 => Value::Float(-0.0),
                3 => Value::Float(1e300),
                _ => Value::Float(self.random.number() as i64 as f64 / 8.0),
            },
            (Scalar::Enum, _) => {
                let (name, _) = COLORS[self.random.below(COLORS.len())];
                Value::Enum(name.into())
            }
            (Scalar::Bytes, _) => {
                let mut quoted = Vec::new();
                json::base64(&mut quoted, self.random.text().as_bytes());
                let text = String::from_utf8_lossy(&quoted[1..quoted.len() - 1]).into_owned();
                let text = if self.random.once_in(2) { text.replace('=', "") } else { text };
                let url_safe = || text.replace('+', "-").replace('/', "_");
                string(&if self.random.once_in(2) { url_safe() } else { text })
            }
            (Scalar::String, _) if self.random.once_in(6) => {
                Value::Int(self.random.number() as i64)
            }
            (Scalar::String, _) => string(&self.random.text()),
            (Scalar::Message, format) => self.well_known(format),
            (_, Format::Decimal) => match self.random.below(8) {
                0 => string(&self.random.number().to_string()),
                1 => Value::Unsigned(self.random.number()),
                _ => string(&self.random.below(300).to_string()),
            },
            _ if self.random.once_in(6) => Value::Int(self.random.number() as i64),
            _ => Value::Int(self.random.below(300) as i64),
        }
    }

    fn well_known(&mut self, format: Format) -> Value {
        let nanos = [0, 5, 500_000_000, 123_000][self.random.below(4)];
        let seconds = self.random.below(4_000_000_000) as i64 - 2_000_000_000;
        match format {
            Format::Timestamp => string(&prost_types::Timestamp { seconds, nanos }.to_string()),
            Format::Duration => {
                let nanos = if seconds < 0 { -nanos } else { nanos };
                string(&prost_types::Duration { seconds, nanos }.to_string())
            }
            Format::FieldMask => string(["", "aB,c", " a.bC , d", "a,,b"][self.random.below(4)]),
            Format::Any => match self.random.below(4) {
                0 => object(Vec::new()),
                1 => object(vec![("@type", string("t")), ("value", string("CAE="))]),
                2 => object(vec![("value", string("!")), ("@type", string("t"))]),
                _ => object(vec![("@type", string("t.googleapis.com/a.B"))]),
            },
            Format::Empty => Value::Boolean(!self.random.once_in(20)),
            Format::Struct => self.structure(2),
            Format::ListValue => self.list(2),
            _ => self.json(2),
        }
    }

    fn structure(&mut self, depth: usize) -> Value {
        let mut fields: Vec<(Arc<str>, Value)> = Vec::new();
        for at in 0..self.random.below(4) {
            let name = format!("{}{at}", self.random.text());
            fields.push((name.into(), self.place(&mut |giver| giver.json(depth))));
        }
        Value::Object(fields)
    }

    fn list(&mut self, depth: usize) -> Value {
        let count = self.random.below(4);
        Value::List((0..count).map(|_| self.place(&mut |giver| giver.json(depth))).collect())
    }

    fn json(&mut self, depth: usize) -> Value {
        match self.random.below(if depth > 0 { 9 } else { 7 }) {
            0 => Value::Null,
            1 => Value::Boolean(self.random.once_in(2)),
            2 => Value::Float(self.random.number() as i64 as f64 / 8.0),
            3 => Value::Int(self.random.below(300) as i64 - 150),
            4 if self.random.once_in(8) => Value::Unsigned(self.random.number()),
            4..=6 => string(&self.random.text()),
            7 => self.structure(depth - 1),
            _ => self.list(depth - 1),
        }
    }
}
