//! Extraction: finding keys in entities, over the same scan and in the same order as emission meets their places.

use std::ops::Range;

use smallvec::SmallVec;

use super::{
    KeyTable, ListPart, NO_KEY, Program, Refs, UNFIT_KEY,
    finder::{Find, Finder, FinderId, Half, Inside, Keys, Look, Part, payload},
    frame::WHOLE,
    halves::Halves,
    kept::Kept,
    keyform::{KeyForm, Keyless},
    keys::Mark,
    map::{MapValue, entry, overridden, overridden_entries},
    scalar::wire_type,
    table::{Messages, Numbers, ScanFault, TableId, Window},
    wire::{LEN, Malformed, Payload},
};
use crate::{
    contract::Scalar,
    error::{Code, Error, Result},
    plan::{SiteId, StepId, StreamId},
};

/// One extraction.
struct Search<'a> {
    program: &'a Program,
    keys: &'a mut [KeyTable],
    refs: &'a mut [Refs],
    lists: &'a [ListPart],
    key: Vec<u8>,
}

impl Program {
    /// Interns the keys of all sites right below `parent` (`None`: the root, whose entity is empty and has the id 0) that
    /// one of its entities names, and notes which entity each place gets. `entity_id` is the entity's key in the parent's
    /// step, `keys` is by step, `refs` by site, and `lists` as [`super::EmitInput::lists`].
    ///
    /// # Errors
    ///
    /// [`Code::DataLoss`] where the entity is not a message. No place is noted then.
    pub fn extract(
        &self,
        parent: Option<SiteId>,
        (entity_id, entity): (u32, &[u8]),
        keys: &mut [KeyTable],
        refs: &mut [Refs],
        lists: &[ListPart],
    ) -> Result<()> {
        let layout = &self.layout;
        let finder = match parent {
            Some(site) => layout.site_finders[site.0],
            None => layout.root_finder,
        };
        let Some(finder) = finder else { return Ok(()) };
        let children = self.children(parent);
        let marks: SmallVec<[Mark; 8]> = children
            .iter()
            .map(|site| refs[site.0].begin(entity_id, self.is_many(*site)))
            .collect();
        let mut search = Search { program: self, keys, refs, lists, key: Vec::new() };
        if search.object(finder, Window::of(entity)).is_ok() {
            return Ok(());
        }
        for (site, mark) in children.iter().zip(marks) {
            refs[site.0].undo(entity_id, mark);
        }
        Err(Error::new(Code::DataLoss, "the reply could not be read"))
    }

    /// How many [`Refs`] a run has: one for each site, and for each part of an object that is answered later.
    #[must_use]
    pub fn places(&self) -> usize {
        self.layout.children.len() - 1
    }

    /// Whether the places of a site, or a portion, are lists.
    fn is_many(&self, site: SiteId) -> bool {
        self.plan.sites.get(site.0).is_some_and(|site| site.many)
    }

    /// The sites and portions right below a site, or the root.
    pub(super) fn children(&self, parent: Option<SiteId>) -> &[SiteId] {
        let children = &self.layout.children;
        &children[parent.map_or(children.len() - 1, |parent| parent.0)]
    }
}

