//! Every field of the schema: is it real, promised or drifted?

use std::collections::BTreeMap;

use crate::check;
use crate::contract::{State, join};
use crate::model::{Fault, Model, Site};

/// How far a field has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldState {
    /// A message field, a method or a Rust function answers it.
    Real,
    /// Only a mock answers it.
    Promised,
    /// The schema says something that the protos do not.
    Drifted,
}

/// One field and what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldStatus {
    /// "Book.price"
    pub coordinate: String,
    /// A field that is bound more than once counts as its worst binding.
    pub state: FieldState,
    /// For a real field what answers it: "bookshop.pricing.v1.Pricing/BatchGetPrices", "bookshop.catalog.v1.Book.title".
    /// For a drifted one the reason.
    pub detail: String,
}

pub(crate) fn status(model: &Model<'_>) -> Vec<FieldStatus> {
    let mut worst: BTreeMap<(usize, usize), FieldStatus> = BTreeMap::new();
    for site in &model.sites {
        let status = of_site(model, site);
        let types = &model.input.schema.definitions.types;
        let place = (types.get_index_of(site.type_name.as_str()).unwrap_or(usize::MAX), site.field);
        match worst.get(&place) {
            Some(known) if known.state >= status.state => {}
            _ => {
                worst.insert(place, status);
            }
        }
    }
    worst.into_values().collect()
}

fn of_site(model: &Model<'_>, site: &Site) -> FieldStatus {
    let coordinate = site.coordinate();
    if let Some(detail) = drift(model, site) {
        return FieldStatus { coordinate, state: FieldState::Drifted, detail };
    }
    let field = model.field(site);
    if field.is_some_and(|field| field.state() == State::Promised) {
        return FieldStatus { coordinate, state: FieldState::Promised, detail: String::new() };
    }
    FieldStatus { coordinate, state: FieldState::Real, detail: answered_by(model, site) }
}

/// What is wrong with the field itself, or with a value inside that has no key to be asked for by itself.
fn drift(model: &Model<'_>, site: &Site) -> Option<String> {
    let own =
        model.faults.get(site.faults.clone()).unwrap_or_default().iter().find_map(check::of_fault);
    if let Some(finding) = own {
        return Some(finding.message().to_owned());
    }
    let inner = model.inner_binding(site)?;
    let drifted = |other: &&Site| other.binding == inner && other.binding != site.binding;
    model.sites.iter().filter(drifted).find_map(|other| {
        let faults = model.faults.get(other.faults.clone()).unwrap_or_default();
        let fault = faults.iter().find(|fault| matches!(fault, Fault::Drifted { .. }))?;
        check::of_fault(fault).map(|finding| finding.message().to_owned())
    })
}

fn answered_by(model: &Model<'_>, site: &Site) -> String {
    match model.join(site).and_then(|join| join.target) {
        Some(join::Target::Method(id)) => model
            .methods
            .get(id as usize)
            .map(|method| format!("{}/{}", method.service, method.name))
            .unwrap_or_default(),
        Some(join::Target::Resolver(_)) => "a Rust function".to_owned(),
        None => site.wire.as_ref().map(|field| field.full_name().to_owned()).unwrap_or_default(),
    }
}
