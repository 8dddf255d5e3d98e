//! Frames for what of lists comes later.

use super::{Compiler, emission::Traits, refused};
use crate::{
    error::Result,
    plan::{Source, StreamId},
    transcoder::{
        descriptor::Known,
        frame::{Frame, FrameId, Half, Kind, Literal, Operation, PortionId, WHOLE},
    },
};

impl<'a> Compiler<'a> {
    /// The items of a list that come later: they are read from the same part of the message.
    pub(super) fn rest_of_items(
        &mut self,
        id: StreamId,
        number: u32,
        known: &Known<'a>,
        traits: Traits,
    ) -> Result<PortionId> {
        let Source::Wire(rest) = &self.plan.streams[id.0].rest else {
            return Err(refused("the plan has a list that goes on elsewhere"));
        };
        self.rest(id, traits, |compiler| {
            let value = compiler.value(&rest.value, known)?;
            let (entry_key, half) = (known.entry_key(), Half::Rest(id));
            Ok(Kind::Items { value, number, entry_key, half })
        })
    }

    /// The values of many keys that come later.
    pub(super) fn rest_of_values(&mut self, id: StreamId, traits: Traits) -> Result<PortionId> {
        let Source::Join { site, then } = &self.plan.streams[id.0].rest else {
            return Err(refused("the plan has a list that goes on elsewhere"));
        };
        self.rest(id, traits, |compiler| {
            let mut join = compiler.join(*site, then, traits)?;
            if let Kind::Join { many, .. } = &mut join {
                *many = Some(Half::Rest(id));
            }
            Ok(join)
        })
    }

    /// What of a list comes later has a frame of its own.
    fn rest(
        &mut self,
        id: StreamId,
        traits: Traits,
        kind: impl FnOnce(&mut Self) -> Result<Kind>,
    ) -> Result<PortionId> {
        let plan = self.plan;
        let stream = &plan.streams[id.0];
        let outer = std::mem::take(&mut self.outer);
        let site = self.site_of(self.rest_of(id));
        let operation = Operation {
            literal: Literal::of(""),
            kind: self.below(site, kind)?,
            slot: WHOLE,
            guard: 0,
            field: traits.field,
            // The list was told already, so that nothing stands for what is missing.
            nullable: false,
            item_nullable: traits.item_nullable,
            inside_join: true,
            default: None,
        };
        self.layout.frames.push(Frame {
            table: None,
            slots: 1,
            operations: [operation].into(),
            close: Literal::of(""),
            divided: None,
            kept: None,
        });
        let rest = self.rest_of(id);
        let portion = &mut self.layout.portions[rest.0];
        portion.defers = [stream.defer].into();
        portion.frame = FrameId(self.layout.frames.len() - 1);
        portion.outer = self.outer.iter().copied().collect();
        portion.field = traits.field;
        // The stream begins here; what it stands in is further out.
        self.outer.remove(&stream.defer);
        self.outer.extend(plan.defers[stream.defer.0].parent);
        self.outer.extend(outer);
        Ok(rest)
    }
}
