//! What operators look at names metrics that there are.

use std::collections::BTreeSet;

const ALERTS: &str = include_str!("../../../helm/peaka-mcp/files/alerts.yaml");
const DASHBOARD: &str = include_str!("../../../observability/dashboard.json");
const CHART: &str = include_str!("../../../helm/peaka-mcp/values.yaml");
/// Tests of the two crates hold these to the metrics themselves.
const LISTS: [&str; 2] =
    [include_str!("../../../../gateway/README.md"), include_str!("../../../../mcp-backend/README.md")];

fn metrics(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("gateway_") || word.starts_with("backend_")).collect()
}

#[test]
fn alerts_dashboard_and_chart_name_metrics_that_there_are() {
    let known: BTreeSet<&str> = LISTS
        .iter()
        .flat_map(|list| list.lines())
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    for (file, text) in [("alerts.yaml", ALERTS), ("dashboard.json", DASHBOARD), ("values.yaml", CHART)] {
        let named = metrics(text);
        assert!(!named.is_empty(), "{file} names metrics");
        for name in named {
            let parts = ["_bucket", "_count", "_sum"];
            let whole = parts.iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name);
            assert!(known.contains(name) || known.contains(whole), "{file}: there is no {name}");
        }
    }
}

#[test]
fn the_dashboard_is_one() {
    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<i64> = panels.iter().map(|panel| panel["id"].as_i64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert!(!panel["targets"].as_array().unwrap().is_empty(), "{panel}");
    }
}
