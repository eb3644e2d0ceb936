//! Every metric of this service. None is told apart by anything that a request can bring along: tools by the catalogue,
//! everything else by lists in this file.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::StatusCode;
use shared::{
    label, metric,
    telemetry::metrics::{CounterCell, HistogramCell, Metric, Named, Outcome, answer},
};

label! {
    /// A route of `router.rs`.
    pub(crate) enum Route = "route" {
        Mcp = "/mcp",
        Metrics = "/metrics",
        Live = "/healthz",
        Ready = "/readyz",
        Other = "other",
    }
}

label! {
    /// How a tool call ended: `tool_error` is what the model reads, `protocol_error` what the client reads.
    pub(crate) enum ToolOutcome = "outcome" {
        Ok = "ok",
        ToolError = "tool_error",
        ProtocolError = "protocol_error",
    }
}

label! {
    /// What Peaka answered.
    pub(crate) enum PeakaAnswer = "outcome" {
        Ok = "ok",
        Unauthorized = "unauthorized",
        TooMany = "too_many",
        Refused = "refused",
        Failed = "failed",
        Timeout = "timeout",
        Unreachable = "unreachable",
    }
}

label! {
    /// What the gateway gave for an identity.
    pub(crate) enum Exchanged = "outcome" {
        Granted = "granted",
        SignInAgain = "sign_in_again",
        Outage = "outage",
    }
}

metric!(pub(crate) REQUESTS: Counter<(Route, Outcome)> = "backend_requests", "answered requests");
metric!(pub(crate) REQUEST_SECONDS: Histogram<Route> = "backend_request_seconds", "from a request's header to its answer's header");
metric!(pub(crate) PEAKA_SECONDS: Histogram<PeakaAnswer> = "backend_peaka_seconds", "from a request to the Partner API to its answer's header");
metric!(pub(crate) EXCHANGE_SECONDS: Histogram<Exchanged> = "backend_exchange_seconds", "exchanges of an identity for a Peaka token");
metric!(pub(crate) IN_FLIGHT: Gauge<()> = "backend_requests_in_flight", "requests whose answer has not begun");
/// Tool calls.
pub(crate) static TOOL_CALLS: Named<CounterCell, ToolOutcome> =
    Named::new("backend_tool_calls", "tool", "tool calls");
/// Tool calls, by their length.
pub(crate) static TOOL_SECONDS: Named<HistogramCell, ()> =
    Named::new("backend_tool_seconds", "tool", "how long tool calls take");

/// All of them, in the order of the documentation.
pub(crate) static ALL: &[&dyn Metric] =
    &[&REQUESTS, &REQUEST_SECONDS, &IN_FLIGHT, &TOOL_CALLS, &TOOL_SECONDS, &PEAKA_SECONDS, &EXCHANGE_SECONDS];

/// Tools are told apart by these names from now on.
pub(crate) fn list_tools<'a>(names: impl Iterator<Item = &'a str> + Clone) {
    TOOL_CALLS.list(names.clone());
    TOOL_SECONDS.list(names);
}

/// Counts every request that passes.
pub(crate) async fn count_requests(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let route = match path {
        "/mcp" => Route::Mcp,
        "/metrics" => Route::Metrics,
        "/healthz" => Route::Live,
        "/readyz" => Route::Ready,
        _ => Route::Other,
    };
    let (began, _in_flight) = (Instant::now(), IN_FLIGHT.hold(()));
    let response = next.run(request).await;
    REQUESTS.count((route, response.status().into()));
    REQUEST_SECONDS.observe(route, began.elapsed());
    response
}

/// Counts what the Partner API answered to one request.
pub(crate) fn peaka_answered(answer: Result<StatusCode, bool>, began: Instant) {
    let outcome = match answer.map(|status| status.as_u16()) {
        Ok(401) => PeakaAnswer::Unauthorized,
        Ok(429) => PeakaAnswer::TooMany,
        Ok(400..=499) => PeakaAnswer::Refused,
        Ok(500..) => PeakaAnswer::Failed,
        Ok(_) => PeakaAnswer::Ok,
        Err(true) => PeakaAnswer::Timeout,
        Err(false) => PeakaAnswer::Unreachable,
    };
    PEAKA_SECONDS.observe(outcome, began.elapsed());
}

/// `GET /metrics`.
pub(crate) async fn scrape() -> Response {
    answer(ALL)
}

#[cfg(test)]
mod tests {
    use shared::telemetry::metrics::table;

    use super::*;

    #[test]
    fn the_documentation_lists_every_metric() {
        let table = table(ALL);
        assert!(include_str!("../README.md").contains(&table), "mcp-backend/README.md should have:\n{table}");
    }
}
