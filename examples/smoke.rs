//! Runs an example as a person would, and asks it one thing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Longer than any example takes; only one that hangs meets it.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the program answers to a query: the body, as it came.
pub(crate) fn ask(program: &str, query: &str) -> String {
    let mut example = Example::start(program);
    let address = example.address();
    let body = format!(r#"{{"query":"{query}"}}"#);
    let mut stream = TcpStream::connect(&address).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    write!(
        stream,
        "POST /graphql HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("it takes requests");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer.split_once("\r\n\r\n").expect("headers end").1.to_owned()
}

/// A running example. Dropped, it is killed.
struct Example(Child);

impl Example {
    fn start(program: &str) -> Self {
        let mut command = Command::new(program);
        command.env("ANABRANCH_SERVER__LISTEN", "127.0.0.1:0").stderr(Stdio::piped());
        Self(command.spawn().expect("it starts"))
    }

    /// Where it is, from the line that it says when it is there.
    fn address(&mut self) -> String {
        let said = BufReader::new(self.0.stderr.take().expect("it may speak"));
        let mut lines = said.lines().map_while(Result::ok);
        let line = lines.find(|line| line.contains("http://")).expect("it says where it is");
        let (_, after) = line.split_once("http://").expect("an address");
        after.split('/').next().expect("something").to_owned()
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        // One that is gone already needs no killing.
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}
