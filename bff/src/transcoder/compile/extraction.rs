//! Finders: frames that only look for keys.

use super::{Compiler, finish, index, place, refused};
use crate::{
    contract::Cardinality,
    error::Result,
    plan::{self, KeySource, Member, ShapeId, SiteId, Source, StreamId, Wire},
    transcoder::{
        descriptor::Known,
        finder::{Find, Finder, FinderId, Half, Inside, Keys, Look, Part},
        frame::{Choice, ChoiceId, PortionId, WHOLE},
        keyform::kind_of,
        map::EntryTags,
        scalar::wire_type,
        table::{TableBuilder, TableId},
        wire::{LEN, tag_of},
    },
};

impl<'a> Compiler<'a> {
    /// The finder of the sites in a shape; `None` where it has none. Sites below them are found in their entities.
    pub(super) fn find_in_object(
        &mut self,
        shape: ShapeId,
        known: Known<'a>,
    ) -> Result<Option<FinderId>> {
        let plan = self.plan;
        let object = plan.shape(shape);
        let now = object.fields.iter().filter(|field| field.defers == object.defers);
        let mut later = Vec::new();
        for (portion, (_, fields)) in self.portions(shape).zip(object.later()) {
            let site = self.site_of(portion);
            let sources = fields.iter().map(|field| &field.source);
            let found =
                self.below(site, |inside| inside.finder(sources, Vec::new(), known.clone()))?;
            if let Some(finder) = found {
                self.number_places(portion);
                later.push(Find::Portion { site, finder });
            }
        }
        let found = self.draft(now.map(|field| &field.source), later, known)?;
        let Some((finds, builder)) = found else { return Ok(None) };
        if !finds.iter().any(|find| find.only_site().is_some()) {
            return Ok(Some(self.close(finds, builder)));
        }
        // The frame of the object adds what it reads, so that the object is read once.
        let finder = self.finder_of(finds, None, 0);
        self.open.insert((self.parent, shape), (finder, builder));
        Ok(Some(finder))
    }

    /// The finder of the sites in what a join reads from an entity.
    pub(super) fn find_in_entity(
        &mut self,
        site: SiteId,
        then: &Source,
        known: Known<'a>,
    ) -> Result<Option<FinderId>> {
        self.below(site, |inside| inside.finder(std::iter::once(then), Vec::new(), known))
    }

