//! The help teaches, and what is not understood says so.

use crate::command::{folder, run};

pub(crate) const COMMANDS: [&str; 11] = [
    "new", "import", "check", "build", "serve", "mock", "status", "explain", "plan", "sdl", "proto",
];

#[test]
fn the_help_names_every_command_and_how_to_begin() {
    let folder = folder(&[]);
    let help = run(folder.path(), &["--help"]).well();
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command} ")), "{command}: {help}");
    }
    assert!(help.contains("anabranch new shop"), "{help}");
    assert!(help.contains("Exit codes: 0"), "{help}");
}

#[test]
fn every_command_shows_how_it_is_used() {
    let folder = folder(&[]);
    for command in COMMANDS {
        let help = run(folder.path(), &[command, "--help"]).well();
        assert!(help.contains(&format!("Examples:\n  anabranch {command}")), "{help}");
    }
}

#[test]
fn a_command_that_is_not_understood_has_exit_code_2() {
    let folder = folder(&[]);
    for arguments in [&["chekc"][..], &["check", "--strict"], &["plan"], &[]] {
        assert_eq!(run(folder.path(), arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn without_a_schema_the_way_on_is_shown() {
    let folder = folder(&[]);
    for command in ["check", "build", "serve", "mock", "status", "sdl", "proto"] {
        let run = run(folder.path(), &[command]);
        assert_eq!(run.code, 2, "{command}: {run:?}");
        let wanted = "error: there is no folder `schema` here; name one with `--schema`, or begin with `anabranch new`\n";
        assert_eq!(run.err, wanted, "{command}");
    }
}
