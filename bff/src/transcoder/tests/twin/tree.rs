//! The slow twin: it builds a tree.

use super::*;

/// What a step's only site reads.
pub(super) fn then_of(plan: &Plan, step: StepId) -> Option<&Source> {
    let fields = plan.shapes.iter().flat_map(|shape| &shape.fields);
    fields.into_iter().find_map(|field| match &field.source {
        Source::Join { site, then } if plan.site(*site).step == step => Some(&**then),
        _ => None,
    })
}

/// The twin.
pub(super) struct Twin<'a> {
    pub(super) plan: &'a Plan,
    pub(super) run: &'a Run<'a>,
    pub(super) errors: Vec<String>,
    pub(super) degraded: Vec<String>,
}

/// Why a value is missing.
#[derive(Clone)]
pub(super) enum Missing {
    /// With this error, which is reported by whoever becomes null.
    Null(String),
    Garbage,
}

type Result<T> = std::result::Result<T, Missing>;

impl Twin<'_> {
    pub(super) fn error(&mut self, path: &str, code: Code) -> Missing {
        let error = format!("{path}: {code}");
        self.errors.push(error.clone());
        Missing::Null(error)
    }

    /// Where null may stand, a missing value is null and its first cause is all that is reported of it.
    pub(super) fn settle(
        &mut self,
        nullable: bool,
        marks: (usize, usize),
        value: Result<Json>,
    ) -> Result<Json> {
        match value {
            Err(Missing::Null(cause)) if nullable => {
                self.errors.truncate(marks.0);
                self.degraded.truncate(marks.1);
                self.errors.push(cause);
                Ok(Json::Null)
            }
            value => value,
        }
    }

    pub(super) fn marks(&self) -> (usize, usize) {
        (self.errors.len(), self.degraded.len())
    }

    pub(super) fn absent(&mut self, nullable: bool, path: &str) -> Result<Json> {
        if nullable { Ok(Json::Null) } else { Err(self.error(path, Code::NullValue)) }
    }

    pub(super) fn object(&mut self, shape: ShapeId, bytes: &[u8], path: &str) -> Result<Json> {
        let shape = self.plan.shape(shape);
        let reads = |field: &&ShapeField| matches!(field.source, Source::Wire(_));
        if shape.fields.iter().any(|field| reads(&field)) {
            fields(bytes)?;
        }
        let (mut object, mut missing) = (Map::new(), None);
        for field in &shape.fields {
            let path = if path.is_empty() {
                field.response_key.clone()
            } else {
                format!("{path}.{}", field.response_key)
            };
            match self.field(field, &field.source, bytes, &path) {
                Ok(value) => drop(object.insert(field.response_key.clone(), value)),
                Err(Missing::Garbage) => return Err(Missing::Garbage),
                Err(cause) => missing = missing.or(Some(cause)),
            }
            if field.source == Source::Typename {
                object.insert(field.response_key.clone(), shape.type_name.as_str().into());
            }
        }
        missing.map_or(Ok(Json::Object(object)), Err)
    }

    pub(super) fn field(
        &mut self,
        field: &ShapeField,
        source: &Source,
        bytes: &[u8],
        path: &str,
    ) -> Result<Json> {
        match source {
            Source::Typename | Source::Slow => Ok(Json::Null),
            Source::Wire(wire) => self.wire(field, wire, bytes, path),
            Source::Join { site, then } => {
                let marks = self.marks();
                let value = if self.plan.site(*site).many {
                    self.joined_many(field, *site, then, bytes, path)
                } else {
                    self.joined(field, *site, then, bytes, path)
                };
                self.settle(field.nullable, marks, value)
            }
        }
    }

    pub(super) fn wire(
        &mut self,
        field: &ShapeField,
        wire: &Wire,
        bytes: &[u8],
        path: &str,
    ) -> Result<Json> {
        let mut message = bytes.to_vec();
        for number in &wire.path {
            let Some(inner) = merged(&message, *number)? else {
                return self.absent(field.nullable, path);
            };
            message = inner;
            fields(&message)?;
        }
        if wire.cardinality == Cardinality::Repeated {
            let marks = self.marks();
            let list = self.list(field, wire, &message, path);
            return self.settle(field.nullable, marks, list);
        }
        let marks = self.marks();
        let value = match &wire.value {
            Value::Leaf(leaf) => {
                let last = fields(&message)?.into_iter().rfind(|it| it.number() == wire.number);
                match last.map(|it| it.payload) {
                    None if wire.cardinality == Cardinality::Explicit => {
                        return self.absent(field.nullable, path);
                    }
                    None if leaf.scalar() == Scalar::String => Ok("".into()),
                    None => Ok(0.into()),
                    Some(Payload::Bytes(text)) => match std::str::from_utf8(text) {
                        Ok(text) => Ok(text.into()),
                        Err(_) => Err(self.error(path, Code::InvalidValue)),
                    },
                    Some(Payload::Number(raw)) => self.number(leaf.scalar(), raw, path),
                    Some(Payload::Group(_)) => return Err(Missing::Garbage),
                }
            }
            _ => {
                let inner =
                    if wire.number == 0 { Some(message) } else { merged(&message, wire.number)? };
                match inner {
                    None => return self.absent(field.nullable, path),
                    Some(inner) => self.composite(field, field.nullable, &wire.value, &inner, path),
                }
            }
        };
        self.settle(field.nullable, marks, value)
    }

    pub(super) fn number(&mut self, scalar: Scalar, raw: u64, path: &str) -> Result<Json> {
        let number = match scalar {
            Scalar::Sint32 => i64::from((raw as u32 >> 1) as i32 ^ -((raw & 1) as i32)),
            _ => raw as i64,
        };
        match i32::try_from(number) {
            Ok(number) => Ok(number.into()),
            Err(_) => Err(self.error(path, Code::InvalidValue)),
        }
    }

    pub(super) fn list(
        &mut self,
        field: &ShapeField,
        wire: &Wire,
        message: &[u8],
        path: &str,
    ) -> Result<Json> {
        let (mut list, mut missing) = (Vec::new(), None);
        for item in fields(message)?.into_iter().filter(|it| it.number() == wire.number) {
            let Payload::Bytes(bytes) = item.payload else { continue };
            let marks = self.marks();
            let path = format!("{path}.{}", list.len());
            let value = self.composite(field, field.item_nullable, &wire.value, bytes, &path);
            match self.settle(field.item_nullable, marks, value) {
                Ok(value) => list.push(value),
                Err(Missing::Garbage) => return Err(Missing::Garbage),
                Err(cause) => {
                    missing = missing.or(Some(cause));
                    list.push(Json::Null);
                }
            }
        }
        missing.map_or(Ok(Json::Array(list)), Err)
    }

    pub(super) fn composite(
        &mut self,
        _: &ShapeField,
        nullable: bool,
        value: &Value,
        bytes: &[u8],
        path: &str,
    ) -> Result<Json> {
        match value {
            Value::Object(shape) => self.object(*shape, bytes, path),
            Value::Abstract(members) => {
                let is_member =
                    |it: &Field<'_>| members.iter().any(|member| member.number == it.number());
                let last = fields(bytes)?.into_iter().rfind(is_member).map(|it| it.number());
                let member: Option<&Member> =
                    members.iter().find(|member| Some(member.number) == last);
                match member {
                    Some(member) => {
                        let inner = merged(bytes, member.number)?.unwrap_or_default();
                        self.object(member.shape, &inner, path)
                    }
                    None => self.absent(nullable, path),
                }
            }
            Value::Leaf(_) => Err(Missing::Garbage),
        }
    }

    /// The key that a message has; `None`: none.
    pub(super) fn key(source: &KeySource, payload: Option<Payload<'_>>) -> Option<Vec<u8>> {
        match (source.scalar, payload) {
            (Scalar::String, Some(Payload::Bytes(text))) if !text.is_empty() => Some(text.to_vec()),
            (Scalar::String, _) => None,
            (_, Some(Payload::Number(raw))) => Some(i64::from(raw as i32).to_be_bytes().to_vec()),
            _ => Some(0_i64.to_be_bytes().to_vec()),
        }
    }

    pub(super) fn joined(
        &mut self,
        field: &ShapeField,
        site: SiteId,
        then: &Source,
        bytes: &[u8],
        path: &str,
    ) -> Result<Json> {
        let key = match self.plan.site(site).key.first() {
            None => Some(Vec::new()),
            Some(source) => {
                let last = fields(bytes)?.into_iter().rfind(|it| it.number() == source.path[0]);
                Self::key(source, last.map(|it| it.payload))
            }
        };
        self.entity(field, field.nullable, (site, then), key.as_deref(), path)
    }

    pub(super) fn joined_many(
        &mut self,
        field: &ShapeField,
        site: SiteId,
        then: &Source,
        bytes: &[u8],
        path: &str,
    ) -> Result<Json> {
        let source = &self.plan.site(site).key[0];
        let (mut list, mut missing) = (Vec::new(), None);
        for item in fields(bytes)?.into_iter().filter(|it| it.number() == source.path[0]) {
            let key = Self::key(source, Some(item.payload));
            let marks = self.marks();
            let path = format!("{path}.{}", list.len());
            let value =
                self.entity(field, field.item_nullable, (site, then), key.as_deref(), &path);
            match self.settle(field.item_nullable, marks, value) {
                Ok(value) => list.push(value),
                Err(cause) => {
                    missing = missing.or(Some(cause));
                    list.push(Json::Null);
                }
            }
        }
        missing.map_or(Ok(Json::Array(list)), Err)
    }

    pub(super) fn entity(
        &mut self,
        field: &ShapeField,
        nullable: bool,
        (site, then): (SiteId, &Source),
        key: Option<&[u8]>,
        path: &str,
    ) -> Result<Json> {
        let step = self.plan.site(site).step.0;
        let Some(key) = key else { return self.absent(nullable, path) };
        let id = self.run.keys[step].find(key).expect("every key was asked");
        let entity = &self.run.entities[step][id as usize];
        let noted = entity.note.is_some() && !matches!(entity.value, EntityValue::Failed(_));
        let marks = self.marks();
        if noted {
            self.degraded.push(path.to_owned());
        }
        let bytes = match &entity.value {
            EntityValue::Null | EntityValue::LeftOut => return self.absent(nullable, path),
            EntityValue::Failed(error) if error.code() == Code::NotFound && nullable => {
                return Ok(Json::Null);
            }
            EntityValue::Failed(error) => return Err(self.error(path, error.code())),
            EntityValue::Bytes(bytes) => bytes,
        };
        let shown = self.marks();
        // Inside the entity the field's value is what stands at the place: an item of the list for a list of keys.
        let inside = ShapeField { nullable, ..field.clone() };
        let value = self.field(&inside, then, bytes, path);
        match self.settle(nullable, shown, value) {
            Err(Missing::Garbage) => {
                self.errors.truncate(marks.0);
                self.degraded.truncate(marks.1);
                Err(self.error(path, Code::DataLoss))
            }
            value => value,
        }
    }
}

pub(super) fn fields(bytes: &[u8]) -> Result<Vec<Field<'_>>> {
    let (mut fields, mut all) = (Fields::of(bytes), Vec::new());
    while let Some(field) = fields.next().map_err(|_| Missing::Garbage)? {
        all.push(field);
    }
    Ok(all)
}

/// All parts of a singular message; of a oneof's member those since it was set last.
pub(super) fn merged(bytes: &[u8], number: u32) -> Result<Option<Vec<u8>>> {
    let mut merged: Option<Vec<u8>> = None;
    for field in fields(bytes)? {
        if let (true, Payload::Bytes(part)) = (field.number() == number, field.payload) {
            merged.get_or_insert_default().extend_from_slice(part);
        }
    }
    Ok(merged)
}
