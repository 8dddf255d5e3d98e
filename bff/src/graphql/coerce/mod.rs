//! The values of variables, from the JSON of a request straight to values of their types, as the specification's
//! `CoerceVariableValues` says. All faults are found at once.

mod faults;
mod json;

use std::sync::Arc;

use serde_json::value::RawValue;

use self::{
    faults::{Faults, Segment},
    json::{Json, Kind},
};
use super::{
    config::{Config, Limits},
    literal,
    refusal::Refusal,
    schema::{InputObject, InputTypes},
};
use crate::{
    error::Code,
    operation::{EnumType, InputType, Value, VariableDefinition},
};

/// The value of each variable; `None` where the request gives none and there is no default.
///
/// # Errors
///
/// [`Code::BadRequest`] where `given` is not an object, [`Code::BadUserInput`] with a fault for each wrong value, and
/// [`Code::LimitExceeded`].
pub(super) fn coerce(
    variables: &[VariableDefinition],
    types: &InputTypes,
    given: Option<&RawValue>,
    config: &Config,
) -> Result<Vec<Option<Value>>, Refusal> {
    let limits = &config.limits;
    let mut values = vec![None; variables.len()];
    let mut coercion = Coercion {
        types,
        limits,
        faults: Faults::new(limits.errors, config.introspection),
        depth: 0,
        values: 0,
        limit: None,
    };
    if let Some(given) = given {
        let mut json = Json::new(given.get());
        match json.kind() {
            Kind::Null => {}
            Kind::Object => coercion.variables(variables, &mut json, &mut values),
            _ => return Err(Refusal::new(Code::BadRequest, "`variables` must be an object.")),
        }
    }
    for (value, variable) in values.iter_mut().zip(variables) {
        if value.is_none() {
            value.clone_from(&variable.default);
        }
        if value.is_none() && matches!(variable.ty, InputType::NonNull(_)) {
            coercion.faults.missing_variable(variable);
        }
    }
    coercion.finish(values)
}

struct Coercion<'t> {
    types: &'t InputTypes,
    limits: &'t Limits,
    faults: Faults<'t>,
    depth: usize,
    values: usize,
    limit: Option<String>,
}

impl<'t> Coercion<'t> {
    fn variables(
        &mut self,
        variables: &'t [VariableDefinition],
        json: &mut Json<'_>,
        values: &mut [Option<Value>],
    ) {
        json.open();
        while json.has_next() {
            let name = json.key();
            let at = variables.iter().position(|variable| name.as_deref() == Some(&variable.name));
            match at {
                Some(at) => {
                    self.faults.begin(&variables[at]);
                    values[at] = Some(self.value(&variables[at].ty, json));
                }
                // The specification lets a request give more than the operation declares.
                None => {
                    json.raw();
                }
            }
        }
    }

    fn finish(self, values: Vec<Option<Value>>) -> Result<Vec<Option<Value>>, Refusal> {
        if let Some(message) = self.limit {
            return Err(Refusal::new(Code::LimitExceeded, message));
        }
        self.faults.finish().map(|()| values)
    }

    /// The next value as one of type `ty`. After a fault it is null, and not used.
    fn value(&mut self, ty: &'t InputType, json: &mut Json<'_>) -> Value {
        if !self.count(1) {
            json.raw();
            return Value::Null;
        }
        let (ty, nullable) = match ty {
            InputType::NonNull(inner) => (&**inner, false),
            ty => (ty, true),
        };
        if json.kind() == Kind::Null {
            let raw = json.raw();
            if !nullable {
                self.faults.null(ty, raw);
            }
            return Value::Null;
        }
        match ty {
            InputType::NonNull(inner) => self.value(inner, json),
            InputType::List(item) => self.list(item, json),
            InputType::Object(name) => match self.types.object(name) {
                Some(object) => self.object(ty, object, json),
                None => self.any(ty, json),
            },
            InputType::Scalar(_) => self.any(ty, json),
            InputType::Enum(definition) => self.enumeration(ty, definition, json),
            _ => self.built_in(ty, json),
        }
    }

