//! What a document would cost, found out before anything walks it that could be made to work hard.

use std::collections::HashMap;

use apollo_compiler::{
    Name,
    ast::{Definition, DirectiveList, Document, FragmentDefinition, Selection},
};

use super::{config::Limits, refusal::Refusal};
use crate::error::Code;

/// Spread fragments and inline fragments count here together with fields, so that the walks over the document stay
/// within a thread's stack.
const NESTING: usize = 200;

/// Refuses a document that would cost more than `limits` allow. Fragments count wherever they are spread, though each is
/// walked only once.
pub(super) fn check(document: &Document, limits: &Limits) -> Result<(), Refusal> {
    let mut walk = Walk { limits, fragments: HashMap::new(), aliases: 0, directives: 0 };
    for definition in &document.definitions {
        if let Definition::FragmentDefinition(fragment) = definition {
            walk.fragments.entry(fragment.name.clone()).or_insert(Fragment::Unseen(fragment));
        }
    }
    let names: Vec<Name> = walk.fragments.keys().cloned().collect();
    for name in names {
        let cost = walk.fragment(&name, 0)?;
        walk.fits(cost)?;
    }
    let mut all = Cost::default();
    for definition in &document.definitions {
        if let Definition::OperationDefinition(operation) = definition {
            walk.directives(&operation.directives)?;
            for variable in &operation.variables {
                walk.directives(&variable.directives)?;
            }
            let cost = walk.selections(&operation.selection_set, 0)?;
            // The validator walks shared fragments once for each operation.
            all.selections = all.selections.saturating_add(cost.selections);
            all.depth = all.depth.max(cost.depth);
            walk.fits(all)?;
        }
    }
    Ok(())
}

struct Walk<'a> {
    limits: &'a Limits,
    fragments: HashMap<Name, Fragment<'a>>,
    aliases: usize,
    directives: usize,
}

enum Fragment<'a> {
    Unseen(&'a FragmentDefinition),
    /// It is being walked: to meet it again is a cycle, which the validator reports.
    Open,
    Known(Cost),
}

/// What a selection set costs with its fragments spread in.
#[derive(Clone, Copy, Default)]
struct Cost {
    selections: usize,
    depth: usize,
    nesting: usize,
}

impl Walk<'_> {
    fn selections(&mut self, selections: &[Selection], above: usize) -> Result<Cost, Refusal> {
        if above > NESTING {
            return Err(too_nested());
        }
        let mut total = Cost::default();
        for selection in selections {
            let (own_depth, inner) = self.selection(selection, above)?;
            total.selections = total.selections.saturating_add(inner.selections).saturating_add(1);
            total.depth = total.depth.max(inner.depth.saturating_add(own_depth));
            total.nesting = total.nesting.max(inner.nesting.saturating_add(1));
        }
        Ok(total)
    }

    /// How much deeper the selection makes fields, and what stands inside it.
    fn selection(&mut self, selection: &Selection, above: usize) -> Result<(usize, Cost), Refusal> {
        match selection {
            Selection::Field(field) => {
                self.directives(&field.directives)?;
                if field.alias.is_some() {
                    self.aliases += 1;
                    let limit = self.limits.aliases;
                    check_count(self.aliases, limit, "fields with an alias")?;
                }
                let inner = field.selection_set.as_deref().unwrap_or_default();
                Ok((1, self.selections(inner, above + 1)?))
            }
            Selection::InlineFragment(inline) => {
                self.directives(&inline.directives)?;
                Ok((0, self.selections(&inline.selection_set, above + 1)?))
            }
            Selection::FragmentSpread(spread) => {
                self.directives(&spread.directives)?;
                Ok((0, self.fragment(&spread.fragment_name, above + 1)?))
            }
        }
    }

    fn fragment(&mut self, name: &Name, above: usize) -> Result<Cost, Refusal> {
        let Some(fragment) = self.fragments.get_mut(name) else { return Ok(Cost::default()) };
        let definition = match fragment {
            Fragment::Known(cost) if above + cost.nesting > NESTING => return Err(too_nested()),
            Fragment::Known(cost) => return Ok(*cost),
            Fragment::Open => return Ok(Cost::default()),
            Fragment::Unseen(definition) => *definition,
        };
        *fragment = Fragment::Open;
        self.directives(&definition.directives)?;
        let cost = self.selections(&definition.selection_set, above)?;
        self.fragments.insert(name.clone(), Fragment::Known(cost));
        Ok(cost)
    }

    fn directives(&mut self, directives: &DirectiveList) -> Result<(), Refusal> {
        self.directives += directives.len();
        check_count(self.directives, self.limits.directives, "directives")
    }

    fn fits(&self, cost: Cost) -> Result<(), Refusal> {
        check_count(cost.selections, self.limits.selections, "selections")?;
        if cost.depth > self.limits.depth {
            let message =
                format!("Fields stand {} deep; the limit is {}.", cost.depth, self.limits.depth);
            return Err(Refusal::new(Code::LimitExceeded, message));
        }
        Ok(())
    }
}

fn check_count(count: usize, limit: usize, what: &str) -> Result<(), Refusal> {
    if count <= limit {
        return Ok(());
    }
    let message = format!("The document has more than {limit} {what}.");
    Err(Refusal::new(Code::LimitExceeded, message))
}

fn too_nested() -> Refusal {
    let message = format!("Selections and fragments nest deeper than {NESTING} levels.");
    Refusal::new(Code::LimitExceeded, message)
}
