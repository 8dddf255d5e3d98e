//! The rows of ARCHITECTURE.md: a module imports only from lower rows, and a foreign crate only behind its door.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The rows of the page, lowest first, as the table of ARCHITECTURE.md names them.
fn rows() -> Vec<Vec<String>> {
    let page = fs::read_to_string(root().join("../ARCHITECTURE.md")).unwrap();
    let mut rows: Vec<(usize, Vec<String>)> = page
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| ")?.split(" | ");
            let row = cells.next()?.trim().parse().ok()?;
            let names = cells
                .next()?
                .split(" · ")
                .filter_map(|cell| cell.split('`').nth(1))
                .map(str::to_owned)
                .collect();
            Some((row, names))
        })
        .collect();
    rows.sort_by_key(|(row, _)| *row);
    rows.into_iter().map(|(_, names)| names).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Each source file of the crate with the name of its module.
fn modules() -> Vec<(String, PathBuf)> {
    let source = root().join("src");
    sources(&source)
        .into_iter()
        .filter_map(|path| {
            let inside = path.strip_prefix(&source).ok()?;
            let first = inside
                .components()
                .next()?
                .as_os_str()
                .to_str()?
                .trim_end_matches(".rs")
                .to_owned();
            (first != "lib").then_some((first, path))
        })
        .collect()
}

/// The modules of this crate that a file names: `crate::x` and the groups of `use crate::{x, y::z}`.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        if text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_') {
            continue;
        }
        match rest.strip_prefix('{') {
            Some(group) => found.extend(heads(group)),
            None => found.push(word(rest)),
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

fn word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

/// The first word of each member of a `{…}` group, nested groups skipped.
fn heads(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut heads) = (0, 0, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => {
                heads.push(word(group[start..at].trim_start()));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                heads.push(word(group[start..at].trim_start()));
                start = at + 1;
            }
            _ => {}
        }
    }
    heads
}

#[test]
fn the_page_names_every_module_and_no_other() {
    let mut named: Vec<String> = rows().concat();
    named.sort();
    let mut present: Vec<String> = modules().into_iter().map(|(module, _)| module).collect();
    present.sort();
    present.dedup();
    assert_eq!(named, present, "the table of ARCHITECTURE.md on the left, bff/src on the right");
}

#[test]
fn imports_go_down_the_rows() {
    let rows = rows();
    let row_of = |module: &str| rows.iter().position(|row| row.iter().any(|name| name == module));
    let mut faults = Vec::new();
    for (module, path) in modules() {
        let text = fs::read_to_string(&path).unwrap();
        for import in imports(&text) {
            let (Some(from), Some(to)) = (row_of(&module), row_of(&import)) else { continue };
            if import != module && to >= from {
                faults.push(format!(
                    "{}: {module} (row {from}) imports {import} (row {to})",
                    path.display()
                ));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Crates that need no door: what all of Rust speaks, and the shapes of HTTP and JSON.
const EVERYWHERE: [&str; 14] = [
    "bytes",
    "foldhash",
    "futures",
    "http",
    "prost",
    "prost_types",
    "serde",
    "serde_json",
    "thiserror",
    "tokio",
    "tokio_util",
    "tonic_prost",
    "tracing",
    "form_urlencoded",
];

/// A foreign crate, and the only modules that may name it.
const DOORS: [(&str, &[&str]); 25] = [
    ("apollo_compiler", &["graphql"]),
    ("apollo_parser", &["graphql"]),
    ("async_graphql", &["graphql"]),
    ("axum", &["server"]),
    ("base64_simd", &["mock", "transcoder"]),
    ("getrandom", &["server"]),
    ("h2", &["mesh"]),
    ("hashbrown", &["executor", "transcoder"]),
    ("http_body", &["mesh", "server"]),
    ("http_body_util", &["mesh", "server"]),
    ("hyper", &["mesh", "server"]),
    ("hyper_util", &["mesh", "server"]),
    ("json_escape_simd", &["transcoder"]),
    ("moka", &["cache"]),
    ("prost_reflect", &["contract", "mock"]),
    ("serde_path_to_error", &["config"]),
    ("simdutf8", &["generated", "transcoder"]),
    ("smallvec", &["transcoder"]),
    ("socket2", &["tcp"]),
    ("strsim", &["config", "graphql"]),
    ("tokio_tungstenite", &["server"]),
    ("toml", &["config"]),
    ("tonic", &["mesh", "server"]),
    ("tower_http", &["server"]),
    ("zmij", &["transcoder"]),
];

/// Where tests hold a module against a foreign crate that it must not use itself.
const ORACLES: [(&str, &str); 2] = [
    ("prost_reflect", "transcoder/tests/any"),
    ("prost_reflect", "transcoder/tests/requests/twin"),
];

/// The dependencies of the crate, as Rust names them.
fn dependencies() -> Vec<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, rest) = manifest.split_once("[dependencies]\n").unwrap();
    let names = rest.lines().take_while(|line| !line.starts_with('['));
    let names = names.filter_map(|line| Some(line.split_once(['.', ' ', '='])?.0));
    names.map(|name| name.replace('-', "_")).collect()
}

#[test]
fn every_foreign_crate_has_a_door_or_needs_none() {
    let known = |name: &String| {
        EVERYWHERE.contains(&name.as_str()) || DOORS.iter().any(|(door, _)| door == name)
    };
    let unknown: Vec<_> = dependencies().into_iter().filter(|name| !known(name)).collect();
    assert!(unknown.is_empty(), "give {unknown:?} a door, or say why it needs none");
    let gone = DOORS.iter().map(|(name, _)| *name).chain(EVERYWHERE);
    let gone: Vec<_> = gone.filter(|name| !dependencies().iter().any(|it| it == name)).collect();
    assert!(gone.is_empty(), "{gone:?} is no dependency any more");
}

/// Whether a crate is named: as the head of a path, or alone in a `use`.
fn names(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let rest = &text[at + name.len()..];
        let is_head =
            !before.is_some_and(|before| before.is_alphanumeric() || "_:.".contains(before));
        is_head && (rest.starts_with("::") || text[..at].ends_with("use ") && rest.starts_with(';'))
    })
}

#[test]
fn a_foreign_crate_is_named_only_behind_its_door() {
    let mut faults = Vec::new();
    for (module, path) in modules() {
        let text = fs::read_to_string(&path).unwrap();
        let is_oracle = |name: &str| {
            let folder = path.parent().expect("a folder");
            ORACLES.iter().any(|(oracle, of)| *oracle == name && folder.ends_with(of))
        };
        for (name, doors) in DOORS {
            if names(&text, name) && !doors.contains(&module.as_str()) && !is_oracle(name) {
                faults.push(format!("{}: {name} belongs to {doors:?}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
