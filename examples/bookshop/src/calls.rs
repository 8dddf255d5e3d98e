//! Which calls have come, by method.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use tokio::sync::watch;

/// What a service has seen of one method.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Calls that have come.
    pub started: u64,
    /// Calls that were answered, well or not.
    pub finished: u64,
    /// Calls whose callers left before they were answered.
    pub cancelled: u64,
    /// How long the last caller said it would wait.
    pub last_timeout: Option<Duration>,
    /// The metadata of the last call.
    pub last_metadata: HeaderMap,
    /// The last request as it came, without its gRPC frame.
    pub last_request: Bytes,
}

impl Seen {
    /// The last request as a message.
    ///
    /// # Errors
    /// When nothing was asked yet that is such a message.
    pub fn last<M: prost::Message + Default>(&self) -> Result<M, prost::DecodeError> {
        M::decode(self.last_request.clone())
    }
}

/// All that was seen, by the method's name such as "bookshop.pricing.v1.Pricing/BatchGetPrices".
#[derive(Clone, Debug)]
pub(crate) struct Ledger(watch::Sender<HashMap<String, Seen>>);

impl Ledger {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(HashMap::new()))
    }

    pub(crate) fn seen(&self, method: &str) -> Seen {
        self.0.borrow().get(method).cloned().unwrap_or_default()
    }

    /// Calls that have come, of all methods whose names begin so.
    pub(crate) fn started(&self, prefix: &str) -> u64 {
        let all = self.0.borrow();
        all.iter()
            .filter(|(method, _)| method.starts_with(prefix))
            .map(|(_, seen)| seen.started)
            .sum()
    }

    pub(crate) fn forget(&self) {
        self.0.send_modify(HashMap::clear);
    }

    /// Comes back when `enough` is true of what was seen.
    pub(crate) async fn until(&self, method: &str, enough: impl Fn(&Seen) -> bool) -> Seen {
        let mut changes = self.0.subscribe();
        let all = changes
            .wait_for(|all| all.get(method).is_some_and(&enough))
            .await
            .expect("the ledger outlives whoever waits on it");
        all[method].clone()
    }

    /// Notes that a call has come. What is returned notes how it goes on.
    pub(crate) fn open(&self, method: String, metadata: HeaderMap) -> Entry {
        let timeout = metadata.get("grpc-timeout").and_then(|value| timeout(value.to_str().ok()?));
        self.change(&method, |seen| {
            seen.started += 1;
            seen.last_timeout = timeout;
            seen.last_metadata = metadata;
        });
        Entry { ledger: self.clone(), method, finished: false }
    }

    fn change(&self, method: &str, change: impl FnOnce(&mut Seen)) {
        self.0.send_modify(|all| change(all.entry(method.to_owned()).or_default()));
    }
}

/// One call under way. Dropped before it is finished, it counts as cancelled.
#[derive(Debug)]
pub(crate) struct Entry {
    ledger: Ledger,
    method: String,
    finished: bool,
}

impl Entry {
    pub(crate) fn request(&self, request: Bytes) {
        self.ledger.change(&self.method, |seen| seen.last_request = request);
    }

    pub(crate) fn finish(mut self) {
        self.finished = true;
        self.ledger.change(&self.method, |seen| seen.finished += 1);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if !self.finished {
            self.ledger.change(&self.method, |seen| seen.cancelled += 1);
        }
    }
}

/// `grpc-timeout` as the gRPC protocol writes it: up to eight digits and a unit.
fn timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let amount: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(amount * 3600)),
        "M" => Some(Duration::from_secs(amount * 60)),
        "S" => Some(Duration::from_secs(amount)),
        "m" => Some(Duration::from_millis(amount)),
        "u" => Some(Duration::from_micros(amount)),
        "n" => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::timeout;

    #[test]
    fn timeouts_are_read_in_all_units_of_the_protocol() {
        assert_eq!(timeout("2H"), Some(Duration::from_secs(7200)));
        assert_eq!(timeout("80m"), Some(Duration::from_millis(80)));
        assert_eq!(timeout("500u"), Some(Duration::from_micros(500)));
        assert_eq!(timeout("80"), None);
        assert_eq!(timeout(""), None);
    }
}
