//! One trace from the client over gateway, backend and token exchange to Peaka.

mod sink;

use quickstart::{House, Ports, State, Voice, connect};
use serde_json::{Value, json};
use shared::{
    env::Env,
    http_client::{Deadlines, builder},
    telemetry::Telemetry,
};
use sink::{Sink, Span};
use standin::demo::PEOPLE;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
const OTHER_TRACE: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The child of `parent` with this name.
fn child<'a>(spans: &'a [Span], parent: &str, name: &str) -> &'a Span {
    let mut found = spans.iter().filter(|span| span.parent == parent && span.name == name);
    found.next().unwrap_or_else(|| panic!("{parent} has no child {name} among {spans:#?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_one_trace() {
    let sink = Sink::start().await;
    let mut env = Env::of([("OTEL_EXPORTER_OTLP_ENDPOINT", sink.url.as_str()), ("LOG_FILTER", "info")]);
    let telemetry = Telemetry::read(&mut env);
    let guard = env.finish(telemetry).unwrap().start("house").unwrap();

    let state = State::temporary().unwrap();
    let house = House::start(&state, Ports::Free).await.unwrap();
    let connection = connect(&house, &PEOPLE[0], Voice::Silent).await.unwrap();
    let http = builder("test", Deadlines { connect: std::time::Duration::from_secs(5), total: None });
    let http = http.build().unwrap();
    let call = async |meta: Value, traceparent: Option<String>| {
        let params = json!({ "name": "peaka_list_projects", "arguments": {}, "_meta": meta });
        let mut request = http
            .post(house.mcp_url())
            .query(&[("secret", "hunter2")])
            .bearer_auth(connection.access_token())
            .header("accept", "application/json, text/event-stream")
            .json(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }));
        if let Some(traceparent) = traceparent {
            request = request.header("traceparent", traceparent);
        }
        assert_eq!(request.send().await.unwrap().status(), 200);
    };
    call(json!({}), Some(format!("00-{TRACE}-{PARENT}-01"))).await;
    call(json!({ "traceparent": format!("00-{OTHER_TRACE}-{PARENT}-01") }), None).await;
    let token = connection.access_token().to_owned();
    house.stop().await;
    // Dropping it sends what is left.
    tokio::task::spawn_blocking(move || drop(guard)).await.unwrap();

    let all = sink.spans();
    let trace: Vec<Span> = all.iter().filter(|span| span.trace == TRACE).cloned().collect();
    let gateway = child(&trace, PARENT, "request");
    let upstream = child(&trace, &gateway.id, "backend");
    let backend = child(&trace, &upstream.id, "request");
    let tool = child(&trace, &backend.id, "tool");
    let exchange = child(&trace, &tool.id, "token exchange");
    let exchanged = child(&trace, &exchange.id, "request");
    let peaka = child(&trace, &tool.id, "peaka");
    assert_eq!(gateway.attribute("path"), "/mcp", "without its query");
    assert_eq!(exchanged.attribute("path"), "/internal/token");
    assert_eq!(tool.attribute("tool"), "peaka_list_projects");
    assert_eq!(peaka.attribute("status"), "200");
    assert_eq!(backend.attribute("trace_id"), TRACE, "log lines name it");

    let linked = all.iter().find(|span| span.links.iter().any(|trace| trace == OTHER_TRACE));
    assert_eq!(linked.unwrap().name, "tool", "a trace that `_meta` names is pointed to");

    let text = format!("{all:?}");
    for secret in ["hunter2", token.as_str(), "Bearer", "eyJ", "pkm_rt_", "pkm_ac_", "pkm_cs_"] {
        assert!(!text.contains(secret), "{secret}");
    }
}
