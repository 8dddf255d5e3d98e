//! The program, started as a person would.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // One that is gone already needs no killing.
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

fn start(data: &std::path::Path) -> (Program, BufReader<ChildStdout>) {
    let free = "127.0.0.1:0";
    let mut program = Command::new(env!("CARGO_BIN_EXE_bookshop"))
        .args(["--listen", free, "--page", free, "--orders", free, "--data"])
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let said = BufReader::new(program.stdout.take().expect("it speaks"));
    (Program(program), said)
}

/// The first line that says where something is: `127.0.0.1:4000`.
fn address(said: &mut BufReader<ChildStdout>) -> String {
    let line = said.lines().map_while(Result::ok).find(|line| line.contains("http://"));
    let line = line.expect("it says where it is");
    let (_, after) = line.split_once("http://").expect("an address");
    after.split('/').next().expect("something").to_owned()
}

fn exchange(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

#[test]
fn one_command_runs_services_gateway_and_page() {
    let data = tempfile::tempdir().expect("a folder");
    let (mut program, mut said) = start(data.path());
    let address = address(&mut said);

    let page = exchange(&address, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert!(page.contains("<!doctype html>"), "{page}");
    let (_, after) = page.split_once("const ORDERS_AT = \"http://").expect("it knows them");
    let orders = after.split('"').next().expect("an address").to_owned();

    let services =
        exchange(&orders, "GET /services HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert!(services.contains(r#""name":"catalog""#), "{services}");
    let query = exchange(
        &address,
        "GET /graphql?query=%7Bbook(id:%2242%22)%7BreadingTime%7D%7D HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    );
    assert!(query.ends_with(r#"{"data":{"book":{"readingTime":1760}}}"#), "{query}");

    let mut keyboard = program.0.stdin.take().expect("it listens");
    writeln!(keyboard, "stop reviews").expect("it reads");
    let done = said.lines().map_while(Result::ok).any(|line| line == "reviews is stopped");
    assert!(done, "it does not obey");
}
