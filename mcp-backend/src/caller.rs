//! On whose behalf a tool runs. A tool takes a [`Caller`] as an argument and knows nothing of where it came from.

use std::sync::Arc;

use rmcp::{
    ErrorData,
    handler::server::common::{AsRequestContext, FromContextPart},
};
use shared::{assertion::Identity, scope::Scope};
use tracing::Span;

use crate::credential::Credential;

/// The person in the identity header, what the session may do, and the credential to do it with. Cheap to clone;
/// all clones are the same request.
#[derive(Clone, Debug)]
pub(crate) struct Caller(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    identity: Identity,
    credential: Credential,
    traceparent: Option<http::HeaderValue>,
    span: Span,
}

impl Caller {
    /// `traceparent` (W3C Trace Context) is passed on to Peaka. The current span is that of the request.
    pub(crate) fn new(
        identity: Identity,
        credential: Credential,
        traceparent: Option<http::HeaderValue>,
    ) -> Self {
        Self(Arc::new(Inner { identity, credential, traceparent, span: Span::current() }))
    }

    /// Whether the session may do what `needed` allows.
    pub(crate) fn may(&self, needed: Scope) -> bool {
        self.0.identity.scopes.allow(needed)
    }

    /// Whether the person let the session into this project.
    pub(crate) fn reaches(&self, project_id: &str) -> bool {
        self.0.identity.projects.allow(project_id)
    }

    /// The session's id, for logs.
    pub(crate) fn session_id(&self) -> &str {
        &self.0.identity.session_id
    }

    /// The way to this person's Peaka token.
    pub(crate) fn credential(&self) -> &Credential {
        &self.0.credential
    }

    /// The request's span: what runs for it may run in a task of its own.
    pub(crate) fn span(&self) -> &Span {
        &self.0.span
    }

    /// The trace this request belongs to.
    pub(crate) fn traceparent(&self) -> Option<&http::HeaderValue> {
        self.0.traceparent.as_ref()
    }
}

impl<C: AsRequestContext> FromContextPart<C> for Caller {
    fn from_context_part(context: &mut C) -> Result<Self, ErrorData> {
        // The server puts it there before it calls a tool; without it there is nobody to act for.
        let caller = context.as_request_context().extensions.get::<Self>().cloned();
        caller.ok_or_else(|| ErrorData::internal_error("this request has no caller", None))
    }
}
