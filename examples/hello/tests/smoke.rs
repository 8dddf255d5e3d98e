//! The example runs and answers.

#[path = "../../smoke.rs"]
mod smoke;

#[test]
fn it_greets_whom_it_is_asked_to_greet() {
    let answer =
        smoke::ask(env!("CARGO_BIN_EXE_hello"), r#"{ you: hello me: hello(name: \"Dorothea\") }"#);
    assert_eq!(answer, r#"{"data":{"you":"Hello, you!","me":"Hello, Dorothea!"}}"#);
}
