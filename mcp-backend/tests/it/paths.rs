//! Whatever an argument holds, it stays one segment of the path that the tool declares.

use serde_json::{Value, json};

use crate::{
    catalogue::{arguments, tools},
    harness::{House, PROJECT},
};

const ATTACKS: [&str; 16] = [
    "..",
    ".",
    "../catalogs/555",
    "..%2fcatalogs",
    "%2e%2e",
    "%2e%2e%2f%2e%2e",
    "1/../../organizations",
    "x?format=SIMPLE",
    "x#y",
    "x;y=z",
    "x\\..\\y",
    "/",
    "//peaka.evil.example",
    "x\r\nX-Injected: 1",
    "x\u{0}",
    "",
];

/// The shape of a path: what it consists of, with identifiers left out.
fn shape(line: &str) -> Vec<String> {
    let known = ["data", "projects", "catalogs", "schemas", "tables", "columns", "queries", "metadata"];
    let path = line.split('?').next().unwrap();
    let part = |part: &str| {
        if known.contains(&part) || part.starts_with("GET") { part.to_owned() } else { "*".into() }
    };
    path.split('/').map(part).collect()
}

#[tokio::test]
async fn no_argument_of_any_tool_leaves_its_segment() {
    let house = House::start().await;
    for tool in tools(&house).await {
        let name = tool["name"].as_str().unwrap();
        let good = arguments(&tool);
        let ids: Vec<_> = good.as_object().unwrap().keys().filter(|name| *name != "query").cloned().collect();
        if ids.is_empty() {
            continue;
        }
        house.call(name, good.clone()).await;
        let declared = house.peaka.lines().pop().unwrap();
        for id in &ids {
            for attack in ATTACKS {
                let before = house.peaka.lines().len();
                let mut arguments = good.clone();
                arguments[id] = json!(attack);
                let body: Value =
                    house.call_as(&House::somebody(), name, arguments).await.json().await.unwrap();
                let sent = house.peaka.lines().split_off(before);
                for line in &sent {
                    assert_eq!(shape(line), shape(&declared), "{name} with {id}={attack:?} asked {line}");
                    assert!(line.split('/').all(|part| !matches!(part, "." | "..")), "{line}");
                }
                if sent.is_empty() {
                    assert_eq!(body["result"]["isError"], true, "{name} with {id}={attack:?}: {body}");
                }
            }
        }
    }
}

#[tokio::test]
async fn names_with_odd_characters_work() {
    let house = House::start().await;
    house.peaka.has(
        &format!("GET /data/projects/{PROJECT}/catalogs/1/schemas/Sales%20%26%20Co%2FEU/tables"),
        json!([{ "tableName": "Größe", "isCached": false }]),
    );
    let arguments = json!({ "projectId": PROJECT, "catalogId": "1", "schemaName": "Sales & Co/EU" });
    let result = house.call("peaka_list_tables", arguments).await;
    assert_eq!(
        result["structuredContent"],
        json!({ "tables": [{ "tableName": "Größe", "isCached": false }] })
    );
}
