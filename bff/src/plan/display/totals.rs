//! The last line of a plan: how many calls, in how many levels, and how long they may take.

use std::fmt;

use super::{PlanText, is_resolver, plural};
use crate::{operation::OperationKind, plan::StepId, units::Span};

impl PlanText<'_> {
    pub(super) fn totals(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = (0..self.plan.steps.len()).map(StepId);
        let asked = steps.filter(|id| !self.streams(self.plan.step(*id)));
        let calls = asked.filter(|id| !is_resolver(&self.plan.step(*id).join));
        let (mut count, mut open) = (0, false);
        for id in calls {
            count += 1;
            open |= !self.is_one_call(id);
        }
        let streams = self.plan.kind == OperationKind::Subscription;
        let levels = self.plan.levels() - usize::from(streams);
        let at_least = if open { "at least " } else { "" };
        write!(
            formatter,
            "{at_least}{count} {} in {levels} {}{}",
            plural(count, "call"),
            plural(levels, "level"),
            if streams { " for each event" } else { "" }
        )?;
        match self.plan.worst_case() {
            Some(time) if count > 0 => {
                write!(formatter, " · worst case {}", Span(time))?;
                match self.plan.worst_case_as_guessed() {
                    Some(guessed) if guessed < time => {
                        let guessed = Span(guessed);
                        write!(formatter, " ({guessed} where early calls have the right keys)")
                    }
                    _ => Ok(()),
                }
            }
            None if streams => formatter.write_str(" · worst case the event's timeout"),
            None => formatter.write_str(" · worst case the request's deadline"),
            Some(_) => Ok(()),
        }
    }
}
