//! `serve` in front of a live service: from protos and schema, from a contract, from an imported schema.

use std::{fs, path::Path};

use serde_json::json;

use crate::{
    command::{Server, folder, run},
    project::new,
    service::Library,
};

/// A configuration that finds the service.
fn configure(folder: &Path, library: &Library) {
    let text = format!(
        "[server]\ndrain_delay = \"0s\"\n\n[services.\"library.v1.Library\"]\nendpoints = [\"http://{}\"]\n\n[mock]\npromised = true\n",
        library.address
    );
    fs::write(folder.join("anabranch.toml"), text).unwrap();
}

/// Books come from the service, and their reviews, which nobody has yet, from the mock.
fn check(server: &Server) {
    let answer = server.ask(
        "{ book(id: \"42\") { title pageCount reviews(first: 2) { stars } } books(first: 2) { id title } none: book(id: \"none\") { id } }",
        &[],
    );
    assert_eq!(answer["errors"], json!(null), "{answer}");
    let data = &answer["data"];
    assert_eq!(
        (&data["book"]["title"], &data["book"]["pageCount"]),
        (&json!("Book 42"), &json!(7))
    );
    assert_eq!(data["book"]["reviews"].as_array().unwrap().len(), 2);
    let books = json!([{"id": "1", "title": "Book 1"}, {"id": "2", "title": "Book 2"}]);
    assert_eq!((&data["books"], &data["none"]), (&books, &json!(null)));
}

#[test]
fn protos_and_a_schema_are_served() {
    let (_folder, project) = new();
    let library = Library::start();
    configure(&project, &library);
    check(&Server::start(&project, &["serve", "--proto", "proto", "--schema", "schema"]));
}

#[test]
fn a_contract_is_served_where_neither_protos_nor_schema_are() {
    let (_folder, project) = new();
    let elsewhere = folder(&[]);
    let contract = elsewhere.path().join("library.contract");
    run(&project, &["build", "--out", contract.to_str().unwrap()]).well();
    let library = Library::start();
    configure(elsewhere.path(), &library);
    check(&Server::start(elsewhere.path(), &["serve", "--contract", "library.contract"]));
}

#[test]
fn an_imported_schema_is_served_as_it_is() {
    let (_folder, project) = new();
    fs::remove_dir_all(project.join("schema")).unwrap();
    run(&project, &["import"]).well();
    let library = Library::start();
    configure(&project, &library);
    let server = Server::start(&project, &["serve"]);
    assert!(!server.line.contains("promised"), "{}", server.line);
    let answer = server.ask("{ book(id: \"42\") { title pageCount } }", &[]);
    assert_eq!(answer, json!({"data": {"book": {"title": "Book 42", "pageCount": 7}}}));
}

#[test]
fn what_shapes_a_mock_means_nothing_here() {
    let (_folder, project) = new();
    let library = Library::start();
    configure(&project, &library);
    let server = Server::start(&project, &["serve"]);
    for value in ["error=book", "eror=book", "slow=banana"] {
        let answer = server.ask("{ book(id: \"42\") { title } }", &[("x-mock", value)]);
        assert_eq!(answer, json!({"data": {"book": {"title": "Book 42"}}}), "{value}");
    }
}

/// Protos that nobody here wrote: `ANABRANCH_IMPORT` names folders, separated by colons, each a proto root.
#[test]
fn protos_of_others_are_imported_checked_and_served() {
    let roots = std::env::var("ANABRANCH_IMPORT").unwrap_or_default();
    for root in roots.split(':').filter(|root| !root.is_empty()) {
        // Where all methods write, the only query is a promised placeholder.
        let settings =
            "[services.\"*\"]\nendpoints = [\"http://127.0.0.1:9\"]\n[mock]\npromised = true\n";
        let folder = folder(&[("anabranch.toml", settings)]);
        run(folder.path(), &["import", "--proto", root]).well();
        assert_eq!(run(folder.path(), &["check", "--proto", root]).code, 0, "{root}");
        let server = Server::start(folder.path(), &["serve", "--proto", root]);
        let answer = server.ask("{ __schema { queryType { fields { name } } } }", &[]);
        let fields = answer["data"]["__schema"]["queryType"]["fields"].as_array();
        assert!(fields.is_some_and(|fields| !fields.is_empty()), "{root}: {answer}");
    }
}
