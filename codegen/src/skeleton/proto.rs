//! The text of a `.proto`.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write as _;

use prost_reflect::EnumDescriptor;

const PACKAGE: &str = "todo.v1";
const SERVICE: &str = "Todo";
pub(super) const SERVICE_PATH: &str = "todo.v1.Todo";

#[derive(Default)]
pub(super) struct Proto {
    imports: BTreeSet<String>,
    names: HashSet<String>,
    rpcs: Vec<Rpc>,
    /// Those of calls, and those of objects.
    messages: [Vec<Message>; 2],
    enums: Vec<(String, Vec<(String, i32)>)>,
    additions: BTreeMap<String, Vec<String>>,
}

pub(super) struct Rpc {
    pub(super) note: Vec<String>,
    pub(super) name: String,
    pub(super) input: String,
    pub(super) output: String,
    pub(super) streaming: bool,
}

pub(super) struct Message {
    name: String,
    fields: Vec<Field>,
}

struct Field {
    oneof: Option<String>,
    text: String,
}

impl Message {
    pub(super) fn new(name: String) -> Self {
        Self { name, fields: Vec::new() }
    }

    pub(super) fn field(&mut self, label: &str, ty: &str, name: &str) {
        let text = format!("{label}{ty} {name} = {};", self.fields.len() + 1);
        self.fields.push(Field { oneof: None, text });
    }

    pub(super) fn member(&mut self, oneof: &str, ty: &str, name: &str) {
        let text = format!("{ty} {name} = {};", self.fields.len() + 1);
        self.fields.push(Field { oneof: Some(oneof.to_owned()), text });
    }

    fn render(&self, out: &mut String) {
        if self.fields.is_empty() {
            out.push_str(&format!("\nmessage {} {{}}\n", self.name));
            return;
        }
        out.push_str(&format!("\nmessage {} {{\n", self.name));
        let mut open: Option<&str> = None;
        for field in &self.fields {
            if open != field.oneof.as_deref() {
                if open.is_some() {
                    out.push_str("  }\n");
                }
                if let Some(oneof) = &field.oneof {
                    out.push_str(&format!("  oneof {oneof} {{\n"));
                }
                open = field.oneof.as_deref();
            }
            let indent = if open.is_some() { "    " } else { "  " };
            out.push_str(&format!("{indent}{}\n", field.text));
        }
        if open.is_some() {
            out.push_str("  }\n");
        }
        out.push_str("}\n");
    }
}

impl Proto {
    pub(super) fn import(&mut self, file: &str) {
        self.imports.insert(file.to_owned());
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    pub(super) fn reserve(&mut self, name: &str) {
        self.names.insert(name.to_owned());
    }

    /// Writes down a message whose name was reserved.
    pub(super) fn complete(&mut self, message: Message) {
        self.messages[1].push(message);
    }

    /// Writes down a message of a call; gives the name under which it stands.
    pub(super) fn add(&mut self, mut message: Message) -> String {
        while self.has(&message.name) {
            message.name.push_str("Value");
        }
        let name = message.name.clone();
        self.reserve(&name);
        self.messages[0].push(message);
        name
    }

    pub(super) fn enumeration(&mut self, values: &EnumDescriptor) -> String {
        if !self.has(values.name()) {
            self.reserve(values.name());
            let numbers = values.values().map(|value| (value.name().to_owned(), value.number()));
            self.enums.push((values.name().to_owned(), numbers.collect()));
        }
        values.name().to_owned()
    }

    pub(super) fn rpc(&mut self, rpc: Rpc) {
        if self.rpcs.iter().all(|known| known.name != rpc.name) {
            self.rpcs.push(rpc);
        }
    }

    /// A line that belongs into a message that exists.
    pub(super) fn addition(&mut self, message: &str, line: String) {
        let lines = self.additions.entry(message.to_owned()).or_default();
        if !lines.contains(&line) {
            lines.push(line);
        }
    }

    pub(super) fn render(&self) -> String {
        let mut out = format!(
            "syntax = \"proto3\";\n\n// A beginning: name package and service after what they are.\npackage {PACKAGE};\n"
        );
        for (index, import) in self.imports.iter().enumerate() {
            let gap = if index == 0 { "\n" } else { "" };
            out.push_str(&format!("{gap}import \"{import}\";\n"));
        }
        for (message, lines) in &self.additions {
            out.push_str(&format!("\n// `{message}` lacks:\n"));
            for line in lines {
                out.push_str(&format!("//   {line}\n"));
            }
        }
        self.render_service(&mut out);
        for message in self.messages.iter().flatten() {
            message.render(&mut out);
        }
        for (name, values) in &self.enums {
            out.push_str(&format!("\nenum {name} {{\n"));
            for (value, number) in values {
                out.push_str(&format!("  {value} = {number};\n"));
            }
            out.push_str("}\n");
        }
        out
    }

    fn render_service(&self, out: &mut String) {
        if self.rpcs.is_empty() {
            return;
        }
        out.push_str(&format!("\nservice {SERVICE} {{\n"));
        for (index, rpc) in self.rpcs.iter().enumerate() {
            if index > 0 {
                out.push('\n');
            }
            for line in &rpc.note {
                out.push_str(&format!("  // {line}\n"));
            }
            let stream = if rpc.streaming { "stream " } else { "" };
            let Rpc { name, input, output, .. } = rpc;
            writeln!(out, "  rpc {name}({input}) returns ({stream}{output});")
                .expect("a String takes every text");
        }
        out.push_str("}\n");
    }
}
