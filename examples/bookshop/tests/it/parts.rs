//! An answer that comes in parts, as a client reads it from its socket.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::served::Served;

/// The parts that are still to come.
pub(crate) struct Parts {
    body: Incoming,
    /// What came and was not read.
    text: String,
    /// What stands behind each part.
    end: &'static str,
}

impl Parts {
    /// Asks over a connection of its own, for `multipart/mixed` or events.
    pub(crate) async fn of(served: &Served, request: Request<Full<Bytes>>) -> Self {
        let stream = TcpStream::connect(served.address).await.expect("it listens");
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.expect("it speaks HTTP");
        tokio::spawn(connection);
        let response = sender.send_request(request).await.expect("it answers");
        let kind = response.headers()[http::header::CONTENT_TYPE].to_str().expect("a text");
        let end = if kind.starts_with("text/event-stream") { "\n\n" } else { "\r\n---" };
        Self { end, body: response.into_body(), text: String::new() }
    }

    /// The next part, if there is one.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.text.find(self.end) {
                let part: String = self.text.drain(..end + self.end.len()).collect();
                // Neither what stands before the first part nor a comment nor the end of events has data.
                let json = part.find('{').zip(part.rfind('}'));
                if let Some((from, to)) = json {
                    return Some(serde_json::from_str(&part[from..=to]).expect("JSON"));
                }
                continue;
            }
            let frame = self.body.frame().await?.expect("a frame");
            let bytes = frame.into_data().expect("data");
            self.text.push_str(std::str::from_utf8(&bytes).expect("a text"));
        }
    }
}
