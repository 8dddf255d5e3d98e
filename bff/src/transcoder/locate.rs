//! Extraction: finding keys in entities, over the same scan and in the same order as emission meets their places.

use std::ops::Range;

use smallvec::SmallVec;

use super::{
    KeyTable, ListPart, NO_KEY, Program, Refs, UNFIT_KEY,
    frame::{Choice, ChoiceId, WHOLE},
    halves::Halves,
    kept::Kept,
    keyform::{KeyForm, Keyless},
    keys::Mark,
    map::{EntryTags, MapValue, entry, overridden, overridden_entries},
    scalar::wire_type,
    table::{Messages, Numbers, ScanFault, TableId, Window, part, raw},
    wire::{LEN, Malformed, Payload},
};
use crate::{
    contract::Scalar,
    error::{Code, Error, Result},
    plan::{SiteId, StepId, StreamId},
};

/// A position in the program's finders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FinderId(pub(super) usize);

/// Finds the keys in one message.
#[derive(Debug)]
pub(super) struct Finder {
    /// `None` where nothing of the message is read.
    pub(super) table: Option<TableId>,
    pub(super) slots: usize,
    /// In response order.
    pub(super) finds: Box<[Find]>,
    /// The site with whose places the slots are kept for the object's frame.
    pub(super) keeps: Option<SiteId>,
}

/// One place of a message that leads to keys.
#[derive(Debug)]
pub(super) enum Find {
    /// A site's key, or its list of keys.
    Key { site: SiteId, step: StepId, many: Option<Half>, parts: Box<[Part]> },
    /// Messages with sites.
    Inside { inside: Inside, slot: u32, guard: u32, look: Look },
    /// The same message, of which a portion with sites is answered later.
    Portion { site: SiteId, finder: FinderId },
}

impl Find {
    /// The site of one key: it has one place in each message.
    pub(super) fn only_site(&self) -> Option<SiteId> {
        match self {
            Self::Key { site, many: None, .. } => Some(*site),
            _ => None,
        }
    }
}

/// One part of a key.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) slot: u32,
    pub(super) guard: u32,
    pub(super) number: u32,
    pub(super) scalar: Scalar,
    pub(super) presence: bool,
}

/// How often a message is there.
#[derive(Clone, Copy, Debug)]
pub(super) enum Inside {
    One {
        /// Absent is empty.
        always: bool,
    },
    Items {
        number: u32,
        /// Where they are entries of a map: the type of their keys.
        entry_key: Option<Scalar>,
        half: Half,
    },
    Map {
        number: u32,
        tags: EntryTags,
    },
}

/// Which items of a list.
#[derive(Clone, Copy, Debug)]
pub(super) enum Half {
    All,
    First(StreamId),
    /// The others, whose sites are below this one.
    Rest(StreamId, SiteId),
}

/// What looks into it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Look {
    Object(FinderId),
    Choice(ChoiceId),
}

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
            Find::Key { site, step, many: Some(half), parts } => {
                let shown = self.shown(*half)?;
                self.keys_of_list((*site, *step), shown, &parts[0], slots, bytes)
            }
            Find::Key { site, step, many: None, parts } => {
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
        part: &Part,
        slots: &[u64],
        bytes: &[u8],
    ) -> Result<(), Malformed> {
        let start = self.refs[site.0].refs.len();
        let span = slots[part.slot as usize];
        if span != 0 {
            let bytes = super::table::part(bytes, span);
            match wire_type(part.scalar) {
                LEN => {
                    let mut items = Messages::of(bytes, part.number);
                    let mut at = 0;
                    while let Some(item) = items.next()? {
                        if shown.contains(&at) {
                            self.key_of_item(site, step, part.scalar, Payload::Bytes(item));
                        }
                        at += 1;
                    }
                }
                wire_type => {
                    let mut items = Numbers::of(bytes, part.number, wire_type);
                    let mut at = 0;
                    while let Some(item) = items.next()? {
                        if shown.contains(&at) {
                            self.key_of_item(site, step, part.scalar, Payload::Number(item));
                        }
                        at += 1;
                    }
                }
            }
        }
        let refs = &mut self.refs[site.0];
        let place = |length: usize| u32::try_from(length).map_err(|_| Malformed);
        refs.spans.push((place(start)?, place(refs.refs.len())?));
        Ok(())
    }

    fn key_of_item(&mut self, site: SiteId, step: StepId, scalar: Scalar, item: Payload<'_>) {
        let (form, keys) = (&self.program.forms[step.0], &mut self.keys[step.0]);
        let id = if let Some(key) = form.as_it_stands(Some(item)) {
            text_key(form, keys, key)
        } else {
            self.key.clear();
            match form.push(&mut self.key, 0, scalar, Some(item)) {
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

/// The value of a singular part; `None` where it is absent.
pub(super) fn payload<'a>(
    key: &Part,
    slots: &[u64],
    bytes: &'a [u8],
) -> Result<Option<Payload<'a>>, Malformed> {
    if key.guard != 0 && slots[key.guard as usize] == 0 {
        return Ok(None);
    }
    let slot = slots[key.slot as usize];
    let wire_type = wire_type(key.scalar);
    Ok(match (wire_type, key.presence) {
        (LEN, presence) if slot == 0 => (!presence).then_some(Payload::Bytes(b"")),
        (LEN, _) => Some(Payload::Bytes(part(bytes, slot))),
        (_, false) => Some(Payload::Number(slot)),
        (_, true) if slot == 0 => None,
        (_, true) => Some(Payload::Number(raw(part(bytes, slot), &mut 0, wire_type)?)),
    })
}

/// What looks into a message of an abstract type, and the member's message.
pub(super) type Chosen<'c, 'a, Id> = (Option<&'c Id>, std::borrow::Cow<'a, [u8]>);

impl Program {
    /// Which concrete type a value has. No id: none that the contract knows.
    pub(super) fn choose<'c, 'a, Id>(
        &self,
        choice: &'c Choice<Id>,
        bytes: &'a [u8],
    ) -> Result<Chosen<'c, 'a, Id>, Malformed> {
        use std::borrow::Cow;
        let Some(table) = choice.table else {
            return Ok((choice.otherwise.as_ref(), Cow::Borrowed(bytes)));
        };
        let mut slots = SmallVec::<[u64; 16]>::from_elem(0, choice.slots);
        let whole = self.layout.tables.read(table, bytes, &mut slots)?;
        for (slot, id) in &choice.members {
            let span = slots[*slot];
            if span != 0 {
                let member = match whole {
                    Cow::Borrowed(bytes) => Cow::Borrowed(part(bytes, span)),
                    Cow::Owned(bytes) => Cow::Owned(part(&bytes, span).to_vec()),
                };
                return Ok((Some(id), member));
            }
        }
        Ok((choice.otherwise.as_ref(), whole))
    }

    /// Scans a message and hands over its slots, and the message that they are of.
    #[inline]
    pub(super) fn with_slots<T>(
        &self,
        table: Option<TableId>,
        count: usize,
        message: Window<'_>,
        run: impl FnOnce(&[u64], Window<'_>) -> T,
    ) -> Result<T, Malformed> {
        let Some(table) = table else { return Ok(run(&[0], message)) };
        let tables = &self.layout.tables;
        match count {
            0..=16 => tables.with_slots(table, &mut [0; 16], message, run),
            17..=64 => tables.with_slots(table, &mut [0; 64], message, run),
            _ => tables.with_slots(table, &mut vec![0; count], message, run),
        }
    }
}
