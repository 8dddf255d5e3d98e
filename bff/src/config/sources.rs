//! A file and the environment: what they say, and where.

use std::{collections::BTreeMap, iter, mem, ops::Range};

use serde::{Deserialize, de::DeserializeOwned};
use toml::{
    Spanned, Table, Value,
    de::{DeTable, DeValue, Deserializer},
};

use super::{
    fault::{Fault, explain},
    read::{first_fault, insert, read},
    services::flattened,
};

const PREFIX: &str = "ANABRANCH_";

/// Variables with our prefix that are read elsewhere: how much the binary logs.
const NOT_SETTINGS: [&str; 1] = ["ANABRANCH_LOG"];

/// The text of a file, and where its keys are.
#[derive(Debug)]
pub(super) struct Sources<'t> {
    name: &'t str,
    text: &'t str,
    keys: Spanned<DeTable<'t>>,
    table: Table,
    /// What is no TOML. It is taken out, and the rest is read.
    faults: Vec<Fault>,
}

impl<'t> Sources<'t> {
    /// Reads the syntax of a file.
    pub(super) fn parse(name: &'t str, text: &'t str) -> Self {
        let (keys, mut errors) = DeTable::parse_recoverable(text);
        let mut sources = Self { name, text, keys, table: Table::new(), faults: Vec::new() };
        errors.sort_by_key(|error| error.span().map(|span| span.start));
        for error in &errors {
            sources.refuse(error);
        }
        drop_nameless(sources.keys.get_mut());
        // What the syntax allows and TOML does not, like numbers beyond 64 bits, is found here, one at a time.
        loop {
            match Table::deserialize(Deserializer::from(sources.keys.clone())) {
                Ok(table) => return Self { table, ..sources },
                Err(error) if sources.refuse(&error) => {}
                Err(_) => return sources,
            }
        }
    }

    /// Notes the first error of a line, and takes out what it is in. Whether there was something to take out.
    fn refuse(&mut self, error: &toml::de::Error) -> bool {
        let taken = error.span().and_then(|span| take_out(self.keys.get_mut(), &span));
        let place = error.span().map(|span| place(self.name, self.text, span.start));
        if place.is_none() || self.faults.iter().all(|fault| fault.place != place) {
            let (path, message) =
                (taken.clone().unwrap_or_default(), explain(error.message().trim(), None));
            self.faults.push(Fault { place, path, message });
        }
        taken.is_some()
    }

    /// What the file says, with what the environment says put over it.
    pub(super) fn read<T: DeserializeOwned + Default>(
        &self,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> (T, Vec<Fault>) {
        let mut table = self.table.clone();
        let (_, mut faults) = read::<T>(&mut table);
        faults.sort_by_key(|fault| self.offset(&fault.path));
        let faults = faults.into_iter().map(|fault| self.placed(fault));
        let mut faults: Vec<_> = self.faults.iter().cloned().chain(faults).collect();
        // Sorted, so that faults come in the same order each time.
        let variables: BTreeMap<String, String> = environment
            .into_iter()
            .filter(|(name, _)| name.starts_with(PREFIX) && !NOT_SETTINGS.contains(&name.as_str()))
            .collect();
        for (name, text) in variables {
            if let Err(fault) = self.set::<T>(&mut table, &name, &text) {
                faults.push(Fault { place: Some(name), ..fault });
            }
        }
        let (settings, _) = read(&mut table);
        (settings, faults)
    }

    /// The fault with the line of the file that it comes from.
    pub(super) fn placed(&self, fault: Fault) -> Fault {
        let place = self.offset(&fault.path).map(|offset| place(self.name, self.text, offset));
        Fault { place: fault.place.or(place), ..fault }
    }

    /// Where the key stands, or the innermost table around it.
    fn offset(&self, path: &[String]) -> Option<usize> {
        let (mut table, mut found) = (self.keys.get_ref(), None);
        for name in path {
            let Some((key, value)) = table.get_key_value(name.as_str()) else { break };
            found = Some(key.span().start);
            let Some(inner) = value.get_ref().as_table() else { break };
            table = inner;
        }
        found
    }

    /// Puts one variable over what is there. A text has no type: what fits is taken, a text before a number or a boolean, and
    /// these before a list with commas.
    fn set<T: DeserializeOwned>(
        &self,
        table: &mut Table,
        name: &str,
        text: &str,
    ) -> Result<(), Fault> {
        let path = self.path(name);
        let mut first = None;
        for value in readings(text) {
            let mut changed = table.clone();
            if !insert(&mut changed, &path, value) {
                continue;
            }
            match first_fault::<T>(&changed) {
                Ok(_) => {
                    *table = changed;
                    return Ok(());
                }
                Err(fault) => drop(first.get_or_insert(fault)),
            }
        }
        let message = "there is no such key".to_owned();
        Err(first.unwrap_or(Fault { place: None, path, message }))
    }

    /// The keys that a variable names. Capitals and the dots of services are found again among the keys of the file.
    fn path(&self, name: &str) -> Vec<String> {
        let mut path: Vec<String> =
            name[PREFIX.len()..].split("__").map(str::to_lowercase).collect();
        if let [table, service, ..] = &mut path[..]
            && table == "services"
        {
            let services = self.table.get("services").and_then(Value::as_table);
            let mut names = services.into_iter().flat_map(Table::keys);
            // What the file does not name waits for the services of the contract.
            if let Some(found) = names.find(|name| flattened(name) == *service) {
                service.clone_from(found);
            }
        }
        path
    }
}

/// Takes out the values that the span touches; gives the keys that lead to the first one.
fn take_out(table: &mut DeTable<'_>, span: &Range<usize>) -> Option<Vec<String>> {
    let mut taken = None;
    for (key, mut value) in mem::replace(table, DeTable::new()) {
        let touches = span.start <= value.span().end && key.span().start <= span.end;
        let path = match value.get_mut() {
            DeValue::Table(inner) => take_out(inner, span),
            _ => touches.then(Vec::new),
        };
        let is_gone = path.as_ref().is_some_and(Vec::is_empty);
        let path = path.map(|rest| iter::once(key.get_ref().to_string()).chain(rest).collect());
        taken = taken.or(path);
        if !is_gone {
            table.insert(key, value);
        }
    }
    taken
}

/// The parser reads `a..b` as if there were an empty name in between.
fn drop_nameless(table: &mut DeTable<'_>) {
    for (key, mut value) in mem::replace(table, DeTable::new()) {
        if let DeValue::Table(inner) = value.get_mut() {
            drop_nameless(inner);
        }
        if !key.get_ref().is_empty() {
            table.insert(key, value);
        }
    }
}

fn readings(text: &str) -> impl Iterator<Item = Value> {
    let list = || text.split(',').map(|item| Value::String(item.trim().to_owned())).collect();
    let literal = format!("value = {text}").parse::<Table>().ok();
    let literal =
        literal.filter(|table| table.len() == 1).and_then(|mut table| table.remove("value"));
    [Value::String(text.to_owned())].into_iter().chain(literal).chain([Value::Array(list())])
}

fn place(name: &str, text: &str, offset: usize) -> String {
    let line = 1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
    format!("{name}:{line}")
}
