//! What a step answers: the fields, and where several steps answer a field, with which arguments this one does.

use std::fmt::Write as _;

use super::{Argument, Place, PlanText, StepId};

/// How many letters of an argument are shown.
const SHOWN: usize = 40;

impl PlanText<'_> {
    /// `Query.book`, or `Query.book(id: 1)` where another step answers `Query.book(id: 2)`.
    pub(super) fn answers(&self, id: StepId, place: &Place<'_>, places: &[Place<'_>]) -> String {
        let step = self.plan.step(id);
        let own = &step.arguments;
        // The calls of a chain answer one field too, each in its turn.
        let others: Vec<_> = places
            .iter()
            .filter(|other| other.type_name == place.type_name && other.field == place.field)
            .map(|other| self.plan.step(self.plan.site(other.site).step))
            .filter(|other| other.join.target == step.join.target && other.arguments != *own)
            .map(|other| &other.arguments)
            .collect();
        let is_own =
            |argument: &&(String, Argument)| others.iter().any(|it| !it.contains(argument));
        let told: Vec<String> = own
            .iter()
            .filter(is_own)
            .map(|(name, value)| format!("{name}: {}", self.shortened(value)))
            .collect();
        let name = format!("{}.{}", place.type_name, place.field);
        if told.is_empty() { name } else { format!("{name}({})", told.join(", ")) }
    }

    fn shortened(&self, value: &Argument) -> String {
        let mut text = String::new();
        self.write(value, &mut text);
        if let Some((end, _)) = text.char_indices().nth(SHOWN) {
            text.truncate(end);
            text.push('…');
        }
        text
    }

    fn write(&self, value: &Argument, out: &mut String) {
        // What is not shown is not written.
        if out.len() > 4 * SHOWN {
            return;
        }
        let written = match value {
            Argument::Null => write!(out, "null"),
            Argument::Int(number) => write!(out, "{number}"),
            Argument::Unsigned(number) => write!(out, "{number}"),
            Argument::Float(number) => write!(out, "{number}"),
            Argument::String(text) => write!(out, "{text:?}"),
            Argument::Boolean(is_true) => write!(out, "{is_true}"),
            Argument::Enum(name) => write!(out, "{name}"),
            Argument::Variable { index, .. } => {
                let name = self.plan.variables.get(*index).map(|variable| variable.name.as_str());
                write!(out, "${}", name.unwrap_or_default())
            }
            Argument::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index == 0 { "[" } else { ", " });
                    self.write(item, out);
                }
                write!(out, "{}]", if items.is_empty() { "[" } else { "" })
            }
            Argument::Object(fields) => {
                for (index, (name, value)) in fields.iter().enumerate() {
                    out.push_str(if index == 0 { "{" } else { ", " });
                    out.push_str(name);
                    out.push_str(": ");
                    self.write(value, out);
                }
                write!(out, "{}}}", if fields.is_empty() { "{" } else { "" })
            }
        };
        written.expect("writing to a String never fails");
    }
}
