//! How what lasts longer than a request learns that the server stops.

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Stopping {
    begun: CancellationToken,
    over: CancellationToken,
    sockets: TaskTracker,
}

impl Stopping {
    /// From now on nothing may last.
    pub(super) fn begin(&self) {
        self.begun.cancel();
        self.sockets.close();
    }

    /// Whether nothing may last any more.
    pub(super) fn has_begun(&self) -> bool {
        self.begun.is_cancelled()
    }

    /// Done when nothing may last any more.
    pub(super) async fn begun(&self) {
        self.begun.cancelled().await;
    }

    /// Does the work of a connection that is no longer the listener's, up to the end of all time.
    pub(super) async fn serve(&self, socket: impl Future<Output = ()>) {
        let socket = self.over.run_until_cancelled(socket);
        self.sockets.track_future(socket).await;
    }

    /// Done when all such connections have ended by themselves.
    pub(super) async fn served(&self) {
        self.sockets.wait().await;
    }

    /// Cuts those that have not.
    pub(super) fn cut(&self) {
        self.over.cancel();
    }
}
