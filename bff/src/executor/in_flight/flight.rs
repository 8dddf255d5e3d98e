//! A call that several wait for, in two parts: until it is late, and what comes after. So one timer serves all who wait.

use std::sync::Arc;

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::time::timeout_at;

use crate::executor::fetch::{Alarm, Landing};

/// A call that several may wait for.
pub(super) type SharedCall = Shared<BoxFuture<'static, Flown>>;

/// What is left of one that is late.
pub(super) type Rest = Shared<BoxFuture<'static, Arc<Landing>>>;

/// What came of a call, or so far.
#[derive(Clone)]
pub(in crate::executor) enum Flown {
    Landed(Arc<Landing>),
    /// It still flies, with so many keys: any of them may be what holds it up.
    Late(Rest, usize),
}

/// The call, to be waited for until it is over, or else until the alarm rings.
pub(super) fn shared(
    call: impl Future<Output = Arc<Landing>> + Send + 'static,
    alarm: Option<Alarm>,
) -> SharedCall {
    let Some(alarm) = alarm else { return call.map(Flown::Landed).boxed().shared() };
    let call = async move {
        let mut call = call.boxed();
        match timeout_at(alarm.at, &mut call).await {
            Ok(landing) => Flown::Landed(landing),
            Err(_) => Flown::Late(call.shared(), alarm.ring()),
        }
    };
    call.boxed().shared()
}
