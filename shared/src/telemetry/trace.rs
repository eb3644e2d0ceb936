//! Traces over process boundaries (W3C Trace Context). Without a collector all of this is one look at a flag, and the
//! headers of a request stay as they are.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::{
    Context,
    propagation::{Extractor, Injector, TextMapPropagator as _},
    trace::TraceContextExt as _,
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::{Span, field::Empty, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

static ON: AtomicBool = AtomicBool::new(false);

pub(super) fn switch_on() {
    ON.store(true, Relaxed);
}

/// Whether traces are sent anywhere.
pub fn is_on() -> bool {
    ON.load(Relaxed)
}

/// The span of a request that came in: part of the caller's trace, if its headers name one. Its trace id stands in
/// every log line within. Answers with the span in which to note how the request is answered.
pub fn adopt(span: &Span, headers: &HeaderMap) -> Span {
    if !ON.load(Relaxed) {
        return Span::none();
    }
    span.record("otel.kind", "server");
    join(span, &Headers(headers));
    span.clone()
}

/// The same for a trace that is named elsewhere than in headers: its `traceparent`, and its `tracestate`.
pub fn adopt_text(span: &Span, traceparent: &str, tracestate: Option<&str>) {
    if ON.load(Relaxed) {
        join(span, &Texts { traceparent, tracestate });
    }
}

/// Points from a span to a trace that it belongs to as well.
pub fn link_text(span: &Span, traceparent: &str, tracestate: Option<&str>) {
    if ON.load(Relaxed) {
        let named = TraceContextPropagator::new()
            .extract_with_context(&Context::new(), &Texts { traceparent, tracestate });
        span.add_link(named.span().span_context().clone());
    }
}

/// The span of a request to `peer`, within the current one; none without a collector.
pub fn call(peer: &'static str, method: &http::Method) -> Span {
    if !ON.load(Relaxed) {
        return Span::none();
    }
    info_span!("call", otel.name = peer, otel.kind = "client", method = %method, status = Empty)
}

/// Names the span's trace to whoever gets these headers, instead of what they named before.
pub fn inject(span: &Span, headers: &mut HeaderMap) {
    if !ON.load(Relaxed) {
        return;
    }
    TraceContextPropagator::new().inject_context(&span.context(), &mut HeadersMut(headers));
}

/// Notes how a request was answered.
pub fn answered(span: &Span, status: http::StatusCode) {
    if !span.is_none() {
        span.record("status", status.as_u16());
    }
}

fn join(span: &Span, carrier: &dyn Extractor) {
    let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), carrier);
    // Where the filter leaves the span out there is nothing to join.
    let _ = span.set_parent(parent);
    let trace = span.context().span().span_context().trace_id();
    span.record("trace_id", tracing::field::display(trace));
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

struct Texts<'a> {
    traceparent: &'a str,
    tracestate: Option<&'a str>,
}

impl Extractor for Texts<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => Some(self.traceparent),
            "tracestate" => self.tracestate,
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate"]
    }
}

struct HeadersMut<'a>(&'a mut HeaderMap);

impl Injector for HeadersMut<'_> {
    fn set(&mut self, key: &str, value: String) {
        let Ok(name) = HeaderName::try_from(key) else { return };
        match HeaderValue::try_from(value) {
            Ok(value) if !value.is_empty() => {
                self.0.insert(name, value);
            }
            // An empty trace state says nothing.
            _ => {
                self.0.remove(name);
            }
        }
    }
}
