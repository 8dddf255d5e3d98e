//! From a plan to tables: shapes become frames for emission, and smaller ones that find keys.

mod emission;
mod extraction;
mod rest;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{
    descriptor::{Descriptors, Known},
    finder::{Finder, FinderId},
    frame::{Choice, Field, Frame, FrameId, Portion, PortionId},
    keyform::KeyForm,
    leaf::Enums,
    table::{Oneof, TableBuilder, TableId, Tables},
    wire::{LEN, tag_of},
};
use crate::{
    contract::{Cardinality, Contract, Join, LazyTypes, Types, join},
    error::{Code, Error, Result},
    operation::DeferId,
    plan::{Member, Plan, ShapeId, SiteId, StreamId, Wire},
};

/// The tables of a program, and what runs on them.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub(super) tables: Tables,
    pub(super) frames: Vec<Frame>,
    pub(super) choices: Vec<Choice<FrameId>>,
    pub(super) fields: Vec<Field>,
    pub(super) enums: Enums,
    /// What an Any may name; empty where none is shown.
    pub(super) types: Arc<Types>,
    pub(super) root: Option<FrameId>,
    /// The places of those with sites are numbered behind the plan's sites.
    pub(super) portions: Vec<Portion>,
    pub(super) finders: Vec<Finder>,
    pub(super) finder_choices: Vec<Choice<Option<FinderId>>>,
    /// Finds the keys of root fields.
    pub(super) root_finder: Option<FinderId>,
    /// By site: finds the keys of the sites below it in one of its entities.
    pub(super) site_finders: Vec<Option<FinderId>>,
    /// By site, portions behind: the sites and portions right below it; the last entry is for the root.
    pub(super) children: Vec<Vec<SiteId>>,
}

/// What a compilation reads and makes.
struct Compiler<'a> {
    plan: &'a Plan,
    contract: &'a Contract,
    descriptors: &'a Descriptors<'a>,
    types: &'a LazyTypes,
    forms: &'a [KeyForm],
    layout: Layout,
    /// By shape: the number of its first portion. The last entry is the first of those that are items.
    portions: Vec<usize>,
    /// Whose children are found: a position in [`Layout::children`].
    parent: usize,
    /// Deferred fragments that matter to the objects at hand and begin further out.
    outer: BTreeSet<DeferId>,
    /// Finders that keep what they read for the frames of their objects, with tables that are not whole before that: by
    /// parent and shape.
    open: HashMap<(usize, ShapeId), (FinderId, TableBuilder<'a>)>,
}

/// Compiles the shapes of a plan. `forms` are the keys of its steps.
pub(super) fn layout<'a>(
    plan: &'a Plan,
    contract: &'a Contract,
    descriptors: &'a Descriptors<'a>,
    types: &'a LazyTypes,
    forms: &'a [KeyForm],
) -> Result<Layout> {
    let layout = Layout::default();
    let mut portions = Vec::with_capacity(plan.shapes.len());
    let mut count = 0;
    for shape in &plan.shapes {
        portions.push(count);
        count += shape.later().len();
    }
    portions.push(count);
    count += plan.streams.len();
    let root = plan.sites.len() + count;
    let outer = BTreeSet::new();
    let (parent, open) = (root, HashMap::new());
    let mut compiler = Compiler {
        plan,
        contract,
        descriptors,
        types,
        forms,
        layout,
        portions,
        parent,
        outer,
        open,
    };
    compiler.layout.site_finders = vec![None; plan.sites.len()];
    compiler.layout.children = vec![Vec::new(); root + 1];
    compiler.layout.portions.resize_with(count, Portion::default);
    compiler.layout.root_finder = compiler.find_in_object(plan.root, descriptors.nothing())?;
    compiler.layout.root = Some(compiler.object(plan.root, &descriptors.nothing())?);
    debug_assert!(compiler.open.is_empty(), "each object with keys has a frame");
    Ok(compiler.layout)
}