    fn list(&mut self, item: &'t InputType, json: &mut Json<'_>) -> Value {
        if json.kind() != Kind::List {
            return Value::List(vec![self.value(item, json)]);
        }
        let Some(items) = self.nested(json, |coercion, json| {
            let mut items = Vec::new();
            while json.has_next() {
                coercion.faults.path.push(Segment::Item(items.len()));
                items.push(coercion.value(item, json));
                coercion.faults.path.pop();
            }
            items
        }) else {
            return Value::Null;
        };
        Value::List(items)
    }

    fn object(&mut self, ty: &'t InputType, object: &'t InputObject, json: &mut Json<'_>) -> Value {
        if json.kind() != Kind::Object {
            self.faults.wrong(ty, json.raw());
            return Value::Null;
        }
        let read = self.nested(json, |coercion, json| {
            let mut values: Vec<Option<Value>> = vec![None; object.fields.len()];
            while json.has_next() {
                let name = json.key();
                let Some(at) = name.as_deref().and_then(|name| object.position(name)) else {
                    let name = name.as_deref().unwrap_or("\u{fffd}");
                    coercion.faults.unknown_field(ty, object, name, json.raw());
                    continue;
                };
                let field = &object.fields[at];
                coercion.faults.path.push(Segment::Field(&field.name));
                values[at] = Some(coercion.value(&field.ty, json));
                coercion.faults.path.pop();
            }
            values
        });
        match read {
            Some(values) => self.complete(ty, object, values),
            None => Value::Null,
        }
    }

    /// Puts defaults in, and checks what is missing.
    fn complete(
        &mut self,
        ty: &'t InputType,
        object: &'t InputObject,
        values: Vec<Option<Value>>,
    ) -> Value {
        if object.one_of {
            let given = values.iter().flatten().count();
            let has_null = values.iter().flatten().any(|value| *value == Value::Null);
            if given != 1 || has_null {
                self.faults.not_one_of(ty, given);
            }
        }
        let mut entries = Vec::with_capacity(values.len());
        for (value, field) in values.into_iter().zip(&object.fields) {
            let value = match value {
                Some(value) => value,
                None => match &field.default {
                    Some(default) if self.count(field.default_values) => default.clone(),
                    Some(_) => continue,
                    None => {
                        if matches!(field.ty, InputType::NonNull(_)) {
                            self.faults.missing_field(&field.name, &field.ty);
                        }
                        continue;
                    }
                },
            };
            entries.push((Arc::clone(&field.name), value));
        }
        Value::Object(entries)
    }

    fn enumeration(
        &mut self,
        ty: &'t InputType,
        definition: &'t EnumType,
        json: &mut Json<'_>,
    ) -> Value {
        if json.kind() != Kind::String {
            self.faults.wrong(ty, json.raw());
            return Value::Null;
        }
        let raw = Json::new(json.raw()).string();
        let text = raw.as_deref().unwrap_or_default();
        match definition.values.iter().find(|value| ***value == *text) {
            Some(value) => Value::Enum(Arc::clone(value)),
            None => {
                self.faults.wrong(ty, &format!("\"{text}\""));
                Value::Null
            }
        }
    }

    fn built_in(&mut self, ty: &'t InputType, json: &mut Json<'_>) -> Value {
        let kind = json.kind();
        let raw = json.raw();
        let value = match (ty, kind) {
            (InputType::Boolean, Kind::Boolean) => Some(Value::Boolean(raw == "true")),
            (InputType::String | InputType::Id, Kind::String) => {
                Json::new(raw).string().map(|text| Value::String(Arc::from(&*text)))
            }
            (InputType::Int, Kind::Number) => whole(raw).map(Value::Int),
            (InputType::Float, Kind::Number) => finite(raw).map(Value::Float),
            (InputType::Id, Kind::Number) if is_integer(raw) => Some(Value::String(Arc::from(raw))),
            _ => None,
        };
        value.unwrap_or_else(|| {
            self.faults.wrong(ty, raw);
            Value::Null
        })
    }

