//! A page as it is written, read into steps.

use std::time::Duration;

use serde_json::Value;

/// What follows one heading.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) title: String,
    pub(super) meanwhile: Vec<String>,
    pub(super) then: Vec<String>,
    pub(super) http: Vec<String>,
    pub(super) query: Option<String>,
    pub(super) variables: Option<Value>,
    pub(super) answer: Option<Expected>,
    pub(super) parts: Vec<Line>,
    pub(super) calls: Option<Vec<(u64, String)>>,
    pub(super) masks: Vec<(String, String)>,
    pub(super) took: Option<Duration>,
}

/// What happens while an answer comes in parts.
#[derive(Debug)]
pub(super) enum Line {
    /// The next part comes.
    Part(Value),
    /// As in `then`.
    Order(String),
}

#[derive(Debug)]
pub(super) struct Expected {
    pub(super) status: u16,
    pub(super) eventually: bool,
    pub(super) body: Value,
}

/// # Panics
/// When the page is not written as the README beside it says.
pub(super) fn read(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            steps.push(Step { title: title.to_owned(), ..Step::default() });
        } else if let Some(kind) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            steps.last_mut().expect("blocks come after a heading").take(kind, &block);
        }
    }
    assert!(!steps.is_empty(), "a page has steps");
    steps
}

impl Step {
    fn take(&mut self, kind: &str, lines: &[&str]) {
        let text = lines.join("\n");
        let owned = || lines.iter().map(|&line| line.to_owned()).collect();
        match kind.split_once(' ').unwrap_or((kind, "")) {
            ("meanwhile", "") => self.meanwhile = owned(),
            ("then", "") => self.then = owned(),
            ("http", "") => self.http = owned(),
            ("graphql", "") => self.query = Some(text),
            ("variables", "") => self.variables = Some(json(&text)),
            ("json", how) => self.answer = Some(expected(how, json(&text))),
            ("parts", "") => self.parts = lines.iter().map(|line| part(line)).collect(),
            ("calls", "") => self.calls = Some(lines.iter().map(|line| count(line)).collect()),
            ("masks", "") => self.masks = lines.iter().map(|line| mask(line)).collect(),
            ("took", "") => self.took = Some(span(&text)),
            _ => panic!("`{kind}` is no kind of block"),
        }
    }
}

fn expected(how: &str, body: Value) -> Expected {
    match how {
        "" => Expected { status: 200, eventually: false, body },
        "eventually" => Expected { status: 200, eventually: true, body },
        status => Expected { status: status.parse().expect("a status"), eventually: false, body },
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in:\n{text}"))
}

fn part(line: &str) -> Line {
    if line.starts_with('{') { Line::Part(json(line)) } else { Line::Order(line.to_owned()) }
}

/// How many calls of which method.
pub(super) fn count(line: &str) -> (u64, String) {
    let (count, method) = line.split_once(' ').expect("a count and a method");
    (count.parse().expect("a count"), method.to_owned())
}

/// A method, and the fields that it is asked for.
fn mask(line: &str) -> (String, String) {
    let (method, fields) = line.split_once(' ').expect("a method and fields");
    (method.to_owned(), fields.to_owned())
}

/// A span of time as configuration writes it.
pub(super) fn span(text: &str) -> Duration {
    let span: anabranch::units::Span = text.parse().unwrap_or_else(|error| panic!("{error}"));
    span.0
}
