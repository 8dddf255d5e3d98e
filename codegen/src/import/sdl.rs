//! Definitions to be written, and how they are written.

/// What kind of type a definition makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Object,
    Input,
    Enum,
    Union,
    /// `schema { … }`, which has no name.
    Schema,
}

impl Kind {
    fn keyword(self) -> &'static str {
        match self {
            Kind::Object => "type",
            Kind::Input => "input",
            Kind::Enum => "enum",
            Kind::Union => "union",
            Kind::Schema => "schema",
        }
    }
}

/// A type, or what an existing one lacks.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) description: Option<String>,
    /// `@message(name: "…")`, with the at sign.
    pub(super) directives: Vec<String>,
    pub(super) members: Vec<Member>,
    /// The file in which a new definition goes.
    pub(super) file: String,
}

/// A field, a value, a member of a union, or a comment.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) description: Option<String>,
    pub(super) text: String,
}

impl Member {
    pub(super) fn comment(text: &str) -> Member {
        Member { description: None, text: format!("# {text}") }
    }
}

/// A definition that is not there yet.
pub(super) fn definition(definition: &Definition) -> String {
    let mut text = description(definition.description.as_deref(), "");
    text.push_str(definition.kind.keyword());
    text.push(' ');
    text.push_str(&definition.name);
    for directive in &definition.directives {
        text.push(' ');
        text.push_str(directive);
    }
    if definition.kind == Kind::Union {
        text.push_str(" = ");
        text.push_str(&union_members(&definition.members));
        text.push('\n');
        return text;
    }
    text.push_str(" {\n");
    text.push_str(&members(&definition.members));
    text.push_str("}\n");
    text
}

/// What a type that is there lacks, where it cannot be put into its braces.
pub(super) fn extension(definition: &Definition) -> String {
    let head = format!("extend {} {}", definition.kind.keyword(), definition.name);
    if definition.kind == Kind::Union {
        return format!("{head} = {}\n", union_members(&definition.members));
    }
    format!("{head} {{\n{}}}\n", members(&definition.members))
}

fn union_members(members: &[Member]) -> String {
    members.iter().map(|member| member.text.as_str()).collect::<Vec<_>>().join(" | ")
}

/// The lines between braces.
pub(super) fn members(members: &[Member]) -> String {
    let mut text = String::new();
    for member in members {
        text.push_str(&description(member.description.as_deref(), "  "));
        for line in member.text.lines() {
            if !line.is_empty() {
                text.push_str("  ");
            }
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// A description in front of what it describes; nothing where there is none.
pub(super) fn description(text: Option<&str>, indent: &str) -> String {
    /// Longer ones stand between lines of three quotes.
    const ONE_LINE: usize = 110;
    let Some(text) = text else { return String::new() };
    if text.len() <= ONE_LINE && !text.contains('\n') {
        let text = text.replace('\\', "\\\\").replace('"', "\\\"");
        return format!("{indent}\"{text}\"\n");
    }
    let mut block = format!("{indent}\"\"\"\n");
    for line in text.lines() {
        let line = line.replace("\"\"\"", "\\\"\"\"");
        if !line.is_empty() {
            block.push_str(indent);
        }
        block.push_str(&line);
        block.push('\n');
    }
    block.push_str(indent);
    block.push_str("\"\"\"\n");
    block
}