impl Search<'_> {
    fn object(&mut self, finder: FinderId, message: Window<'_>) -> Result<(), Malformed> {
        let program = self.program;
        let finder = &program.layout.finders[finder.0];
        if let (Some(site), Some(table)) = (finder.keeps, finder.table) {
            return self.kept_object(finder, table, site, message);
        }
        program.with_slots(finder.table, finder.slots, message, |slots, message| {
            self.all(finder, slots, message)
        })?
    }

    #[inline(always)]
    fn all(
        &mut self,
        finder: &Finder,
        slots: &[u64],
        message: Window<'_>,
    ) -> Result<(), Malformed> {
        finder.finds.iter().try_for_each(|find| self.find(find, slots, message))
    }

    /// An object that emission need not read again.
    fn kept_object(
        &mut self,
        finder: &Finder,
        table: TableId,
        SiteId(site): SiteId,
        message: Window<'_>,
    ) -> Result<(), Malformed> {
        // The site stands in no other object, so that nobody misses them.
        let mut kept = std::mem::take(&mut self.refs[site].kept);
        let slots = kept.next(finder.slots, self.refs[site].room());
        let tables = &self.program.layout.tables;
        let (found, is_in_parts) = match tables.fill(table, message, slots) {
            Ok(()) => (self.all(finder, slots, message), false),
            Err(ScanFault::Malformed) => (Err(Malformed), false),
            Err(ScanFault::Split) => {
                let whole = tables.read_parts(table, message.message(), slots);
                (whole.and_then(|whole| self.all(finder, slots, Window::of(&whole))), true)
            }
        };
        Kept::close(slots, is_in_parts);
        self.refs[site].kept = kept;
        found
    }

    fn find(&mut self, find: &Find, slots: &[u64], message: Window<'_>) -> Result<(), Malformed> {
        let bytes = message.buffer();
        match find {
            Find::Keys { site, step, half, keys } => {
                let shown = self.shown(*half)?;
                self.keys_of_list((*site, *step), shown, keys, slots, bytes)
            }
            Find::Key { site, step, parts } => {
                let id = self.key_of(*step, parts, slots, bytes)?;
                self.refs[site.0].refs.push(id);
                Ok(())
            }
            Find::Portion { site, finder } => self.portion(*site, *finder, message),
            Find::Inside { inside, slot, guard, look } => {
                if *guard != 0 && slots[*guard as usize] == 0 {
                    return Ok(());
                }
                if *slot == WHOLE {
                    return self.look(*look, message);
                }
                match (slots[*slot as usize], inside) {
                    (0, Inside::One { always: true }) => self.look(*look, Window::default()),
                    (0, _) => Ok(()),
                    (span, _) => self.inside(*inside, message.part(span), *look),
                }
            }
        }
    }

    /// A place of a portion is numbered as an entity is, and its sites are below it.
    fn portion(
        &mut self,
        site: SiteId,
        finder: FinderId,
        message: Window<'_>,
    ) -> Result<(), Malformed> {
        self.begin_portion(site)?;
        self.object(finder, message)
    }

    fn begin_portion(&mut self, site: SiteId) -> Result<(), Malformed> {
        let program = self.program;
        let place = u32::try_from(self.refs[site.0].refs.len()).map_err(|_| Malformed)?;
        self.refs[site.0].refs.push(place);
        for child in program.children(Some(site)) {
            self.refs[child.0].begin(place, program.is_many(*child));
        }
        Ok(())
    }

    fn inside(&mut self, inside: Inside, part: Window<'_>, look: Look) -> Result<(), Malformed> {
        match inside {
            Inside::One { .. } => self.look(look, part),
            Inside::Items { number, entry_key, half } => {
                let mut items = Messages::within(part, number);
                let dead = overridden_entries(items.clone(), entry_key)?;
                let mut at = 0;
                let halves = |stream: StreamId, items| {
                    Halves::of(items, dead.as_deref(), self.lists[stream.0].first)
                };
                match half {
                    Half::All => {}
                    Half::First(stream) => items = halves(stream, items)?.first,
                    Half::Rest(stream, site) => {
                        let halves = halves(stream, items)?;
                        if !halves.has_rest {
                            return Ok(());
                        }
                        (items, at) = (halves.rest, halves.passed);
                        self.begin_portion(site)?;
                    }
                }
                while let Some(item) = items.next_window()? {
                    at += 1;
                    if !dead.as_ref().is_some_and(|dead| dead[at - 1]) {
                        self.look(look, item)?;
                    }
                }
                Ok(())
            }
            Inside::Map { number, tags } => {
                let (mut keys, mut values) = (Vec::new(), Vec::new());
                let mut entries = Messages::within(part, number);
                while let Some(bytes) = entries.next()? {
                    let (key, value) = entry(bytes, tags)?;
                    keys.push(key);
                    values.push(value);
                }
                let dead = overridden(&keys);
                for (at, value) in values.iter().enumerate() {
                    if dead.as_ref().is_some_and(|dead| dead[at]) {
                        continue;
                    }
                    match value {
                        MapValue::Bytes(bytes) => self.look(look, Window::of(bytes))?,
                        _ => self.look(look, Window::default())?,
                    }
                }
                Ok(())
            }
        }
    }

    fn look(&mut self, look: Look, message: Window<'_>) -> Result<(), Malformed> {
        match look {
            Look::Object(finder) => self.object(finder, message),
            Look::Choice(choice) => {
                let choice = &self.program.layout.finder_choices[choice.0];
                let (finder, member) = self.program.choose(choice, message.message())?;
                match finder.copied().flatten() {
                    Some(finder) => self.object(finder, Window::of(&member)),
                    None => Ok(()),
                }
            }
        }
    }

    fn key_of(
        &mut self,
        step: StepId,
        parts: &[Part],
        slots: &[u64],
        bytes: &[u8],
    ) -> Result<u32, Malformed> {
        let form = &self.program.forms[step.0];
        if let [part] = parts
            && let Some(key) = form.as_it_stands(payload(part, slots, bytes)?)
        {
            return Ok(text_key(form, &mut self.keys[step.0], key));
        }
        self.key.clear();
        for (at, part) in parts.iter().enumerate() {
            let payload = payload(part, slots, bytes)?;
            if let Err(keyless) = form.push(&mut self.key, at, part.scalar, payload) {
                return Ok(keyless.id());
            }
        }
        Ok(self.keys[step.0].intern(&self.key))
    }

    /// Which keys of a list are meant.
    fn shown(&mut self, half: Half) -> Result<Range<u32>, Malformed> {
        Ok(match half {
            Half::All => 0..u32::MAX,
            Half::First(stream) => 0..self.lists[stream.0].first,
            Half::Rest(stream, place) => {
                self.begin_portion(place)?;
                self.lists[stream.0].first..u32::MAX
            }
        })
    }

    fn keys_of_list(
        &mut self,
        (site, step): (SiteId, StepId),
        shown: Range<u32>,
        keys: &Keys,
        slots: &[u64],
        bytes: &[u8],
    ) -> Result<(), Malformed> {
        let start = self.refs[site.0].refs.len();
        self.keys((site, step), (&mut 0, &shown), keys, slots, bytes)?;
        let refs = &mut self.refs[site.0];
        let place = |length: usize| u32::try_from(length).map_err(|_| Malformed);
        refs.spans.push((place(start)?, place(refs.refs.len())?));
        Ok(())
    }

    /// The keys of one message, of which those `shown` are noted. `at` counts all keys of the list.
    fn keys(
        &mut self,
        (site, step): (SiteId, StepId),
        (at, shown): (&mut u32, &Range<u32>),
        keys: &Keys,
        slots: &[u64],
        bytes: &[u8],
    ) -> Result<(), Malformed> {
        let within = |slot: u32| super::table::part(bytes, slots[slot as usize]);
        let mut note = |scalar, item: Option<Payload<'_>>| {
            if shown.contains(at) {
                self.key_of_item(site, step, scalar, item);
            }
            *at += 1;
        };
        match keys {
            Keys::One(part) => note(part.scalar, payload(part, slots, bytes)?),
            Keys::Many(part) => match wire_type(part.scalar) {
                LEN => {
                    let mut items = Messages::of(within(part.slot), part.number);
                    while let Some(item) = items.next()? {
                        note(part.scalar, Some(Payload::Bytes(item)));
                    }
                }
                wire_type => {
                    let mut items = Numbers::of(within(part.slot), part.number, wire_type);
                    while let Some(item) = items.next()? {
                        note(part.scalar, Some(Payload::Number(item)));
                    }
                }
            },
            Keys::Inside { slot, number, table, slots: count, keys } => {
                let program = self.program;
                let mut items = Messages::of(within(*slot), *number);
                while let Some(item) = items.next_window()? {
                    program.with_slots(*table, *count, item, |slots, item| {
                        self.keys((site, step), (at, shown), keys, slots, item.buffer())
                    })??;
                }
            }
        }
        Ok(())
    }

    fn key_of_item(
        &mut self,
        site: SiteId,
        step: StepId,
        scalar: Scalar,
        item: Option<Payload<'_>>,
    ) {
        let (form, keys) = (&self.program.forms[step.0], &mut self.keys[step.0]);
        let id = if let Some(key) = form.as_it_stands(item) {
            text_key(form, keys, key)
        } else {
            self.key.clear();
            match form.push(&mut self.key, 0, scalar, item) {
                Ok(()) => keys.intern(&self.key),
                Err(keyless) => keyless.id(),
            }
        };
        self.refs[site.0].refs.push(id);
    }
}

/// The number of a key that is one text as it stands.
#[inline(always)]
fn text_key(form: &KeyForm, keys: &mut KeyTable, key: &[u8]) -> u32 {
    if form.holds(key) { keys.intern(key) } else { UNFIT_KEY }
}

impl Keyless {
    /// What stands in [`Refs`] instead of a key.
    fn id(self) -> u32 {
        match self {
            Self::Absent => NO_KEY,
            Self::Unfit => UNFIT_KEY,
        }
    }
}
