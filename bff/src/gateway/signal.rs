//! When to stop, and what is said at the start.

use std::io::Write;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::{Code, Error, Result};

/// Done at the first SIGTERM or Ctrl-C. After a second one the process is gone.
pub(super) fn stop() -> Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) =
        (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        either(&mut terminate, &mut interrupt).await;
        tracing::info!("stopping: requests in flight may end");
        tokio::spawn(async move {
            either(&mut terminate, &mut interrupt).await;
            tracing::warn!("told twice to stop: requests in flight are cut");
            std::process::exit(1);
        });
    })
}

fn listen(kind: SignalKind) -> Result<Signal> {
    let refused =
        |error| Error::with_source(Code::Internal, "signals cannot be listened to", error);
    signal(kind).map_err(refused)
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}

/// A program that has set up no log still wants to see where its server is.
pub(super) fn announce(line: &str) {
    if tracing::dispatcher::has_been_set() {
        tracing::info!("{line}");
    } else {
        // Nobody reads it where standard error is closed.
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}
