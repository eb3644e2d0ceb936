//! Progress notifications, for clients that asked for them and can read a stream.

use rmcp::{
    ErrorData, Peer, RoleServer,
    handler::server::common::{AsRequestContext, FromContextPart},
    model::{ProgressNotificationParam, ProgressToken},
};

use crate::{caller::Caller, credential::NoToken};

/// Whether the client reads `text/event-stream`: the first notification turns the answer into one. Put into the
/// request by whoever read its `Accept` header; a request without it (stdio) has no such limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadsStreams(pub(crate) bool);

/// Where a tool tells how far it is, from 0 to 100.
#[derive(Debug)]
pub(crate) struct Progress(Option<(Peer<RoleServer>, ProgressToken)>);

impl Progress {
    /// Tells that the work begins. The credential comes first: once a notification is out, a dead session can no
    /// longer be answered with a 401.
    pub(crate) async fn start(&self, caller: &Caller) -> Result<(), NoToken> {
        if self.0.is_some() {
            caller.credential().token().await?;
            self.tell(0).await;
        }
        Ok(())
    }

    /// Tells that `percent` is done. That nobody listens is no failure of the tool's.
    pub(crate) async fn tell(&self, percent: u8) {
        if let Some((peer, token)) = &self.0 {
            let told = ProgressNotificationParam::new(token.clone(), f64::from(percent)).with_total(100.0);
            if let Err(error) = peer.notify_progress(told).await {
                tracing::debug!(%error, "a progress notification could not be sent");
            }
        }
    }
}

impl<C: AsRequestContext> FromContextPart<C> for Progress {
    fn from_context_part(context: &mut C) -> Result<Self, ErrorData> {
        let context = context.as_request_context();
        let reads_streams = context.extensions.get::<ReadsStreams>().is_none_or(|reads| reads.0);
        let token = context.meta.get_progress_token().filter(|_| reads_streams);
        Ok(Self(token.map(|token| (context.peer.clone(), token))))
    }
}
