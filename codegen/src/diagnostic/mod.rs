//! What is wrong with the input, said so that a person can mend it.

use std::fmt;
use std::ops::Range;

mod render;
mod suggest;

pub(crate) use suggest::did_you_mean;

/// A position in the list of [`Files`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileId(pub(crate) u32);

/// A part of one source file, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Span {
    pub(crate) file: FileId,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    /// # Panics
    /// Never: offsets beyond 4 GiB, which no reader accepts, are cut.
    pub(crate) fn new(file: FileId, range: Range<usize>) -> Span {
        let cut = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { file, start: cut(range.start), end: cut(range.end.max(range.start)) }
    }

    pub(crate) fn contains(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }

    fn range(self, text: &str) -> Range<usize> {
        let inside = |offset: u32| {
            let mut offset = (offset as usize).min(text.len());
            while !text.is_char_boundary(offset) {
                offset -= 1;
            }
            offset
        };
        inside(self.start)..inside(self.end)
    }
}

/// One source file, as it was read.
#[derive(Clone, Debug)]
pub(crate) struct SourceFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// All source files that were read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files(Vec<SourceFile>);

impl Files {
    pub(crate) fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        self.0.push(SourceFile { path: path.into(), text: text.into() });
        FileId(u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX))
    }

    pub(crate) fn get(&self, file: FileId) -> Option<&SourceFile> {
        self.0.get(file.0 as usize)
    }
}

/// Whether a finding stops the build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is written.
    Error,
    /// The contract holds, but a bad day will show the weak place.
    Warning,
}

/// When a rendered diagnostic carries terminal colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// Plain text.
    Never,
    /// ANSI escape sequences.
    Always,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Label {
    span: Span,
    text: String,
}

/// One finding of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    rule: &'static str,
    severity: Severity,
    message: String,
    primary: Option<Label>,
    others: Vec<Label>,
    help: Option<String>,
}

impl Diagnostic {
    pub(crate) fn new(
        rule: &'static str,
        severity: Severity,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic {
            rule,
            severity,
            message: message.into(),
            primary: None,
            others: Vec::new(),
            help: None,
        }
    }

    /// The place where it has to be mended.
    pub(crate) fn at(
        mut self,
        span: impl Into<Option<Span>>,
        text: impl Into<String>,
    ) -> Diagnostic {
        self.primary = span.into().map(|span| Label { span, text: text.into() });
        self
    }

    /// A place that explains it.
    pub(crate) fn also(
        mut self,
        span: impl Into<Option<Span>>,
        text: impl Into<String>,
    ) -> Diagnostic {
        self.others.extend(span.into().map(|span| Label { span, text: text.into() }));
        self
    }

    /// What to do.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// The kebab-case name of the rule, for `anabranch explain`.
    pub fn rule(&self) -> &'static str {
        self.rule
    }

    /// Whether it stops the build.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// What is wrong, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn place(&self) -> Option<Span> {
        self.primary.as_ref().map(|label| label.span)
    }

    fn position(&self) -> (Option<Span>, Severity, &'static str, &str) {
        (self.place(), self.severity, self.rule, &self.message)
    }
}

/// All findings of one run, in the order of the files.
#[derive(Clone, Default)]
pub struct Diagnostics {
    files: Files,
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    pub(crate) fn new(files: Files, mut list: Vec<Diagnostic>) -> Diagnostics {
        list.sort_by(|left, right| left.position().cmp(&right.position()));
        list.dedup();
        Diagnostics { files, list }
    }

    /// These findings about the same files.
    pub(crate) fn with(&self, list: Vec<Diagnostic>) -> Diagnostics {
        Diagnostics::new(self.files.clone(), list)
    }

    /// How many findings stop the build.
    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }

    /// How many findings do not stop the build.
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning)
    }

    /// All findings, in the order of the files.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// The text for a terminal or a log, in the style of rustc; empty without findings.
    pub fn render(&self, color: Color) -> String {
        render::render(&self.files, &self.list, color)
    }

    fn count(&self, severity: Severity) -> usize {
        self.list.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }
}

impl fmt::Debug for Diagnostics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(&self.list).finish()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(Color::Never))
    }
}
