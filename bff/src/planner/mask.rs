//! Masks: what the sites of a step read of its entities, in the words of the protos.
//!
//! Paths go through singular messages only: how a mask speaks of something inside a list or a map is not the same for all
//! services. The members of a oneof are named together and whole, or not at all: so it is known which of them is set.

use std::sync::Arc;

use crate::{
    contract::{Batch, Cardinality, Contract, MaskField, Policy, Selection, piece},
    plan::{FieldSet, Mask, Plan, ShapeId, Source, Step, StepId, Value, Wire},
};

/// Gives each step whose request takes a mask what that says. Steps that ask the same on different levels have one: they
/// share calls.
pub(super) fn fill(plan: &mut Plan, contract: &Contract) {
    if plan.steps.iter().all(|step| step.join.selection.is_none()) {
        return;
    }
    let masks = masks(plan, contract);
    let alike = |one: &Step, other: &Step| {
        one.join == other.join && one.arguments == other.arguments && one.mask != other.mask
    };
    for (step, mask) in plan.steps.iter_mut().zip(masks) {
        step.mask = mask;
    }
    for index in 1..plan.steps.len() {
        for earlier in 0..index {
            if plan.steps[earlier].join.selection.is_some()
                && alike(&plan.steps[earlier], &plan.steps[index])
            {
                let both = plan.steps[earlier].mask.clone().zip(plan.steps[index].mask.clone());
                let both = both.map(|(mut one, other)| {
                    Arc::make_mut(&mut one.fields).extend(&other.fields);
                    one
                });
                plan.steps[earlier].mask.clone_from(&both);
                plan.steps[index].mask = both;
            }
        }
    }
}

/// By step.
fn masks(plan: &Plan, contract: &Contract) -> Vec<Option<Mask>> {
    let mut read = vec![Vec::new(); plan.steps.len()];
    for mut source in plan.sources() {
        while let Source::Join { site, then } = source {
            read[plan.site(*site).step.0].push(&**then);
            source = then;
        }
    }
    let ids = (0..plan.steps.len()).map(StepId);
    ids.zip(read).map(|(id, read)| mask(plan, contract, plan.step(id), &read)).collect()
}

/// `None` where the step reads what a mask cannot name.
fn mask(plan: &Plan, contract: &Contract, step: &Step, read: &[&Source]) -> Option<Mask> {
    let selection = step.join.selection.as_ref()?;
    let reader = || {
        let fields = Some(FieldSet::default());
        Reader { plan, contract, selection, fields, named: 0 }
    };
    let mut always = reader();
    for path in needed(step) {
        always.add(&path);
    }
    let always = always.fields?;
    let mut wanted = reader();
    for source in read {
        wanted.source(source, &[]);
    }
    let mut fields = wanted.fields?;
    fields.extend(&always);
    if fields.is_empty() {
        // Nothing but whether it exists; an empty mask asks for everything.
        fields = reader().smallest()?;
    }
    Some(Mask { fields: Arc::new(fields), always })
}

