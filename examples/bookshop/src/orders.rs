//! Orders given while the shop runs, from the keyboard or from the page: the bad days of a demonstration.

use std::str::FromStr;
use std::time::Duration;

use tonic::Code;

use crate::{Fault, Running, Service};

/// What can be ordered.
pub const HELP: &str = "\
stop NAME        the service answers what it was asked and takes no more calls
kill NAME        the service is gone in the middle of whatever it does
start NAME       the service is back
slow NAME MS     the service answers so many milliseconds later
fail NAME        the service answers UNAVAILABLE, or another code that is named: `fail NAME ABORTED`
trailers NAME    the same, after headers that promised an answer
stall NAME       the service sends headers and then nothing
break NAME N     the service sends N messages of an answer and then UNAVAILABLE
trickle NAME MS  the service sends the messages of an answer so many milliseconds one after the other
garble NAME      the service sends bytes that mean nothing
heal NAME        the service is neither slow nor faulty any more
help             this list";

/// One order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Says which orders there are.
    Help,
    /// Does something to a service.
    To(Service, Action),
}

/// What is done to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It takes no more calls and answers those under way.
    Stop,
    /// It is gone at once.
    Kill,
    /// It runs again.
    Start,
    /// It answers this much later.
    Slow(Duration),
    /// It does this instead of answering.
    Fail(Fault),
    /// It is neither slow nor faulty.
    Heal,
}

impl FromStr for Order {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let mut words = line.split_whitespace();
        let verb = words.next().unwrap_or("help");
        if verb == "help" {
            return Ok(Self::Help);
        }
        let service = words.next();
        let action = match verb {
            "stop" => Action::Stop,
            "kill" => Action::Kill,
            "start" => Action::Start,
            "slow" => Action::Slow(milliseconds(words.next())?),
            "fail" => Action::Fail(Fault::Status(code(words.next())?)),
            "trailers" => Action::Fail(Fault::StatusInTrailers(code(words.next())?)),
            "stall" => Action::Fail(Fault::StallAfterHeaders),
            "break" => Action::Fail(Fault::Break(messages(words.next())?)),
            "trickle" => Action::Fail(Fault::Trickle(milliseconds(words.next())?)),
            "garble" => Action::Fail(Fault::Garbage),
            "heal" => Action::Heal,
            _ => return Err(format!("`{verb}` is no order; `help` lists them")),
        };
        let service = service.ok_or_else(|| format!("{verb} which service?"))?;
        Ok(Self::To(service.parse()?, action))
    }
}

fn milliseconds(word: Option<&str>) -> Result<Duration, String> {
    let number = word.and_then(|word| word.trim_end_matches("ms").parse().ok());
    number.map(Duration::from_millis).ok_or_else(|| "how many milliseconds?".to_owned())
}

fn messages(word: Option<&str>) -> Result<usize, String> {
    let number = word.and_then(|word| word.parse().ok());
    number.ok_or_else(|| "break after how many messages?".to_owned())
}

/// A code of gRPC as its specification writes it.
fn code(word: Option<&str>) -> Result<Code, String> {
    let Some(word) = word else { return Ok(Code::Unavailable) };
    let plain = word.replace('_', "");
    let named = |code: &Code| format!("{code:?}").eq_ignore_ascii_case(&plain);
    (1..=16).map(Code::from_i32).find(named).ok_or_else(|| format!("`{word}` is no code of gRPC"))
}

/// Carries an order out and says what is so now.
pub async fn carry_out(order: Order, shop: &mut Running) -> String {
    let Order::To(service, action) = order else {
        return HELP.to_owned();
    };
    if !shop.addresses().contains_key(&service) {
        return format!("{service} does not belong to this process");
    }
    match action {
        Action::Stop => shop.stop(service).await,
        Action::Kill => shop.kill(service).await,
        Action::Start => {
            if let Err(error) = shop.start(service).await {
                return format!("{service} does not start: {error}");
            }
        }
        Action::Slow(latency) => {
            shop.faults(service).latency(latency);
        }
        Action::Fail(fault) => {
            shop.faults(service).fail(fault);
        }
        Action::Heal => shop.faults(service).clear(),
    }
    let now = match action {
        Action::Stop => "is stopped",
        Action::Kill => "is dead",
        Action::Start => "runs",
        Action::Slow(_) => "is slow",
        Action::Fail(_) => "fails",
        Action::Heal => "is well",
    };
    format!("{service} {now}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tonic::Code;

    use super::{Action, Order, carry_out};
    use crate::{Fault, Options, Service};

    #[test]
    fn orders_are_read_as_they_are_typed() {
        assert_eq!("stop reviews".parse(), Ok(Order::To(Service::Reviews, Action::Stop)));
        let slow = Action::Slow(Duration::from_millis(300));
        assert_eq!("slow pricing 300ms".parse(), Ok(Order::To(Service::Pricing, slow)));
        let aborted = Action::Fail(Fault::StatusInTrailers(Code::Aborted));
        assert_eq!("trailers pricing ABORTED".parse(), Ok(Order::To(Service::Pricing, aborted)));
        let unavailable = Action::Fail(Fault::Status(Code::Unavailable));
        assert_eq!("fail pricing".parse(), Ok(Order::To(Service::Pricing, unavailable)));
        let broken = Action::Fail(Fault::Break(3));
        assert_eq!("break catalog 3".parse(), Ok(Order::To(Service::Catalog, broken)));
        let trickle = Action::Fail(Fault::Trickle(Duration::from_millis(50)));
        assert_eq!("trickle catalog 50".parse(), Ok(Order::To(Service::Catalog, trickle)));
        assert_eq!("".parse(), Ok(Order::Help));
    }

    #[test]
    fn what_cannot_be_read_says_what_is_missing() {
        let error = |line: &str| line.parse::<Order>().unwrap_err();
        assert_eq!(error("stop"), "stop which service?");
        assert_eq!(error("break catalog"), "break after how many messages?");
        assert_eq!(error("slow pricing"), "how many milliseconds?");
        assert!(error("stop review").contains("reviews"), "{}", error("stop review"));
        assert!(error("paint reviews").contains("no order"));
        assert!(error("fail reviews BADLY").contains("no code"));
    }

    #[tokio::test]
    async fn an_order_is_carried_out() {
        let options = Options { services: vec![Service::Pricing], ..Options::for_tests() };
        let mut shop = crate::start(options).await.unwrap();
        let stopped = carry_out(Order::To(Service::Pricing, Action::Stop), &mut shop).await;
        assert_eq!(stopped, "pricing is stopped");
        assert!(!shop.runs(Service::Pricing));
        let foreign = carry_out(Order::To(Service::Reviews, Action::Stop), &mut shop).await;
        assert_eq!(foreign, "reviews does not belong to this process");
    }
}
