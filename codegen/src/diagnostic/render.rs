//! Diagnostics as text.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Color, Diagnostic, FileId, Files, Label, Severity};

pub(super) fn render(files: &Files, diagnostics: &[Diagnostic], color: Color) -> String {
    let renderer = match color {
        Color::Never => Renderer::plain(),
        Color::Always => Renderer::styled(),
    };
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&renderer.render(&[group(files, diagnostic)]));
        text.push_str("\n\n");
    }
    text
}

fn group<'a>(files: &'a Files, diagnostic: &'a Diagnostic) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.rule);
    let mut group = Group::with_title(title);
    for file in files_in_order(diagnostic) {
        if let Some(snippet) = snippet(files, diagnostic, file) {
            group = group.element(snippet);
        }
    }
    let explain = format!("see `anabranch explain {}`", diagnostic.rule);
    let help = diagnostic
        .help
        .as_ref()
        .map_or_else(|| explain.clone(), |help| format!("{help}; {explain}"));
    group.element(Level::HELP.message(help))
}

/// The file of the primary label comes first.
fn files_in_order(diagnostic: &Diagnostic) -> Vec<FileId> {
    let mut files = Vec::new();
    for label in diagnostic.primary.iter().chain(&diagnostic.others) {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    files
}

fn snippet<'a>(
    files: &'a Files,
    diagnostic: &'a Diagnostic,
    file: FileId,
) -> Option<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let source = files.get(file)?;
    let annotate = |kind: AnnotationKind, label: &'a Label| {
        kind.span(label.span.range(&source.text)).label(label.text.as_str())
    };
    let here = |label: &&Label| label.span.file == file;
    let primary = diagnostic
        .primary
        .iter()
        .filter(here)
        .map(|label| annotate(AnnotationKind::Primary, label));
    let others =
        diagnostic.others.iter().filter(here).map(|label| annotate(AnnotationKind::Context, label));
    Some(
        Snippet::source(source.text.as_str())
            .path(source.path.as_str())
            .annotations(primary.chain(others)),
    )
}
