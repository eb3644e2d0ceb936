//! A collector that keeps what it is sent (OTLP over gRPC).

use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::any_value::Value,
};
use shared::serve::{Limits, serve};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

/// What a test looks at of a span.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) trace: String,
    pub(super) id: String,
    pub(super) parent: String,
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    /// The traces that it points to.
    pub(super) links: Vec<String>,
    /// What was logged within.
    #[expect(dead_code, reason = "searched for secrets as text")]
    pub(super) events: Vec<String>,
}

impl Span {
    pub(super) fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map_or_else(|| panic!("no {name} in {self:#?}"), |(_, value)| value.as_str())
    }
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Span>>>);

/// It runs until it is dropped.
pub(super) struct Sink {
    pub(super) url: String,
    kept: Kept,
    _running: DropGuard,
}

impl Sink {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (kept, running) = (Kept::default(), CancellationToken::new());
        let service = TraceServiceServer::new(kept.clone());
        let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
        let app = axum::Router::new().route_service(path, service);
        tokio::spawn(serve(listener, app, Limits::default(), running.clone()));
        Self { url, kept, _running: running.drop_guard() }
    }

    pub(super) fn spans(&self) -> Vec<Span> {
        self.kept.0.lock().unwrap().clone()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(value: Option<&opentelemetry_proto::tonic::common::v1::AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

#[tonic::async_trait]
impl TraceService for Kept {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        let scopes = request.into_inner().resource_spans.into_iter().flat_map(|spans| spans.scope_spans);
        let spans = scopes.flat_map(|scope| scope.spans).map(|span| Span {
            trace: hex(&span.trace_id),
            id: hex(&span.span_id),
            parent: hex(&span.parent_span_id),
            name: span.name,
            attributes: span
                .attributes
                .iter()
                .map(|pair| (pair.key.clone(), text(pair.value.as_ref())))
                .collect(),
            links: span.links.iter().map(|link| hex(&link.trace_id)).collect(),
            events: span
                .events
                .iter()
                .map(|event| format!("{} {:?}", event.name, event.attributes))
                .collect(),
        });
        self.0.lock().unwrap().extend(spans);
        Ok(tonic::Response::new(ExportTraceServiceResponse::default()))
    }
}
