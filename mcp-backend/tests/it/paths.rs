//! Whatever an argument holds, it stays one segment of the path that the tool declares.

use serde_json::{Value, json};

use crate::{
    catalogue::{every_argument, tools},
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

/// What the tools' paths consist of, but for identifiers.
const LITERALS: [&str; 25] = [
    "batch",
    "cache",
    "catalogs",
    "columns",
    "connections",
    "data",
    "detail",
    "execute",
    "fullRefreshUpdate",
    "golden-sql",
    "incrementalUpdate",
    "materialized-queries",
    "metadata",
    "projects",
    "queries",
    "query",
    "refresh",
    "relations",
    "schemas",
    "semantic-catalogs",
    "statistics",
    "status",
    "table",
    "tables",
    "organizations",
];

/// The shape of a call: its method and path with identifiers left out.
fn shape(line: &str) -> Vec<String> {
    let path = line.split('?').next().unwrap();
    let part = |part: &str| {
        // The first part is the method.
        if LITERALS.contains(&part) || part.ends_with(' ') { part.to_owned() } else { "*".into() }
    };
    path.split('/').map(part).collect()
}

#[tokio::test]
async fn no_argument_of_any_tool_leaves_its_segment() {
    let house = House::start().await;
    for tool in tools(&house).await {
        let name = tool["name"].as_str().unwrap();
        let good = every_argument(&tool);
        if good.get("projectId").is_none() {
            continue;
        }
        house.call(name, good.clone()).await;
        let declared = house.peaka.lines().pop().unwrap();
        assert_eq!(declared.matches('/').count() + 1, shape(&declared).len());
        let texts = good.as_object().unwrap().iter().filter(|(_, value)| value.is_string());
        for (argument, _) in texts {
            for attack in ATTACKS {
                let before = house.peaka.lines().len();
                let mut arguments = good.clone();
                arguments[argument] = json!(attack);
                let body: Value =
                    house.call_as(&House::somebody(), name, arguments).await.json().await.unwrap();
                let sent = house.peaka.lines().split_off(before);
                for line in &sent {
                    assert_eq!(
                        shape(line),
                        shape(&declared),
                        "{name} with {argument}={attack:?} asked {line}"
                    );
                    assert!(line.split('/').all(|part| !matches!(part, "." | "..")), "{line}");
                }
                if sent.is_empty() {
                    assert_eq!(body["result"]["isError"], true, "{name} with {argument}={attack:?}: {body}");
                }
                // An id is refused here; names are free text, and go out encoded.
                assert!(sent.is_empty() || !argument.ends_with("Id"), "{name} took {argument}={attack:?}");
            }
        }
    }
}

#[tokio::test]
async fn ids_inside_of_a_batch_are_checked_too() {
    let house = House::start().await;
    for attack in ATTACKS {
        let items = json!([{ "catalogId": attack, "schemaName": "s", "tableName": "t" }]);
        house.fails("peaka_create_cache_batch", json!({ "projectId": PROJECT, "items": items })).await;
    }
    assert!(house.peaka.asked().is_empty());
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
