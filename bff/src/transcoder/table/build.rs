//! Building tables, field by field.

use std::collections::BTreeMap;

use super::{Closed, Entry, Guard, LARGE, PathNode, SMALL, Table, TableId, Tables, kind};
use crate::{
    contract::Scalar,
    error::{Code, Error, Result},
    transcoder::{
        descriptor::Known,
        scalar::wire_type,
        wire::{LEN, tag_of},
    },
};

/// The fields of a oneof, each with its tag: setting one unsets the others.
pub(in crate::transcoder) type Oneof = Vec<u32>;

/// A table in the making, with those of the messages that its paths go through.
#[derive(Debug)]
pub(in crate::transcoder) struct TableBuilder<'d> {
    nodes: Vec<Node<'d>>,
    slots: usize,
}

#[derive(Debug)]
struct Node<'d> {
    known: Known<'d>,
    drafts: BTreeMap<u32, Draft>,
    /// A oneof that the plan speaks of, where the message is not known.
    oneof: Oneof,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Draft {
    kind: u32,
    slot: usize,
    /// For a message whose fields have slots here.
    child: Option<usize>,
}

impl<'d> Node<'d> {
    fn of(known: Known<'d>) -> Self {
        Self { known, drafts: BTreeMap::new(), oneof: Oneof::new() }
    }
}

impl<'d> TableBuilder<'d> {
    pub(in crate::transcoder) fn new(known: Known<'d>) -> Self {
        Self { nodes: vec![Node::of(known)], slots: 1 }
    }

    /// What is known of the message at `node`.
    pub(in crate::transcoder) fn known(&self, node: usize) -> &Known<'d> {
        &self.nodes[node].known
    }

    /// How many slots a scan needs.
    pub(in crate::transcoder) fn slots(&self) -> usize {
        self.slots
    }

    /// The message at the end of a path, and the slot that is 0 where it is absent; 0 for one that never is.
    pub(in crate::transcoder) fn descend(&mut self, path: &[u32]) -> Result<(usize, usize)> {
        let (mut node, mut guard) = (0, 0);
        for number in path {
            let tag = tag_of(*number, LEN);
            let slot = self.draft(node, tag, kind::SINGLE)?;
            let always = *number == 2 && self.nodes[node].known.is_entry();
            guard = if always { guard } else { slot };
            let fresh = self.nodes.len();
            let draft = self.nodes[node].drafts.get_mut(&tag).expect("it was just put there");
            let child = *draft.child.get_or_insert(fresh);
            if child == fresh {
                let known = self.nodes[node].known.inside(*number);
                self.nodes.push(Node::of(known));
            }
            node = child;
        }
        Ok((node, guard))
    }

    /// A singular number: its raw value, or with presence its span.
    pub(in crate::transcoder) fn number(
        &mut self,
        node: usize,
        number: u32,
        scalar: Scalar,
        presence: bool,
    ) -> Result<usize> {
        let kind = if presence { kind::SPAN } else { kind::STORE };
        self.draft(node, tag_of(number, wire_type(scalar)), kind)
    }

    /// A singular text or bytes.
    pub(in crate::transcoder) fn bytes(&mut self, node: usize, number: u32) -> Result<usize> {
        self.draft(node, tag_of(number, LEN), kind::STORE)
    }

    /// A singular message.
    pub(in crate::transcoder) fn message(&mut self, node: usize, number: u32) -> Result<usize> {
        self.draft(node, tag_of(number, LEN), kind::SINGLE)
    }

    /// A repeated field of any type.
    pub(in crate::transcoder) fn repeated(
        &mut self,
        node: usize,
        number: u32,
        wire_type: u32,
    ) -> Result<usize> {
        let slot = self.draft(node, tag_of(number, LEN), kind::REPEATED)?;
        if wire_type != LEN {
            let draft = Draft { kind: kind::REPEATED, slot, child: None };
            self.nodes[node].drafts.insert(tag_of(number, wire_type), draft);
        }
        Ok(slot)
    }

    /// Says that fields of the message itself belong to one oneof. Where the message is known, that counts instead.
    pub(in crate::transcoder) fn oneof(&mut self, oneof: Oneof) {
        self.nodes[0].oneof = oneof;
    }

    fn draft(&mut self, node: usize, tag: u32, kind: u32) -> Result<usize> {
        if let Some(draft) = self.nodes[node].drafts.get(&tag) {
            if draft.kind == kind {
                return Ok(draft.slot);
            }
            return Err(Error::new(
                Code::FailedPrecondition,
                format!("the contract binds field {} of one message in two ways", tag >> 3),
            ));
        }
        let slot = self.slots;
        self.slots += 1;
        self.nodes[node].drafts.insert(tag, Draft { kind, slot, child: None });
        Ok(slot)
    }

    /// Adds the table, and those of paths, to `tables`.
    pub(in crate::transcoder) fn finish(self, tables: &mut Tables) -> TableId {
        self.finish_node(0, tables)
    }

    fn finish_node(&self, node: usize, tables: &mut Tables) -> TableId {
        let mut entries = BTreeMap::new();
        for (tag, draft) in &self.nodes[node].drafts {
            let entry = match draft.child {
                None => Entry::new(draft.kind, draft.slot),
                Some(child) => {
                    let table = self.finish_node(child, tables);
                    tables.paths.push(PathNode { slot: draft.slot, table });
                    Entry::new(kind::PATH, tables.paths.len() - 1)
                }
            };
            entries.insert(*tag, entry);
        }
        let Node { known, oneof, .. } = &self.nodes[node];
        for oneof in known.oneofs().unwrap_or(std::slice::from_ref(oneof)) {
            self.guard(node, oneof, &mut entries, tables);
        }
        close(known, &mut entries, tables);
        tables.tables.push(Table::of(&entries));
        TableId(u32::try_from(tables.tables.len() - 1).expect("fewer tables than 2^32"))
    }

    fn guard(
        &self,
        node: usize,
        oneof: &Oneof,
        entries: &mut BTreeMap<u32, Entry>,
        tables: &mut Tables,
    ) {
        for tag in oneof {
            let mut clears = Vec::new();
            for other in oneof.iter().filter(|other| *other != tag) {
                self.slots_of(node, *other, &mut clears);
            }
            if clears.is_empty() {
                continue;
            }
            let then = entries.get(tag).copied().unwrap_or_default();
            // Such a slot holds a raw number, and a guard knows only spans. A member of a oneof has presence, so this is
            // a contract that says otherwise.
            if then != Entry::default() && then.kind() == kind::STORE && tag & 7 != LEN {
                continue;
            }
            tables.guards.push(Guard { clears: clears.into(), then });
            entries.insert(*tag, Entry::new(kind::GUARDED, tables.guards.len() - 1));
        }
    }

    /// The slots of one field, and of everything inside it.
    fn slots_of(&self, node: usize, tag: u32, slots: &mut Vec<usize>) {
        let Some(draft) = self.nodes[node].drafts.get(&tag) else { return };
        slots.push(draft.slot);
        if let Some(child) = draft.child {
            for tag in self.nodes[child].drafts.keys() {
                self.slots_of(child, *tag, slots);
            }
        }
    }
}

