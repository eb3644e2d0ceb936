//! A client that cannot set headers names its trace in the request's `_meta` (over stdio there are no headers at all).

use rmcp::{RoleServer, service::RequestContext};
use shared::telemetry::trace;
use tracing::Span;

use crate::caller::Caller;

/// Joins the trace of `_meta`, where no header named one; where one did, that stays the parent, and the span only points
/// to the other.
pub(super) fn join(span: &Span, caller: &Caller, context: &RequestContext<RoleServer>) {
    let text = |name: &str| context.meta.get(name).and_then(|value| value.as_str());
    let Some(traceparent) = text("traceparent") else { return };
    if caller.traceparent().is_some() {
        trace::link_text(span, traceparent, text("tracestate"));
    } else {
        trace::adopt_text(span, traceparent, text("tracestate"));
    }
}
