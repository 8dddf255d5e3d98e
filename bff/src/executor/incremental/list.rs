//! A list that is told while the service still sends it.

use std::{
    fmt,
    future::poll_fn,
    mem,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;

use crate::{
    contract::Cardinality,
    error::{Error, Result},
    executor::{engine::Request, fetch::Fetch, gather::Gathered},
    operation::DeferId,
    plan::{Plan, SiteId, Source, StepId, StreamId, Wire},
    transcoder::{Program, count_items, list_within},
};

/// A step's list that can be told as its messages come.
#[derive(Clone, Debug)]
pub(in crate::executor) struct Streamed {
    pub(in crate::executor) site: SiteId,
    pub(in crate::executor) stream: StreamId,
    defer: DeferId,
    /// Where the list stands in a gathered message.
    path: Vec<u32>,
    number: u32,
}

/// A list that may go on. What nobody asks for is not read: where the client is slow, flow control holds back the service.
pub(in crate::executor) struct Live {
    pub(in crate::executor) step: StepId,
    request: Arc<Request>,
    fetch: Fetch,
    incoming: Gathered,
    /// What was read and not taken.
    buffer: Vec<u8>,
    items: u32,
    /// How many items were taken.
    taken: u32,
    /// All that was taken, where it may be kept.
    whole: Option<Vec<Bytes>>,
    end: Option<Result<()>>,
}

/// Items that came together.
pub(in crate::executor) struct Items {
    /// A message like that of the whole list.
    pub(in crate::executor) message: Bytes,
    /// How many of the list stand before them.
    pub(in crate::executor) before: u32,
    pub(in crate::executor) count: u32,
}

impl Streamed {
    /// What of the plan's steps can be told in this way: the list of one field, whose items all stay what they are.
    pub(in crate::executor) fn of(plan: &Plan, step: StepId, program: &Program) -> Option<Self> {
        let mut sites = plan.sites_of(step);
        let (Some(site), None) = (sites.next(), sites.next()) else { return None };
        let mut fields = plan.shapes.iter().flat_map(|shape| &shape.fields);
        let wire = fields.find_map(|field| match &field.source {
            Source::Join { site: other, then } if *other == site => match &**then {
                Source::Wire(wire) => Some(wire),
                _ => None,
            },
            _ => None,
        })?;
        let Wire { path, number, cardinality: Cardinality::Repeated, stream: Some(stream), .. } =
            wire
        else {
            return None;
        };
        let is_able = plan.streams[stream.0].gathered && !program.overrides_items(*stream);
        is_able.then(|| Self {
            site,
            stream: *stream,
            defer: plan.streams[stream.0].defer,
            path: path.clone(),
            number: *number,
        })
    }

    /// How many items must be there before the list can be shown: those that come first, and one where the list is inside of
    /// something that would else be null.
    pub(in crate::executor) fn at_least(&self, first: u32) -> u32 {
        first.max(u32::from(!self.path.is_empty()))
    }

    /// The part of a message in which the list is.
    pub(in crate::executor) fn part(&self, message: &Bytes) -> Result<Bytes> {
        list_within(&self.path, message)
    }
}

impl Live {
    /// The list with its first items, as a message, and what may come behind them.
    ///
    /// # Errors
    ///
    /// Where it fails before so many are there.
    pub(in crate::executor) async fn open(
        request: &Arc<Request>,
        step: StepId,
        fetch: Fetch,
        at_least: u32,
    ) -> Result<(Bytes, Option<Self>)> {
        let incoming = match fetch.open().await {
            Ok(incoming) => incoming,
            Err(failure) => return Err(fetch.failed(failure)),
        };
        let mut live = Self {
            step,
            request: Arc::clone(request),
            whole: fetch.keeps().then(Vec::new),
            fetch,
            incoming,
            buffer: Vec::new(),
            items: 0,
            taken: 0,
            end: None,
        };
        let Items { message, count, .. } =
            poll_fn(|context| live.poll_items(at_least, context)).await;
        match live.end.take() {
            Some(Err(failure)) if count < at_least => Err(failure),
            Some(Ok(())) => Ok((message, None)),
            end => Ok((message, Some(Self { end, ..live }))),
        }
    }

    pub(super) fn defer(&self) -> DeferId {
        self.streamed().defer
    }

    pub(in crate::executor) fn streamed(&self) -> &Streamed {
        self.request.step(self.step).streamed.as_ref().expect("only such lists are opened")
    }

    /// How the list ended, if it has.
    pub(super) fn end(&self) -> Option<&Result<()>> {
        self.end.as_ref()
    }

    /// It ends here, whatever else comes.
    pub(super) fn fail(&mut self, failure: Error) {
        self.end = Some(Err(failure));
    }

    /// How many items were taken.
    pub(super) fn taken(&self) -> u32 {
        self.taken
    }

    /// Everything that is there once there are so many items, or the list has ended.
    pub(super) fn poll_items(&mut self, at_least: u32, context: &mut Context<'_>) -> Poll<Items> {
        while self.end.is_none() {
            let mark = self.buffer.len();
            match self.incoming.poll(&mut self.buffer, context) {
                Poll::Pending if self.items >= at_least => break,
                polled => match ready!(polled).and_then(|more| Ok((more, self.count(mark)?))) {
                    Ok((true, count)) => self.items += count,
                    Ok((false, _)) => self.end = Some(Ok(())),
                    Err(failure) => {
                        self.buffer.truncate(mark);
                        self.end = Some(Err(self.fetch.failed(failure)));
                    }
                },
            }
        }
        Poll::Ready(self.take())
    }

    /// How many items stand behind the mark.
    fn count(&self, mark: usize) -> Result<u32> {
        let Streamed { path, number, .. } = self.streamed();
        match path.as_slice() {
            [] => count_items(*number, &self.buffer[mark..]),
            path => {
                let message = Bytes::copy_from_slice(&self.buffer[mark..]);
                count_items(*number, &list_within(path, &message)?)
            }
        }
    }

    fn take(&mut self) -> Items {
        let message = Bytes::from(mem::take(&mut self.buffer));
        let (before, count) = (self.taken, mem::take(&mut self.items));
        self.taken += count;
        if let Some(whole) = &mut self.whole {
            whole.push(message.clone());
        }
        if let Some(Ok(())) = self.end
            && let Some(whole) = self.whole.take()
        {
            self.fetch.keep_whole(whole.concat().into());
        }
        Items { message, before, count }
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Live").field("step", &self.step).finish_non_exhaustive()
    }
}