    /// Any JSON, for custom scalars, but for what would become another value.
    fn any(&mut self, ty: &'t InputType, json: &mut Json<'_>) -> Value {
        match json.kind() {
            Kind::List => {
                let items = self.nested(json, |coercion, json| {
                    let mut items = Vec::new();
                    while json.has_next() {
                        coercion.faults.path.push(Segment::Item(items.len()));
                        items.push(coercion.counted(ty, json));
                        coercion.faults.path.pop();
                    }
                    items
                });
                items.map_or(Value::Null, Value::List)
            }
            Kind::Object => self.entries(ty, json),
            Kind::String => {
                let raw = json.raw();
                let text = Json::new(raw).string().map(|text| Value::String(Arc::from(&*text)));
                self.or_changed(ty, raw, text)
            }
            Kind::Boolean => Value::Boolean(json.raw() == "true"),
            Kind::Number => {
                let raw = json.raw();
                self.or_changed(ty, raw, literal::number(raw))
            }
            Kind::Null => {
                json.raw();
                Value::Null
            }
        }
    }

    fn entries(&mut self, ty: &'t InputType, json: &mut Json<'_>) -> Value {
        let whole = json.rest();
        let mut has_bad_key = false;
        let entries = self.nested(json, |coercion, json| {
            let mut entries = Vec::new();
            while json.has_next() {
                let Some(name) = json.key() else {
                    has_bad_key = true;
                    json.raw();
                    continue;
                };
                let name: Arc<str> = Arc::from(&*name);
                coercion.faults.path.push(Segment::Key(Arc::clone(&name)));
                entries.push((name, coercion.counted(ty, json)));
                coercion.faults.path.pop();
            }
            entries
        });
        if has_bad_key {
            self.faults.changed(ty, Json::new(whole).raw());
        }
        entries.map_or(Value::Null, Value::Object)
    }

    fn or_changed(&mut self, ty: &'t InputType, raw: &str, value: Option<Value>) -> Value {
        value.unwrap_or_else(|| {
            self.faults.changed(ty, raw);
            Value::Null
        })
    }

    fn counted(&mut self, ty: &'t InputType, json: &mut Json<'_>) -> Value {
        if self.count(1) {
            return self.any(ty, json);
        }
        json.raw();
        Value::Null
    }

    /// Reads a list or an object from inside; `None` where it would be too deep.
    fn nested<T>(
        &mut self,
        json: &mut Json<'_>,
        read: impl FnOnce(&mut Self, &mut Json<'_>) -> T,
    ) -> Option<T> {
        let limit = self.limits.input_depth;
        if self.depth >= limit {
            json.raw();
            let message =
                || format!("Lists and objects in `variables` nest deeper than {limit} levels.");
            self.limit.get_or_insert_with(message);
            return None;
        }
        self.depth += 1;
        json.open();
        let value = read(self, json);
        self.depth -= 1;
        Some(value)
    }

    fn count(&mut self, values: usize) -> bool {
        self.values += values;
        let limit = self.limits.input_values;
        if self.values > limit {
            let message = || format!("`variables` has more than {limit} values.");
            self.limit.get_or_insert_with(message);
        }
        self.values <= limit
    }
}

fn is_integer(raw: &str) -> bool {
    !raw.contains(['.', 'e', 'E'])
}

/// A whole number of 32 bits, also where it is written like `1.0` or `1e3`, which mean the same in JSON.
fn whole(raw: &str) -> Option<i64> {
    if is_integer(raw) {
        return raw.parse::<i32>().ok().map(i64::from);
    }
    let number = finite(raw)?;
    let fits =
        number.fract() == 0.0 && (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number);
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and within 32 bits")]
    fits.then_some(number as i64)
}

fn finite(raw: &str) -> Option<f64> {
    raw.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests;