    fn finder<'s>(
        &mut self,
        sources: impl Iterator<Item = &'s Source>,
        later: Vec<Find>,
        known: Known<'a>,
    ) -> Result<Option<FinderId>> {
        let found = self.draft(sources, later, known)?;
        Ok(found.map(|(finds, builder)| self.close(finds, builder)))
    }

    fn close(&mut self, finds: Vec<Find>, builder: TableBuilder<'a>) -> FinderId {
        let (table, slots) = finish(builder, &mut self.layout.tables);
        self.finder_of(finds, table, slots)
    }

    fn finder_of(&mut self, finds: Vec<Find>, table: Option<TableId>, slots: usize) -> FinderId {
        self.layout.finders.push(Finder { table, slots, finds: finds.into(), keeps: None });
        FinderId(self.layout.finders.len() - 1)
    }

    /// What is found, and the table that is needed; `None` where nothing is.
    fn draft<'s>(
        &mut self,
        sources: impl Iterator<Item = &'s Source>,
        later: Vec<Find>,
        known: Known<'a>,
    ) -> Result<Option<(Vec<Find>, TableBuilder<'a>)>> {
        let mut builder = TableBuilder::new(known);
        let mut finds = Vec::new();
        for source in sources {
            match source {
                Source::Join { site, .. } => {
                    let stream = self.plan.site(*site).stream;
                    let half = stream.map_or(Half::All, Half::First);
                    finds.push(self.site(&mut builder, *site, half)?);
                    if let Some(stream) = stream {
                        finds.push(self.find_rest_of_keys(&mut builder, stream)?);
                    }
                }
                Source::Wire(wire) => {
                    finds.extend(self.inside(&mut builder, wire, &wire.value, None)?);
                    if let Some(stream) = wire.stream {
                        finds.extend(self.find_rest(&mut builder, wire, stream)?);
                    }
                }
                Source::Typename | Source::Slow => {}
            }
        }
        finds.extend(later);
        Ok((!finds.is_empty()).then_some((finds, builder)))
    }

    fn site(&mut self, builder: &mut TableBuilder<'a>, id: SiteId, half: Half) -> Result<Find> {
        self.layout.children[self.parent].push(id);
        let site = self.plan.site(id);
        let form = &self.forms[site.step.0];
        if site.key.len() != form.parts.len() {
            return Err(refused("a site of the plan has another key than its step"));
        }
        if site.many && site.key.len() != 1 {
            return Err(refused("a list of keys has keys of more than one part"));
        }
        if let (true, [source]) = (site.many, &*site.key) {
            let keys = self.keys(builder, source, 0)?;
            return Ok(Find::Keys { site: id, step: site.step, half, keys });
        }
        let mut parts = Vec::with_capacity(site.key.len());
        for source in &site.key {
            parts.push(part(builder, source, 0, false)?);
        }
        Ok(Find::Key { site: id, step: site.step, parts: parts.into() })
    }

    /// The keys at the end of a path, of which `passed` fields lie behind.
    fn keys(
        &mut self,
        builder: &mut TableBuilder<'a>,
        source: &KeySource,
        passed: usize,
    ) -> Result<Keys> {
        let last = source.path.len().saturating_sub(1);
        let is_repeated = source.lists.is_empty() || source.lists.contains(&last);
        let next = source.lists.iter().find(|at| (passed..last).contains(*at));
        let Some(at) = next.copied() else {
            let part = part(builder, source, passed, is_repeated)?;
            return Ok(if is_repeated { Keys::Many(part) } else { Keys::One(part) });
        };
        let number = source.path[at];
        let (node, _) = builder.descend(&source.path[passed..at])?;
        let slot = index(builder.repeated(node, number, LEN)?);
        let mut inner = TableBuilder::new(builder.known(node).inside(number));
        let keys = Box::new(self.keys(&mut inner, source, at + 1)?);
        let (table, slots) = finish(inner, &mut self.layout.tables);
        Ok(Keys::Inside { slot, number, table, slots, keys })
    }

    /// The keys of a list whose values come later.
    fn find_rest_of_keys(
        &mut self,
        builder: &mut TableBuilder<'a>,
        stream: StreamId,
    ) -> Result<Find> {
        let Source::Join { site: rest, .. } = &self.plan.streams[stream.0].rest else {
            return Err(refused("the plan has a list that goes on elsewhere"));
        };
        let portion = self.rest_of(stream);
        let place = self.site_of(portion);
        let half = Half::Rest(stream, place);
        let found = self.below(place, |below| below.site(builder, *rest, half))?;
        self.number_places(portion);
        Ok(found)
    }

    /// Where sites are in the items of a list that come later.
    fn find_rest(
        &mut self,
        builder: &mut TableBuilder<'a>,
        wire: &Wire,
        stream: StreamId,
    ) -> Result<Option<Find>> {
        let portion = self.rest_of(stream);
        let site = self.site_of(portion);
        let Source::Wire(rest) = &self.plan.streams[stream.0].rest else {
            return Err(refused("the plan has a list that goes on elsewhere"));
        };
        let value = &rest.value;
        let found = self.below(site, |below| below.inside(builder, wire, value, Some(site)))?;
        if found.is_some() {
            self.number_places(portion);
        }
        Ok(found)
    }

    /// Has extraction number the places of a portion, below which sites stand.
    fn number_places(&mut self, portion: PortionId) {
        let site = self.site_of(portion);
        self.layout.portions[portion.0].site = Some(site);
        self.layout.children[self.parent].push(site);
    }

    /// Where sites are in a value of the message, if there are any. `rest` is where items of a list are numbered that come
    /// later.
    fn inside(
        &mut self,
        builder: &mut TableBuilder<'a>,
        wire: &Wire,
        value: &plan::Value,
        rest: Option<SiteId>,
    ) -> Result<Option<Find>> {
        if matches!(value, plan::Value::Leaf(_)) {
            return Ok(None);
        }
        // What leads to no site stays out of the table.
        let message =
            wire.path.iter().fold(builder.known(0).clone(), |it, number| it.inside(*number));
        let known = match (wire.number, wire.cardinality) {
            (0, _) => message,
            (number, Cardinality::Map) => message.inside(number).inside(2),
            (number, _) => message.inside(number),
        };
        let look = match value {
            plan::Value::Leaf(_) => None,
            plan::Value::Object(shape) => self.find_in_object(*shape, known)?.map(Look::Object),
            plan::Value::Abstract(members) => self.find_choice(members, &known)?.map(Look::Choice),
        };
        let Some(look) = look else { return Ok(None) };
        let place = place(builder, wire)?;
        let (inside, slot) = match (place.cardinality, place.number) {
            (Cardinality::Repeated, Some(number)) => {
                let entry_key = place.known.entry_key();
                let half = match (wire.stream, rest) {
                    (None, _) => Half::All,
                    (Some(stream), None) => Half::First(stream),
                    (Some(stream), Some(site)) => Half::Rest(stream, site),
                };
                let inside = Inside::Items { number, entry_key, half };
                (inside, index(builder.repeated(place.node, number, LEN)?))
            }
            (Cardinality::Map, Some(number)) => {
                let key = wire.map_key.ok_or(refused("the contract has a map without keys"))?;
                let tags = EntryTags { key: key.scalar(), value: tag_of(2, LEN), merge: true };
                let slot = builder.repeated(place.node, number, LEN)?;
                (Inside::Map { number, tags }, index(slot))
            }
            (_, Some(number)) => {
                let inside = Inside::One { always: place.always };
                (inside, index(builder.message(place.node, number)?))
            }
            (_, None) => (Inside::One { always: true }, WHOLE),
        };
        Ok(Some(Find::Inside { inside, slot, guard: place.guard, look }))
    }

    fn find_choice(&mut self, members: &[Member], known: &Known<'a>) -> Result<Option<ChoiceId>> {
        let mut builder = TableBuilder::new(known.clone());
        let mut choices = Vec::new();
        let (mut otherwise, mut any) = (None, false);
        for member in members {
            let inside = match member.number {
                0 => known.clone(),
                number => known.inside(number),
            };
            let finder = self.find_in_object(member.shape, inside)?;
            any |= finder.is_some();
            if member.number == 0 {
                otherwise = Some(finder);
            } else {
                choices.push((builder.message(0, member.number)?, finder));
            }
        }
        if !any {
            return Ok(None);
        }
        builder.oneof(super::oneof(members));
        let (table, slots) = finish(builder, &mut self.layout.tables);
        let choice = Choice { table, slots, members: choices.into(), otherwise };
        self.layout.finder_choices.push(choice);
        Ok(Some(ChoiceId(self.layout.finder_choices.len() - 1)))
    }
}

/// The field at the end of a key's path, of which `passed` fields lie behind.
fn part(
    builder: &mut TableBuilder<'_>,
    source: &KeySource,
    passed: usize,
    is_repeated: bool,
) -> Result<Part> {
    let Some((number, path)) = source.path.get(passed..).and_then(<[u32]>::split_last) else {
        return Err(refused("a key of the plan has no field"));
    };
    let (node, guard) = builder.descend(path)?;
    let kind = kind_of(source.scalar)?;
    let wire_type = wire_type(source.scalar);
    let slot = match (is_repeated, wire_type) {
        (true, _) => builder.repeated(node, *number, wire_type)?,
        (false, LEN) if kind.is_message() => builder.message(node, *number)?,
        (false, LEN) => builder.bytes(node, *number)?,
        (false, _) => builder.number(node, *number, source.scalar, source.presence)?,
    };
    Ok(Part {
        slot: index(slot),
        guard: index(guard),
        number: *number,
        scalar: source.scalar,
        presence: source.presence,
    })
}