/// The paths in an entity that the executor reads itself.
fn needed(step: &Step) -> Vec<Vec<u32>> {
    let mut paths = Vec::new();
    if let Some(batch) = &step.join.batch {
        // A group repeats its items in field 1.
        let item = |path: &[u32]| [if batch.group { &[1][..] } else { &[] }, path].concat();
        let Batch { r#match, status, map, .. } = batch;
        paths.extend(r#match.iter().filter(|_| !map).map(|key| item(&key.path)));
        paths.extend(Some(item(status)).filter(|_| !status.is_empty()));
    }
    if let Some(Policy { cache, invalidates, .. }) = step.join.policy.as_deref() {
        let tags = cache.iter().flat_map(|cache| &cache.tags).chain(invalidates);
        paths.extend(tags.flat_map(|tag| &tag.pieces).filter_map(|piece| match &piece.kind {
            Some(piece::Kind::Path(path)) => Some(path.path.clone()),
            _ => None,
        }));
    }
    paths
}

/// Notes what is read of one step's entities.
struct Reader<'a> {
    plan: &'a Plan,
    contract: &'a Contract,
    selection: &'a Selection,
    /// `None`: something that no mask names.
    fields: Option<FieldSet>,
    /// How often something was noted.
    named: usize,
}

/// Where a path leads, seen from the message in which masks begin.
enum Standing<'p> {
    /// To that message, or to what holds it.
    Above,
    Inside(&'p [u32]),
    /// To what comes whatever a mask says.
    Beside,
}

impl Reader<'_> {
    fn source(&mut self, source: &Source, path: &[u32]) {
        match source {
            Source::Typename | Source::Slow => {}
            Source::Wire(wire) => self.wire(wire, path),
            Source::Join { site, .. } => {
                let plan = self.plan;
                for part in &plan.site(*site).key {
                    self.add(&[path, &part.path].concat());
                }
            }
        }
    }

    fn wire(&mut self, wire: &Wire, path: &[u32]) {
        let path = [path, &wire.path, some(&wire.number)].concat();
        let is_many = matches!(wire.cardinality, Cardinality::Repeated | Cardinality::Map);
        let is_end = is_many && matches!(self.standing(&path), Standing::Inside(_));
        match &wire.value {
            Value::Object(shape) if !is_end => self.object(*shape, &path),
            Value::Abstract(members) if !is_end => {
                for member in members {
                    let path = [&path[..], some(&member.number)].concat();
                    if member.number == 0 || matches!(self.standing(&path), Standing::Above) {
                        self.object(member.shape, &path);
                    } else {
                        self.add(&path);
                    }
                }
            }
            _ => self.add(&path),
        }
    }

    fn object(&mut self, shape: ShapeId, path: &[u32]) {
        let (plan, before) = (self.plan, self.named);
        for field in &plan.shape(shape).fields {
            self.source(&field.source, path);
        }
        // Nothing of it is read, but whether it is there.
        if self.named == before && matches!(self.standing(path), Standing::Inside(_)) {
            self.add(path);
        }
    }

    fn standing<'p>(&self, path: &'p [u32]) -> Standing<'p> {
        let resource = &self.selection.resource;
        match path.strip_prefix(resource.as_slice()) {
            Some([]) => Standing::Above,
            Some(inside) => Standing::Inside(inside),
            None if resource.starts_with(path) => Standing::Above,
            None => Standing::Beside,
        }
    }

    fn add(&mut self, path: &[u32]) {
        match self.standing(path) {
            Standing::Inside(inside) => self.name(inside),
            // All of the message.
            Standing::Above => self.fields = None,
            Standing::Beside => {}
        }
    }

    fn name(&mut self, path: &[u32]) {
        self.named += 1;
        let (contract, mut message) = (self.contract, self.selection.message);
        let mut outer = String::new();
        for (index, number) in path.iter().enumerate() {
            let fields = contract.mask_messages.get(message as usize).map(|it| &it.fields);
            let Some(fields) = fields else { return self.fields = None };
            let Some(field) = fields.iter().find(|field| field.number == *number) else {
                return self.fields = None;
            };
            let is_last = index + 1 == path.len();
            match field.message {
                Some(inner) if !is_last && field.oneof == 0 => {
                    outer = outer + &field.name + ".";
                    message = inner;
                }
                _ => {
                    let is_named = |other: &&MaskField| *other == field || is_beside(field, other);
                    for other in fields.iter().filter(is_named) {
                        let first = if index == 0 { other.number } else { path[0] };
                        let part = self.part(first);
                        let text = format!("{outer}{}", other.name);
                        if let Some(fields) = &mut self.fields {
                            fields.insert(part, &text);
                        }
                    }
                    return;
                }
            }
        }
    }

    fn part(&self, first: u32) -> u32 {
        if self.selection.resource.is_empty() { first } else { 0 }
    }

    /// One field that is cheap to send.
    fn smallest(self) -> Option<FieldSet> {
        let message = self.contract.mask_messages.get(self.selection.message as usize)?;
        let field = message.fields.iter().find(|it| it.oneof == 0 && it.message.is_none())?;
        let mut fields = FieldSet::default();
        fields.insert(self.part(field.number), &field.name);
        Some(fields)
    }
}

/// Whether two fields are members of one oneof.
fn is_beside(field: &MaskField, other: &MaskField) -> bool {
    field.oneof != 0 && field.oneof == other.oneof
}

/// A field's number; 0 is no field.
fn some(number: &u32) -> &[u32] {
    if *number == 0 { &[] } else { std::slice::from_ref(number) }
}
