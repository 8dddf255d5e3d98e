//! One connection: its state, and what each message does to it.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use http::HeaderMap;
use serde_json::value::RawValue;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{Error as Fault, Message};

use super::{
    super::{Site, answer, caller, operations::Operations, parameters::Parameters},
    WebSocket,
    protocol::{self, Close},
};
use crate::{
    context::Context,
    error::{Code, Error},
    graphql::{self, Allowed, Answers},
};

pub(super) struct Connection {
    site: Arc<Site>,
    headers: HeaderMap,
    socket: WebSocket,
    acknowledged: bool,
    stopping: bool,
    /// Something came since the last ping.
    heard: bool,
    operations: Operations,
}

/// What the client is to be told at the end; nothing where it is gone.
pub(super) type Ended = Option<Close>;

impl Connection {
    pub(super) fn new(site: Arc<Site>, headers: HeaderMap, socket: WebSocket) -> Self {
        Self {
            site,
            headers,
            socket,
            acknowledged: false,
            stopping: false,
            heard: true,
            operations: Operations::default(),
        }
    }

    /// Everything that works for the client is dropped here.
    pub(super) fn into_socket(self) -> WebSocket {
        self.socket
    }

    /// Serves the client until it is gone, or until it is to be told that this is the end, and why.
    pub(super) async fn run(&mut self) -> Ended {
        match self.turns().await {
            Ok(never) => match never {},
            Err(ended) => ended,
        }
    }

    async fn turns(&mut self) -> Result<Infallible, Ended> {
        let streams = self.site.config.streams.clone();
        let began = Instant::now();
        let mut pings = interval_at(began + streams.keepalive.0, streams.keepalive.0);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stopping = self.site.stopping.clone();
        loop {
            tokio::select! {
                // What the client says goes first: events must not hide that it wants no more of them, or is there at all.
                biased;
                received = self.socket.next() => self.receive(received).await?,
                () = stopping.begun(), if !self.stopping => self.stop(),
                () = sleep_until(began + streams.init_timeout.0), if !self.acknowledged => {
                    return Err(Some(Close::INIT_TIMEOUT));
                }
                _ = pings.tick() => self.ping().await?,
                (id, body) = self.operations.next() => self.tell(&id, body).await?,
            }
            if self.stopping && self.operations.len() == 0 {
                return Err(Some(Close::GOING_AWAY));
            }
        }
    }

    async fn receive(&mut self, received: Option<Result<Message, Fault>>) -> Result<(), Ended> {
        let Some(received) = received else { return Err(None) };
        self.heard = true;
        match received {
            Ok(Message::Text(text)) => {
                self.obey(protocol::read(text.as_str()).map_err(Some)?).await
            }
            Ok(Message::Binary(_)) => Err(Close::bad_message("messages are texts").into()),
            // Answered by the socket itself; but the answers of a client that reads none would fill our memory.
            Ok(Message::Ping(_)) => self.flush().await,
            Ok(Message::Pong(_)) => Ok(()),
            // Its own goodbye, which is answered with the same.
            Ok(Message::Close(_)) => Err(Close::NORMAL.into()),
            Ok(Message::Frame(_)) => unreachable!("frames are what is written alone"),
            Err(fault) => Err(Close::of_fault(&fault)),
        }
    }

    async fn obey(&mut self, message: protocol::Message<'_>) -> Result<(), Ended> {
        match message {
            protocol::Message::ConnectionInit { .. } if self.acknowledged => {
                Err(Close::TOO_MANY_INITS.into())
            }
            protocol::Message::ConnectionInit { payload } => {
                self.admit(payload)?;
                self.acknowledged = true;
                self.send(protocol::ACK.to_owned()).await
            }
            protocol::Message::Ping { payload } => self.send(protocol::pong(payload)).await,
            protocol::Message::Pong => Ok(()),
            protocol::Message::Subscribe { .. } if !self.acknowledged => {
                Err(Close::UNAUTHORIZED.into())
            }
            protocol::Message::Subscribe { id, parameters } => {
                if self.operations.has(&id) {
                    return Err(Close::duplicate(&id).into());
                }
                match self.begin(parameters) {
                    Ok(answers) => {
                        self.operations.add(id.into_owned(), answers);
                        Ok(())
                    }
                    Err(refusal) => self.send(protocol::error(&id, &refusal)).await,
                }
            }
            protocol::Message::Complete { id } => {
                // That of one that is over crossed our own.
                self.operations.remove(&id);
                Ok(())
            }
        }
    }

    /// Takes the headers that the payload has, and sees whether the caller may ask.
    fn admit(&mut self, payload: Option<&RawValue>) -> Result<(), Close> {
        let names = &self.site.config.streams.init_headers;
        protocol::read_headers(names, payload, &mut self.headers)?;
        match self.context() {
            Ok(_) => Ok(()),
            Err(refused) if refused.code() == Code::Unauthenticated => Err(Close::FORBIDDEN),
            Err(refused) => Err(Close::bad_message(refused.message())),
        }
    }

    fn context(&self) -> crate::error::Result<Context> {
        let Site { config, mocking, .. } = &*self.site;
        caller::context(config, mocking, self.headers.clone(), Instant::now())
    }

    /// What answers an operation; the body of a refusal where it is not executed.
    fn begin(&self, parameters: Parameters<'_>) -> Result<Answers, Bytes> {
        let site = &self.site;
        let most = site.config.streams.max_operations;
        if self.operations.len() >= most {
            let message = format!("this connection has {most} operations already");
            return Err(answer::body(&Error::new(Code::LimitExceeded, message)));
        }
        if self.stopping {
            return Err(answer::body(&Error::new(Code::Unavailable, "the server is stopping")));
        }
        let context = self.context().map_err(|error| answer::body(&error))?;
        let request = graphql::Request {
            query: parameters.query,
            operation_name: parameters.operation_name,
            variables: parameters.variables.as_deref(),
            allowed: Allowed::Writes,
            streams: true,
            incremental: None,
        };
        site.front.answers(&request, context).map_err(|refused| refused.body)
    }

    async fn tell(&mut self, id: &str, body: Option<Bytes>) -> Result<(), Ended> {
        let message = match body {
            Some(body) => protocol::next(id, &body),
            None => protocol::complete(id),
        };
        self.send(message).await
    }

    /// Ends what would not end by itself; a client sees from the missing `complete` that it was cut.
    fn stop(&mut self) {
        self.stopping = true;
        drop(self.operations.remove_subscriptions());
    }

    /// A client from which nothing came since the last ping, not even the answer to it, is gone.
    async fn ping(&mut self) -> Result<(), Ended> {
        if !std::mem::take(&mut self.heard) {
            return Err(None);
        }
        self.write(Message::Ping(Bytes::new())).await
    }

    async fn send(&mut self, message: String) -> Result<(), Ended> {
        self.write(Message::Text(message.into())).await
    }

    async fn write(&mut self, message: Message) -> Result<(), Ended> {
        let patience = self.site.config.streams.send_timeout.0;
        let sent = timeout(patience, self.socket.send(message)).await;
        // Otherwise it is gone, or takes nothing.
        sent.ok().and_then(Result::ok).ok_or(None)
    }

    async fn flush(&mut self) -> Result<(), Ended> {
        let patience = self.site.config.streams.send_timeout.0;
        let sent = timeout(patience, self.socket.flush()).await;
        sent.ok().and_then(Result::ok).ok_or(None)
    }
}
