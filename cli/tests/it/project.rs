//! A project from `anabranch new`, as its README walks through it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::command::{folder, run, run_with};

pub(crate) fn new() -> (TempDir, PathBuf) {
    let folder = folder(&[]);
    run(folder.path(), &["new", "shop"]).well();
    let project = folder.path().join("shop");
    (folder, project)
}

#[test]
fn a_new_project_has_no_findings_and_says_what_is_promised() {
    let (_folder, project) = new();
    let check = run(&project, &["check"]);
    assert_eq!((check.out.as_str(), check.err.as_str()), ("no errors, no warnings\n", ""));
    let status = run(&project, &["status", "Book"]).well();
    assert_eq!(
        status,
        "Book.id         real      library.v1.Book.id\n\
         Book.title      real      library.v1.Book.title\n\
         Book.author     real      library.v1.Book.author\n\
         Book.pageCount  real      library.v1.Book.page_count\n\
         Book.reviews    promised  mocked; skeleton: anabranch proto Book.reviews\n"
    );
    assert_eq!(run(&project, &["status", "Nothing"]).code, 2);
}

#[test]
fn the_readme_of_a_new_project_names_commands_that_work() {
    let (_folder, project) = new();
    let readme = fs::read_to_string(project.join("README.md")).unwrap();
    assert!(readme.lines().count() <= 25);
    let commands = readme.lines().filter_map(|line| line.strip_prefix("$ anabranch "));
    let mut seen = 0;
    for command in commands {
        let command = command.split('#').next().unwrap().trim();
        seen += 1;
        if !["mock", "serve"].contains(&command) {
            run(&project, &command.split(' ').collect::<Vec<_>>()).well();
        }
    }
    assert!(seen >= 5, "{readme}");
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let folder = folder(&[("shop/notes.txt", "mine")]);
    let run = run(folder.path(), &["new", "shop"]);
    assert_eq!((run.code, run.err.as_str()), (2, "error: `shop` has something in it already\n"));
    assert_eq!(fs::read_dir(folder.path().join("shop")).unwrap().count(), 1);
}

#[test]
fn a_plan_is_printed_from_a_file_and_from_standard_input() {
    let (_folder, project) = new();
    let from_file = run(&project, &["plan", "queries/book.graphql"]).well();
    assert!(from_file.starts_with("1 library.v1.Library/GetBook "), "{from_file}");
    assert!(from_file.contains("2 calls in 1 level"), "{from_file}");
    let query = fs::read_to_string(project.join("queries/book.graphql")).unwrap();
    assert_eq!(run_with(&project, &["plan", "-"], &query).well(), from_file);
    let wrong = run_with(&project, &["plan", "-"], "{ book(id: 1) { titel } }");
    assert_eq!(wrong.code, 1, "{wrong:?}");
    assert!(wrong.err.contains("titel"), "{wrong:?}");
}

#[test]
fn a_plan_keeps_to_the_configured_limits() {
    let (_folder, project) = new();
    let plan = |more: &[&str]| run(&project, &[&["plan", "queries/book.graphql"], more].concat());
    let limited = "[graphql.limits]\ndepth = 1\n";
    fs::write(project.join("other.toml"), limited).unwrap();
    assert_eq!(plan(&[]).code, 0);
    let refused = plan(&["--config", "other.toml"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("Fields stand 3 deep; the limit is 1."), "{}", refused.err);
    fs::write(project.join("anabranch.toml"), limited).unwrap();
    assert_eq!(plan(&[]).err, refused.err, "it is read without being named");
}

#[test]
fn a_plan_says_which_calls_start_together() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = "query ($id: ID!) { book(id: $id) { title price { amount } stock { count } reviews { text author { name } } } }";
    let of_bookshop = ["plan", "--proto", "proto", "--schema", "schema/bookshop", "-"];
    let plan = run_with(&repository, &of_bookshop, page).well();
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = plan.lines().map(words).collect();
    assert_eq!(
        lines,
        [
            "1 bookshop.catalog.v1.Catalog/GetBook → Query.book 1 call timeout 200ms mask id,title \
             cache PUBLIC 1m + 5m fallback stale 1h",
            "├─ 2 bookshop.pricing.v1.Pricing/BatchGetPrices → Book.price ← Book.id = $id 1 call timeout 80ms \
             starts with 1 cache PUBLIC 30s + 1m fallback stale 10m, null",
            "├─ 3 bookshop.inventory.v1.Inventory/BatchGetStock → Book.stock ← Book.id = $id 1 call timeout 80ms \
             starts with 1 fallback null",
            "└─ 4 bookshop.reviews.v1.Reviews/ListByBooks → Book.reviews ← Book.id = $id 1 call timeout 120ms \
             starts with 1 cache PUBLIC 2s fallback stale 1h, value",
            "└─ 5 bookshop.accounts.v1.Accounts/BatchGetUsers → Review.author ← Review.author_id 1 call per 200 keys \
             timeout 50ms cache PUBLIC 5m + 10m fallback stale 1h, null",
            "at least 5 calls in 2 levels · worst case 370ms (250ms where early calls have the right keys)",
        ]
    );
}

#[test]
fn the_schema_for_clients_has_none_of_our_directives() {
    let (_folder, project) = new();
    let sdl = run(&project, &["sdl"]).well();
    assert!(sdl.contains("reviews(first: Int): [Review!]"), "{sdl}");
    assert!(!sdl.contains('@'), "{sdl}");
    run(&project, &["build"]).well();
    assert_eq!(run(&project, &["sdl", "--contract", "anabranch.contract"]).well(), sdl);
}

#[test]
fn what_is_promised_becomes_a_proto() {
    let (_folder, project) = new();
    let proto = run(&project, &["proto", "Book.reviews"]).well();
    assert!(proto.contains("rpc BatchGetBookReviews(BatchGetBookReviewsRequest)"), "{proto}");
    assert_eq!(run(&project, &["proto", "Book.title"]).code, 1);
    assert_eq!(run(&project, &["proto", "Book.titel"]).code, 2);
}

#[test]
fn typed_rust_is_written_beside_the_contract() {
    let (_folder, project) = new();
    let said = run(&project, &["build", "--rust", "src/generated"]).well();
    assert!(said.starts_with("anabranch.contract ("), "{said}");
    let rust = fs::read_to_string(project.join("src/generated/mod.rs")).unwrap();
    assert!(rust.contains("pub struct Book"), "{rust}");
    // The same again changes nothing.
    let contract = fs::read(project.join("anabranch.contract")).unwrap();
    run(&project, &["build", "--rust", "src/generated"]).well();
    assert_eq!(fs::read(project.join("anabranch.contract")).unwrap(), contract);
}