impl Compiler<'_> {
    /// The portions of a shape, in the order of [`plan::Shape::later`].
    fn portions(&self, shape: ShapeId) -> impl Iterator<Item = PortionId> + use<> {
        (self.portions[shape.0]..).map(PortionId)
    }

    /// The items of a list that come later.
    fn rest_of(&self, StreamId(id): StreamId) -> PortionId {
        PortionId(self.portions[self.plan.shapes.len()] + id)
    }

    /// How the places of a portion are numbered.
    fn site_of(&self, PortionId(id): PortionId) -> SiteId {
        SiteId(self.plan.sites.len() + id)
    }

    /// Compiles what is below another parent.
    fn below<T>(&mut self, parent: SiteId, compile: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.parent, parent.0);
        let compiled = compile(self);
        self.parent = outer;
        compiled
    }
}

/// The message that the entities of a call are.
pub(super) fn entity_of<'a>(
    join: &Join,
    contract: &Contract,
    descriptors: &'a Descriptors<'a>,
) -> Known<'a> {
    let methods = |index: u32| contract.methods.get(index as usize);
    let resolvers = |index: u32| contract.resolvers.get(index as usize);
    let name = match join.target {
        Some(join::Target::Method(index)) => methods(index).map(|method| &method.output),
        Some(join::Target::Resolver(index)) => resolvers(index).map(|it| &it.output),
        None => None,
    };
    let mut known = match name {
        Some(name) => descriptors.message(name),
        None => descriptors.nothing(),
    };
    if let Some(item) = join.gather.as_ref().and_then(|gather| gather.item.as_ref()) {
        let Some((last, path)) = item.path.split_last() else { return known.grouped() };
        return path.iter().fold(known, |known, number| known.inside(*number)).gathered(*last);
    }
    let Some(batch) = &join.batch else { return known };
    for number in &batch.items {
        known = known.inside(*number);
    }
    if batch.map {
        known = known.inside(2);
    }
    if batch.group { known.grouped() } else { known }
}

/// Where in a message a value is.
struct Place<'a> {
    /// What is known of it, if it is a message.
    known: Known<'a>,
    /// Never absent: the value of a map's entry.
    always: bool,
    /// In the table's builder.
    node: usize,
    /// [`super::frame::Operation::guard`].
    guard: u32,
    /// `None`: the message itself.
    number: Option<u32>,
    cardinality: Cardinality,
}

/// Goes through a value's path. A value that is the message at the end of a path is a field with presence of the message
/// before.
fn place<'a>(builder: &mut TableBuilder<'a>, wire: &Wire) -> Result<Place<'a>> {
    let (path, number, cardinality) = match (wire.number, wire.path.split_last()) {
        (0, None) => (&wire.path[..], None, Cardinality::Explicit),
        (0, Some((last, path))) => (path, Some(*last), Cardinality::Explicit),
        (number, _) => (&wire.path[..], Some(number), wire.cardinality),
    };
    let (node, guard) = builder.descend(path)?;
    let message = builder.known(node);
    let always = number == Some(2) && message.is_entry();
    let known = number.map_or_else(|| message.clone(), |number| message.inside(number));
    Ok(Place { known, always, node, guard: index(guard), number, cardinality })
}

/// Adds the table, if anything is read, and says how many slots it fills.
fn finish(builder: TableBuilder<'_>, tables: &mut Tables) -> (Option<TableId>, usize) {
    let slots = builder.slots();
    // Slot 0 alone is nobody's.
    if slots == 1 { (None, 1) } else { (Some(builder.finish(tables)), slots) }
}

/// The tags of an abstract value's members, which are messages.
fn oneof(members: &[Member]) -> Oneof {
    members
        .iter()
        .filter(|member| member.number != 0)
        .map(|member| tag_of(member.number, LEN))
        .collect()
}

fn index(number: usize) -> u32 {
    u32::try_from(number).expect("a plan has fewer than 2^32 of anything")
}

fn refused(message: &'static str) -> Error {
    Error::new(Code::FailedPrecondition, message)
}
