//! What a run shows of what its steps have answered.

use super::Run;
use crate::{
    error::Code,
    plan::StepId,
    transcoder::{Budget, Emission, EmitInput, Later},
};

impl Run {
    /// Writes what is not deferred.
    pub(in crate::executor) fn emit(&self, budget: Budget, out: &mut Vec<u8>) -> Emission {
        let input = self.input(budget);
        let emission = self.request.prepared.program.emit(&input, out);
        self.forget_unreadable(&emission);
        emission
    }

    /// Writes what an emission has left for later. `known_groups` is how many groups those before have met.
    pub(in crate::executor) fn emit_later(
        &self,
        budget: Budget,
        later: &Later,
        known_groups: usize,
        out: &mut Vec<u8>,
    ) -> Emission {
        let input = self.input(budget);
        let program = &self.request.prepared.program;
        let emission = program.emit_later(&input, later, known_groups, out);
        self.forget_unreadable(&emission);
        emission
    }

    fn input(&self, budget: Budget) -> EmitInput<'_> {
        let Self { entities, refs, slow, lists, .. } = self;
        EmitInput { steps: entities, refs, slow, lists, budget }
    }

    /// What turned out to be unreadable when the answer was written is not kept for the next request.
    fn forget_unreadable(&self, emission: &Emission) {
        let mut steps: Vec<StepId> = emission
            .errors
            .iter()
            .filter(|error| error.error.code() == Code::DataLoss)
            .filter_map(|error| error.step)
            .collect();
        steps.sort_unstable();
        steps.dedup();
        for step in steps {
            let ids = 0_u32..;
            self.step_run(step).forget(ids.take(self.asked[step.0].len()));
        }
    }
}
