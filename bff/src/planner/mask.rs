//! Masks: what the sites of a step read of its entities, in the words of the protos; and what each of them reads by itself.
//!
//! Paths go through singular messages only: how a mask speaks of something inside a list or a map is not the same for all
//! services. The members of a oneof are named together and whole, or not at all: so it is known which of them is set.

use std::sync::Arc;

use crate::{
    contract::{Batch, Cardinality, Contract, MaskField, Policy, Selection, piece},
    plan::{FieldSet, Mask, Plan, ShapeId, SiteId, Source, Step, StepId, Value, Wire},
};

/// Gives each step whose request takes a mask what that says. Steps that ask the same on different levels have one: they
/// share calls.
pub(super) fn fill(plan: &mut Plan, contract: &Contract) {
    if plan.steps.iter().all(|step| step.join.selection.is_none()) {
        return;
    }
    let read = read(plan);
    let readers = || Readers { plan, contract, read: &read };
    let steps = (0..plan.steps.len()).map(StepId);
    let masks: Vec<Option<Mask>> = steps.map(|step| readers().mask(step)).collect();
    let sites = (0..plan.sites.len()).map(SiteId);
    let own: Vec<Option<FieldSet>> = sites.map(|site| readers().of_site(site)).collect();
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
    for (site, own) in plan.sites.iter_mut().zip(own) {
        let mask = plan.steps[site.step.0].mask.as_ref();
        site.fields = own.filter(|own| mask.is_none_or(|mask| *own != *mask.fields)).map(Arc::new);
    }
}

/// By site: what becomes of its entities.
fn read(plan: &Plan) -> Vec<Vec<&Source>> {
    let mut read = vec![Vec::new(); plan.sites.len()];
    for mut source in plan.sources() {
        while let Source::Join { site, then } = source {
            read[site.0].push(&**then);
            source = then;
        }
    }
    read
}

/// What sites read of the entities of their steps.
struct Readers<'a> {
    plan: &'a Plan,
    contract: &'a Contract,
    read: &'a [Vec<&'a Source>],
}

impl Readers<'_> {
    /// `None` where the step reads what a mask cannot name.
    fn mask(&self, step: StepId) -> Option<Mask> {
        let sites: Vec<SiteId> = self.plan.sites_of(step).collect();
        let fields = Arc::new(self.fields(step, &sites)?);
        Some(Mask { fields, always: self.always(step)? })
    }

    fn of_site(&self, site: SiteId) -> Option<FieldSet> {
        self.fields(self.plan.site(site).step, &[site])
    }

    fn fields(&self, step: StepId, sites: &[SiteId]) -> Option<FieldSet> {
        let mut wanted = self.reader(step)?;
        for source in sites.iter().flat_map(|site| &self.read[site.0]) {
            wanted.source(source, &[]);
        }
        let mut fields = wanted.fields?;
        fields.extend(&self.always(step)?);
        if fields.is_empty() {
            // Nothing but whether it exists; an empty mask asks for everything.
            return self.reader(step)?.smallest();
        }
        Some(fields)
    }

    fn always(&self, step: StepId) -> Option<FieldSet> {
        let mut always = self.reader(step)?;
        for path in needed(self.plan.step(step)) {
            always.add(&path);
        }
        always.fields
    }

    fn reader(&self, step: StepId) -> Option<Reader<'_>> {
        let selection = self.plan.step(step).join.selection.as_ref()?;
        let Self { plan, contract, .. } = self;
        Some(Reader { plan, contract, selection, fields: Some(FieldSet::default()), named: 0 })
    }
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
