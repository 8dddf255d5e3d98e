//! Lists that are told as they come: what comes behind the first items is answered by runs of its own.

use std::{mem, sync::Arc};

use super::{Run, Work};
use crate::{
    error::Result,
    executor::incremental::{Items, Live, Streamed},
    plan::StepId,
    transcoder::ListPart,
};

impl Run {
    /// The same where lists may be told as they come.
    pub(in crate::executor) fn in_parts(self) -> Self {
        Self { live: Some(Vec::new()), ..self }
    }

    /// What may come behind the first items of lists.
    pub(in crate::executor) fn take_live(&mut self) -> Vec<Live> {
        self.live.as_mut().map(mem::take).unwrap_or_default()
    }

    /// A run for items that came later. They are the first items of a message like that of the whole list, and of what the list stands in
    /// nothing is asked: it has no keys.
    pub(in crate::executor) fn of_items(
        &self,
        list: &Streamed,
        items: &Items,
    ) -> Result<(Self, Work)> {
        let mut run = Self::new(Arc::clone(&self.request), None);
        run.own_calls = Arc::clone(&self.own_calls);
        run.lists[list.stream.0] = ListPart::default();
        let program = &run.request.prepared.program;
        let (keys, refs) = (&mut run.keys, &mut run.refs);
        program.extract(Some(list.site), (0, &items.message), keys, refs, &run.lists)?;
        let work = Work::new();
        run.begin_ready(&work);
        Ok((run, work))
    }

    /// How many items of a step's list are waited for, if it can be told as it comes: where it stands at one place, so that one
    /// list is read for it and no more are open than the document names.
    pub(super) fn at_least(&self, step: StepId) -> Option<u32> {
        let list = self.request.step(step).streamed.as_ref().filter(|_| self.live.is_some())?;
        let is_one = self.asked[step.0].len() == 1 && self.refs[list.site.0].all().len() == 1;
        is_one.then(|| list.at_least(self.lists[list.stream.0].first))
    }

    pub(super) fn put_live(&mut self, live: Option<Box<Live>>) {
        if let (Some(live), Some(all)) = (live, &mut self.live) {
            self.lists[live.streamed().stream.0].open = true;
            all.push(*live);
        }
    }

    /// What came first cannot be read.
    pub(super) fn drop_live(&mut self, step: StepId) {
        for live in self.live.iter_mut().flatten().filter(|live| live.step == step) {
            self.lists[live.streamed().stream.0].open = false;
        }
        self.live.iter_mut().for_each(|all| all.retain(|live| live.step != step));
    }
}
