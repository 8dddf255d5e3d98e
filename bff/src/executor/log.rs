//! What the log says of failures: the first of a kind whole, then how many there were. At a service that fails, a line for each
//! call would be an outage of its own.

use std::{
    collections::{HashMap, hash_map::Entry},
    error::Error as _,
    fmt::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::sleep;
use tracing::{Level, debug, error, info, warn};

use super::prepared::Target;
use crate::error::{Code, Error, Origin};

/// So many failures of a kind are told whole.
const WHOLE: u32 = 5;
/// One line says how many others there were in this time. After as much time without any, the next ones are told whole again.
const INTERVAL: Duration = Duration::from_secs(10);

/// The failures of one executor, by kind: as many kinds as the contract has methods, times the codes.
#[derive(Default)]
pub(super) struct FailureLog(Mutex<HashMap<Kind, Heard>>);

#[derive(Clone, PartialEq, Eq, Hash)]
struct Kind {
    /// None for a field that no call answers: clients name those as they like.
    origin: Option<Origin>,
    code: Code,
}

/// What was heard of a kind lately.
#[derive(Default)]
struct Heard {
    told: u32,
    /// Those that were not told, and the last of them.
    others: Option<(u64, Error)>,
}

impl FailureLog {
    /// Says that a call failed, as loud as its code is, with everything that clients are not told.
    pub(super) fn failed_call(self: &Arc<Self>, failure: &Error, target: &Target, keys: usize) {
        let Origin { service, method } = &target.origin;
        let (service, method, code) = (&**service, &**method, failure.code().name());
        let origin = Some(target.origin.clone());
        if self.tells_whole(Kind { origin, code: failure.code() }, failure) {
            let cause = chain(failure);
            match failure.code().level() {
                Level::ERROR => error!(service, method, code, keys, cause, "a call failed"),
                Level::WARN => warn!(service, method, code, keys, cause, "a call failed"),
                Level::INFO => info!(service, method, code, keys, cause, "a call failed"),
                _ => debug!(service, method, code, keys, cause, "a call failed"),
            }
        }
    }

    /// The same of a field that no call answers.
    pub(super) fn failed_field(self: &Arc<Self>, failure: &Error, field: &str) {
        let code = failure.code().name();
        if self.tells_whole(Kind { origin: None, code: failure.code() }, failure) {
            let cause = chain(failure);
            match failure.code().level() {
                Level::ERROR => error!(field, code, cause, "a field failed"),
                Level::WARN => warn!(field, code, cause, "a field failed"),
                Level::INFO => info!(field, code, cause, "a field failed"),
                _ => debug!(field, code, cause, "a field failed"),
            }
        }
    }

    /// Whether the failure is one of the first of its kind; else it is counted.
    fn tells_whole(self: &Arc<Self>, kind: Kind, failure: &Error) -> bool {
        // Who reads these lines looks for a single call.
        if kind.code.level() >= Level::DEBUG {
            return true;
        }
        let counting = match self.lock().entry(kind) {
            Entry::Vacant(kind) => {
                let counting = Counting { log: Arc::clone(self), kind: kind.key().clone() };
                kind.insert(Heard { told: 1, others: None });
                counting
            }
            Entry::Occupied(mut heard) => return heard.get_mut().tells_whole(failure),
        };
        // Not under the lock: a runtime that ends drops it at once.
        tokio::spawn(counting.run());
        true
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Kind, Heard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    fn tells_whole(&mut self, failure: &Error) -> bool {
        if self.told < WHOLE {
            self.told += 1;
            return true;
        }
        let count = self.others.as_ref().map_or(0, |(count, _)| *count);
        self.others = Some((count + 1, failure.clone()));
        false
    }
}

/// Tells how many failures of a kind there were, until there are none.
struct Counting {
    log: Arc<FailureLog>,
    kind: Kind,
}

impl Counting {
    async fn run(self) {
        loop {
            sleep(INTERVAL).await;
            let others = self.log.lock().get_mut(&self.kind).and_then(|heard| heard.others.take());
            let Some(others) = others else { return };
            self.tell(others);
        }
    }

    fn tell(&self, (count, last): (u64, Error)) {
        let Kind { origin, code } = &self.kind;
        let (service, method) =
            origin.as_ref().map(|origin| (&*origin.service, &*origin.method)).unzip();
        let (level, code, cause) = (code.level(), code.name(), chain(&last));
        match level {
            Level::ERROR => error!(
                service,
                method, code, count, cause, "more failed alike; the cause is that of the last"
            ),
            Level::WARN => warn!(
                service,
                method, code, count, cause, "more failed alike; the cause is that of the last"
            ),
            _ => info!(
                service,
                method, code, count, cause, "more failed alike; the cause is that of the last"
            ),
        }
    }
}

/// Also where the runtime ends, so that nothing that was counted is kept back.
impl Drop for Counting {
    fn drop(&mut self) {
        let heard = self.log.lock().remove(&self.kind);
        if let Some(others) = heard.and_then(|heard| heard.others) {
            self.tell(others);
        }
    }
}

/// The message and those of all causes behind it.
fn chain(failure: &Error) -> String {
    let mut text = failure.to_string();
    let mut source = failure.source();
    while let Some(cause) = source {
        let told = cause.to_string();
        // An error that was only given an origin says the same again.
        if !text.ends_with(&told) {
            let _ = write!(text, ": {told}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;
    use tracing::{Event, Metadata, Subscriber, field::Visit, span};

    use super::*;

    const MORE: &str = "more failed alike; the cause is that of the last";

    /// Keeps the lines of a test's thread: the level, the message, how many, and the cause.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<String>>>);

    impl Subscriber for Lines {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn event(&self, event: &Event<'_>) {
            let mut line = Line(event.metadata().level().to_string());
            event.record(&mut line);
            self.0.lock().unwrap().push(line.0);
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
        fn enter(&self, _: &span::Id) {}
        fn exit(&self, _: &span::Id) {}
    }

    struct Line(String);

    impl Visit for Line {
        fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
            if ["message", "count"].contains(&field.name()) {
                let _ = write!(self.0, " {value:?}");
            }
        }

        fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
            if field.name() == "cause" {
                let _ = write!(self.0, " {value}");
            }
        }
    }

    impl Lines {
        fn take(&self) -> Vec<String> {
            std::mem::take(&mut self.0.lock().unwrap())
        }
    }

    /// A log whose time stands still, and what it says.
    fn log() -> (Arc<FailureLog>, Lines, tracing::subscriber::DefaultGuard) {
        let lines = Lines::default();
        let guard = tracing::subscriber::set_default(lines.clone());
        (Arc::default(), lines, guard)
    }

    fn fail(log: &Arc<FailureLog>, code: Code, number: u32) {
        log.failed_field(&Error::new(code, format!("no {number}")), "f");
    }

    /// Until the tasks have had their turn.
    async fn later(span: Duration) {
        tokio::task::yield_now().await;
        advance(span).await;
        tokio::task::yield_now().await;
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_failures_are_told_whole_and_then_how_many_there_were() {
        let (log, lines, _guard) = log();
        for number in 1..=1_000 {
            fail(&log, Code::Unavailable, number);
        }
        let whole = (1..=5).map(|number| format!("WARN a field failed no {number}"));
        assert_eq!(lines.take(), whole.collect::<Vec<_>>());
        later(INTERVAL).await;
        assert_eq!(lines.take(), [format!("WARN {MORE} 995 no 1000")]);
        fail(&log, Code::Unavailable, 1_001);
        assert!(lines.take().is_empty());
        later(INTERVAL).await;
        assert_eq!(lines.take(), [format!("WARN {MORE} 1 no 1001")]);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_quiet_time_they_are_told_whole_again_and_nothing_is_kept() {
        let (log, lines, _guard) = log();
        (1..=6).for_each(|number| fail(&log, Code::Unavailable, number));
        later(INTERVAL).await;
        later(INTERVAL).await;
        assert_eq!(lines.take().len(), 6);
        assert!(log.lock().is_empty());
        fail(&log, Code::Unavailable, 7);
        assert_eq!(lines.take(), ["WARN a field failed no 7"]);
    }

    #[tokio::test(start_paused = true)]
    async fn each_code_is_counted_for_itself_and_quiet_ones_not_at_all() {
        let (log, lines, _guard) = log();
        for number in 1..=6 {
            fail(&log, Code::Unavailable, number);
            fail(&log, Code::Internal, number);
            fail(&log, Code::NotFound, number);
        }
        assert_eq!(lines.take().len(), 5 + 5 + 6);
    }

    #[test]
    fn what_was_counted_is_told_where_the_runtime_ends() {
        let (log, lines, _guard) = log();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async { (1..=7).for_each(|number| fail(&log, Code::Internal, number)) });
        assert_eq!(lines.take().len(), 5);
        drop(runtime);
        assert_eq!(lines.take(), [format!("ERROR {MORE} 2 no 7")]);
    }

    #[test]
    fn the_log_has_the_causes_and_each_once() {
        let inner = Error::with_source(Code::Unavailable, "it cannot be reached", "refused");
        let shared = inner.clone();
        let origin = Origin { service: "S".into(), method: "M".into() };
        assert_eq!(chain(&inner.from_method(origin)), "it cannot be reached: refused");
        assert_eq!(chain(&shared), "it cannot be reached: refused");
    }
}