/// Has unknown numbers of closed enums pass for what they are: unknown fields. Before all else, since such a field unsets no
/// other of its oneof.
fn close(known: &Known<'_>, entries: &mut BTreeMap<u32, Entry>, tables: &mut Tables) {
    for (tag, entry) in entries {
        let number = *tag >> 3;
        let entries_of_map = || {
            let inside = known.inside(number);
            inside.is_entry().then(|| inside.closed_enum(2)).flatten()
        };
        let (numbers, is_map) = match known.closed_enum(number) {
            Some(numbers) => (numbers, false),
            None => match entries_of_map() {
                Some(numbers) => (numbers, true),
                None => continue,
            },
        };
        tables.closed.push(Closed { numbers, is_map, then: *entry });
        *entry = Entry::new(kind::CLOSED, tables.closed.len() - 1);
    }
}

impl Table {
    fn of(entries: &BTreeMap<u32, Entry>) -> Self {
        let mut small = [Entry::default(); SMALL];
        small[..8].fill(Entry::new(kind::NOTHING, 0));
        let highest = entries.keys().map(|tag| *tag as usize).filter(|tag| *tag < LARGE).max();
        let mut large =
            vec![Entry::default(); highest.map_or(0, |tag| (tag + 1).saturating_sub(SMALL))];
        let mut sparse = Vec::new();
        for (tag, entry) in entries {
            match *tag as usize {
                index if index < SMALL => small[index] = *entry,
                index if index < LARGE => large[index - SMALL] = *entry,
                _ => sparse.push((*tag, *entry)),
            }
        }
        Self { small, large: large.into(), sparse: sparse.into() }
    }
}
