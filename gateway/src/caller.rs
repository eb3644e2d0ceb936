//! From where the request at hand came. It stands beside the request's handler instead of among the arguments of
//! everything below it, so that whatever is noted on the request's behalf can say so.

use std::{future::Future, sync::Arc};

tokio::task_local! {
    static CALLER: Arc<str>;
}

/// Runs `work` on behalf of the caller with this address prefix.
pub(crate) async fn on_behalf<T>(of: String, work: impl Future<Output = T>) -> T {
    CALLER.scope(of.into(), work).await
}

/// The same for work that waits for nothing.
pub(crate) fn noting<T>(of: String, work: impl FnOnce() -> T) -> T {
    CALLER.sync_scope(of.into(), work)
}

/// The address prefix of the caller. `None` outside of a request: for housekeeping, commands, and tasks that go on
/// without whoever caused them.
pub(crate) fn prefix() -> Option<Arc<str>> {
    CALLER.try_with(Arc::clone).ok()
}
