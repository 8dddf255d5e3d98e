//! Exit codes: 0 all is well, 1 something was found or failed, 2 the command was not understood.

use std::fs;

use crate::{
    command::{Server, run},
    help::COMMANDS,
    project::new,
};

#[test]
fn every_command_ends_with_the_code_that_the_help_names() {
    let (_folder, project) = new();
    for (name, text) in [
        ("schema.broken/a.graphql", "type Query { book: Nothing }"),
        ("proto.broken/a.proto", "syntax = \"proto3\"; message {"),
        ("queries/broken.graphql", "{ book(id: 1) { titel } }"),
        ("queries/two.graphql", "query A { __typename } query B { __typename }"),
        ("no.contract", "\u{7}nonsense"),
        ("nobody.toml", ""),
    ] {
        let path = project.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let cases = [
        (0, "new other"),
        (1, "new README.md/other"),
        (2, "new schema"),
        (0, "import --schema imported"),
        (1, "import --proto proto.broken --schema imported"),
        (2, "import --proto"),
        (0, "check"),
        (1, "check --schema schema.broken"),
        (1, "check --schema nowhere"),
        (1, "check --against nowhere"),
        (1, "check --against no.contract"),
        (2, "check --strict"),
        (0, "build"),
        (1, "build --schema schema.broken"),
        (1, "build --out README.md/there"),
        (2, "build --server-stubs"),
        (1, "serve --schema schema.broken"),
        (1, "serve --config nobody.toml"),
        (1, "serve --config nowhere.toml"),
        (1, "serve --contract no.contract"),
        (2, "serve --contract anabranch.contract --schema schema"),
        (2, "serve --listen here"),
        (1, "mock --schema schema.broken"),
        (1, "mock --contract no.contract"),
        (2, "mock --seed one"),
        (0, "status Book.title"),
        (1, "status --schema nowhere"),
        (2, "status Book.titel"),
        (0, "explain fragile-non-null"),
        (0, "explain directives"),
        (0, "explain options"),
        (2, "explain fragile"),
        (0, "plan queries/book.graphql"),
        (0, "plan queries/two.graphql --operation A"),
        (1, "plan queries/two.graphql"),
        (1, "plan queries/broken.graphql"),
        (1, "plan queries/nowhere.graphql"),
        (1, "plan queries/book.graphql --config nowhere.toml"),
        (2, "plan"),
        (0, "sdl"),
        (1, "sdl --schema schema.broken"),
        (2, "sdl Book"),
        (1, "sdl --contract no.contract"),
        (0, "proto Book.reviews"),
        (1, "proto Book.title"),
        (2, "proto Book.titel"),
        (2, "chekc"),
    ];
    for (code, line) in cases {
        let run = run(&project, &line.split(' ').collect::<Vec<_>>());
        assert_eq!(run.code, code, "{line}: {run:?}");
        // What went wrong is said, in words, where a pipe does not swallow it.
        assert_eq!(run.err.trim().is_empty(), code == 0, "{line}: {run:?}");
        assert!(!run.err.contains("panicked"), "{line}: {run:?}");
    }
    for command in COMMANDS {
        let codes: Vec<_> = cases
            .iter()
            .filter(|(_, line)| line.split(' ').next() == Some(command))
            .map(|(code, _)| code)
            .collect();
        assert!(codes.contains(&&2), "{command} has no case that is not understood");
        assert!(codes.contains(&&1) || command == "explain", "{command} has no case that fails");
        assert!(
            codes.contains(&&0) || ["serve", "mock"].contains(&command),
            "{command} has no good case"
        );
    }
}

#[test]
fn a_server_that_is_told_to_stop_ends_well() {
    let (_folder, project) = new();
    fs::write(project.join("anabranch.toml"), "[server]\ndrain_delay = \"0s\"\n").unwrap();
    assert_eq!(Server::start(&project, &["mock"]).stop(), 0);
}
