//! What a Prometheus is told. The gateway forwards `/mcp` only, so nobody outside gets here.

use std::collections::BTreeMap;

use serde_json::json;

use crate::harness::{House, Mood};

impl House {
    /// Every series and its value.
    async fn metrics(&self) -> BTreeMap<String, f64> {
        let answer = self.http.get(format!("{}/metrics", self.url)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let text = answer.text().await.unwrap();
        assert!(text.ends_with("# EOF\n"), "{text}");
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        samples
            .map(|line| {
                let (series, value) = line.rsplit_once(' ').unwrap();
                (series.to_owned(), value.parse().unwrap())
            })
            .collect()
    }
}

#[tokio::test]
async fn calls_are_counted() {
    let house = House::start().await;
    house.peaka.has("GET /organizations", json!([]));
    house.call("peaka_list_projects", json!({})).await;
    house.call_as(&House::somebody(), "peaka_no_such_tool", json!({})).await;
    house.gateway.exchange_is(Mood::Outage);
    house.call_as(&House::somebody(), "peaka_list_projects", json!({})).await;
    house.post().send().await.unwrap();

    let metrics = house.metrics().await;
    let of = |series: &str| {
        *metrics.get(series).unwrap_or_else(|| panic!("there is no {series} in {:#?}", metrics.keys()))
    };
    assert_eq!(of(r#"backend_tool_calls_total{tool="peaka_list_projects",outcome="ok"}"#), 1.0);
    assert_eq!(of(r#"backend_tool_calls_total{tool="peaka_list_projects",outcome="tool_error"}"#), 1.0);
    assert_eq!(of(r#"backend_tool_seconds_count{tool="peaka_list_projects"}"#), 2.0);
    assert_eq!(of(r#"backend_tool_calls_total{tool="peaka_execute_sql_query",outcome="ok"}"#), 0.0);
    assert_eq!(of(r#"backend_tool_calls_total{tool="unknown",outcome="protocol_error"}"#), 1.0);
    assert_eq!(of(r#"backend_peaka_seconds_count{outcome="ok"}"#), 2.0);
    assert_eq!(of(r#"backend_exchange_seconds_count{outcome="granted"}"#), 1.0);
    assert_eq!(of(r#"backend_exchange_seconds_count{outcome="outage"}"#), 1.0);
    assert_eq!(of(r#"backend_requests_total{route="/mcp",outcome="unauthorized"}"#), 1.0);
    assert_eq!(of(r#"backend_requests_total{route="/mcp",outcome="unavailable"}"#), 1.0);
}

#[tokio::test]
async fn no_stranger_makes_a_series() {
    let house = House::start().await;
    let before: Vec<String> = house.metrics().await.into_keys().collect();
    for n in 0..340 {
        house.call_as(&House::somebody(), &format!("stranger_{n}"), json!({})).await;
        house.http.get(format!("{}/stranger/{n}", house.url)).send().await.unwrap();
        let method = format!("ODD{n}").parse().unwrap();
        house.http.request(method, format!("{}/mcp", house.url)).send().await.unwrap();
    }
    assert_eq!(house.metrics().await.into_keys().collect::<Vec<_>>(), before);
}
