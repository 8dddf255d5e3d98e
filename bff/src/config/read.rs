//! From a table to settings, with every fault and not only the first: what is faulty is told, taken out, and the rest read.

use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use toml::{Table, Value};

use super::fault::{Fault, explain, unknown, unknown_key};

/// What the table says, and what is wrong with it. Faulty keys have their defaults then, and are gone from the table.
pub(super) fn read<T: DeserializeOwned + Default>(table: &mut Table) -> (T, Vec<Fault>) {
    let mut faults = Vec::new();
    loop {
        match first_faulty(table) {
            Ok(settings) => return (settings, faults),
            Err((fault, element)) => {
                let removed = remove(table, &fault.path, element);
                faults.push(fault);
                if !removed {
                    return (T::default(), faults);
                }
            }
        }
    }
}

/// What the table says, or the first thing that is wrong with it.
pub(super) fn first_fault<T: DeserializeOwned>(table: &Table) -> Result<T, Fault> {
    first_faulty(table).map_err(|(fault, _)| fault)
}

/// The same; where it is an element of a list, also which one.
fn first_faulty<T: DeserializeOwned>(table: &Table) -> Result<T, (Fault, Option<usize>)> {
    serde_path_to_error::deserialize(Value::Table(table.clone())).map_err(|error| {
        let (mut path, said) = (keys(error.path()), error.inner().message().trim());
        let element = error.path().iter().nth(path.len()).and_then(|segment| match segment {
            Segment::Seq { index } => Some(*index),
            _ => None,
        });
        let message = match unknown_key(said) {
            Some((name, known)) => {
                let message = unknown(&name, &known);
                if path.last() != Some(&name) {
                    path.push(name);
                }
                message
            }
            None => {
                let value = get(table, &path);
                let of_list = element.and_then(|element| value?.get(element));
                explain(said, of_list.or(value))
            }
        };
        (Fault { place: None, path, message }, element)
    })
}

/// The keys that lead to a value; positions in lists are left out, since a list is one setting.
fn keys(path: &Path) -> Vec<String> {
    let keys = path.iter().map_while(|segment| match segment {
        Segment::Map { key } => Some(key.clone()),
        Segment::Seq { .. } | Segment::Enum { .. } | Segment::Unknown => None,
    });
    keys.collect()
}

fn get<'t>(table: &'t Table, path: &[String]) -> Option<&'t Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(table.get(first)?, |value, key| value.get(key))
}

fn remove(table: &mut Table, path: &[String], element: Option<usize>) -> bool {
    match path {
        [] => false,
        [key] => match (table.get_mut(key), element) {
            (Some(Value::Array(list)), Some(element)) if element < list.len() => {
                list.remove(element);
                true
            }
            _ => table.remove(key).is_some(),
        },
        [first, rest @ ..] => match table.get_mut(first) {
            Some(Value::Table(inner)) => remove(inner, rest, element),
            _ => false,
        },
    }
}

/// Puts a value in, and the tables that lead to it. Not where something else than a table stands in between.
pub(super) fn insert(table: &mut Table, path: &[String], value: Value) -> bool {
    match path {
        [] => false,
        [key] => {
            table.insert(key.clone(), value);
            true
        }
        [first, rest @ ..] => {
            let inner = table.entry(first.clone()).or_insert_with(|| Value::Table(Table::new()));
            inner.as_table_mut().is_some_and(|inner| insert(inner, rest, value))
        }
    }
}
