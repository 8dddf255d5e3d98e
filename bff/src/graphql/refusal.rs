//! Why a request was not executed: one or more request errors, in the form that a client reads.

use bytes::Bytes;
use serde::Serialize;

use crate::{
    error::{Code, Error},
    operation::Location,
};

/// One fault of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) locations: Vec<Location>,
}

/// All faults of a request that were found at the same stage, never none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) faults: Vec<Fault>,
    /// How many faults are not in the list, which is bounded.
    pub(crate) left_out: usize,
}

impl Refusal {
    /// One fault that stands nowhere in the document.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self::at(code, message, Vec::new())
    }

    /// One fault with its places in the document.
    pub(crate) fn at(code: Code, message: impl Into<String>, locations: Vec<Location>) -> Self {
        Self { code, faults: vec![Fault { message: message.into(), locations }], left_out: 0 }
    }

    /// About how many bytes it holds.
    pub(crate) fn weight(&self) -> usize {
        let texts: usize = self.faults.iter().map(|fault| fault.message.len() + 64).sum();
        size_of::<Self>() + texts
    }

    /// The response: `errors` and no `data`, since nothing was executed.
    pub(crate) fn body(&self) -> Bytes {
        let code = self.code.name();
        let mut errors: Vec<ErrorJson<'_>> = self
            .faults
            .iter()
            .map(|fault| ErrorJson {
                message: &fault.message,
                locations: fault.locations.iter().map(LocationJson::from).collect(),
                extensions: ExtensionsJson { code },
            })
            .collect();
        let more = format!("{} more errors are not shown.", self.left_out);
        if self.left_out > 0 {
            let extensions = ExtensionsJson { code };
            errors.push(ErrorJson { message: &more, locations: Vec::new(), extensions });
        }
        let body = serde_json::to_vec(&ResponseJson { errors });
        Bytes::from(body.expect("texts and numbers are always JSON"))
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::new(error.code(), error.message())
    }
}

/// For a person at a terminal: one line for each fault.
impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let lines: Vec<String> = refusal.faults.iter().map(line).collect();
        Self::new(refusal.code, lines.join("\n"))
    }
}

fn line(fault: &Fault) -> String {
    match fault.locations.first() {
        Some(Location { line, column }) => format!("{line}:{column}: {}", fault.message),
        None => fault.message.clone(),
    }
}

#[derive(Serialize)]
struct ResponseJson<'a> {
    errors: Vec<ErrorJson<'a>>,
}

#[derive(Serialize)]
struct ErrorJson<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<LocationJson>,
    extensions: ExtensionsJson,
}

#[derive(Serialize)]
struct LocationJson {
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct ExtensionsJson {
    code: &'static str,
}

impl From<&Location> for LocationJson {
    fn from(location: &Location) -> Self {
        Self { line: location.line, column: location.column }
    }
}
