//! How a command ends: what it says, where, and with which exit code.

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

use anabranch_codegen::Color;

/// What a command comes to.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// For standard output: what was asked for.
    said: String,
    /// For standard error: what a person should know beside it.
    noted: String,
    code: u8,
}

/// Why a command could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Something was found, and this is its text.
    #[error("{0}")]
    Found(String),
    /// The command was not understood.
    #[error("{0}")]
    Usage(String),
    /// The runtime refused.
    #[error(transparent)]
    Runtime(#[from] anabranch::error::Error),
    /// Nothing was written.
    #[error(transparent)]
    NotWritten(#[from] anabranch_codegen::NotWritten),
    /// Typed Rust could not be written.
    #[error(transparent)]
    NotBuilt(#[from] anabranch_codegen::BuildError),
    /// A file could not be read or written.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// Two things that have nothing to do with each other.
    #[error("{0}\n{1}")]
    Both(Box<Failure>, Box<Failure>),
}

pub(crate) type Result = std::result::Result<Outcome, Failure>;

impl Outcome {
    /// What was asked for.
    pub(crate) fn said(text: impl Into<String>) -> Self {
        Self { said: text.into(), ..Self::default() }
    }

    /// With something to know beside it.
    pub(crate) fn noting(self, text: impl Into<String>) -> Self {
        Self { noted: text.into(), ..self }
    }

    /// As a finding: exit code 1.
    pub(crate) fn found(self) -> Self {
        Self { code: 1, ..self }
    }

    pub(crate) fn finish(self) -> ExitCode {
        // A reader that is gone, as in `anabranch sdl | head -1`, is no fault.
        let _ = std::io::stderr().write_all(self.noted.as_bytes());
        say(&self.said);
        ExitCode::from(self.code)
    }
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        if let Failure::Both(one, other) = failure {
            let (one, other) = (Self::from(*one), Self::from(*other));
            let noted = one.noted + &other.noted;
            return Self { noted, code: one.code.min(other.code), ..Self::default() };
        }
        let code = if matches!(failure, Failure::Usage(_)) { 2 } else { 1 };
        let text = failure.to_string();
        let start = if matches!(failure, Failure::Found(_)) { "" } else { "error: " };
        Self { noted: format!("{start}{}\n", text.trim_end()), code, ..Self::default() }
    }
}

/// Writes to standard output at once.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Colours for a person at a terminal who has not turned them off (<https://no-color.org>).
pub(crate) fn color() -> Color {
    let wanted = std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if wanted { Color::Always } else { Color::Never }
}
