//! A file and the environment: what they say, and where.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use toml::{Spanned, Table, Value, de::DeTable};

use super::{
    fault::Fault,
    read::{first_fault, insert, read},
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
}

impl<'t> Sources<'t> {
    /// Reads the syntax of a file.
    pub(super) fn parse(name: &'t str, text: &'t str) -> Result<Self, Vec<Fault>> {
        let (keys, mut errors) = DeTable::parse_recoverable(text);
        let table = text.parse().unwrap_or_else(|error| {
            if errors.is_empty() {
                errors.push(error);
            }
            Table::new()
        });
        if errors.is_empty() {
            return Ok(Self { name, text, keys, table });
        }
        let fault = |error: &toml::de::Error| {
            let place = error.span().map(|span| place(name, text, span.start));
            Fault { place, path: Vec::new(), message: error.message().trim().to_owned() }
        };
        Err(errors.iter().map(fault).collect())
    }

    /// What the file says, with what the environment says put over it.
    pub(super) fn read<T: DeserializeOwned + Default>(
        &self,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> (T, Vec<Fault>) {
        let mut table = self.table.clone();
        let (_, mut faults) = read::<T>(&mut table);
        faults.sort_by_key(|fault| self.offset(&fault.path));
        let mut faults: Vec<_> = faults.into_iter().map(|fault| self.placed(fault)).collect();
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
        let path = self.path(name)?;
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
    fn path(&self, name: &str) -> Result<Vec<String>, Fault> {
        let mut path: Vec<String> =
            name[PREFIX.len()..].split("__").map(str::to_lowercase).collect();
        if let [table, service, ..] = &mut path[..]
            && table == "services"
        {
            let services = self.table.get("services").and_then(Value::as_table);
            let mut names = services.into_iter().flat_map(Table::keys);
            let Some(found) = names.find(|name| flattened(name) == *service) else {
                let message = "the file names no such service in `services`".to_owned();
                return Err(Fault { place: None, path, message });
            };
            service.clone_from(found);
        }
        Ok(path)
    }
}

/// A service's name as environment variables have it, but in small letters.
fn flattened(name: &str) -> String {
    name.to_lowercase().replace('.', "_").replace('*', "all")
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
