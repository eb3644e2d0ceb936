//! Where a session may do it.

use serde_json::{Value, json};
use shared::assertion::{Identity, Projects};

use crate::harness::{House, PROJECT};

fn tree(house: &House) {
    house
        .peaka
        .has("GET /organizations", json!([{ "id": "o1", "name": "Acme" }, { "id": "o2", "name": "Globex" }]));
    house.peaka.has("GET /organizations/o1/workspaces", json!([{ "id": "w1", "name": "Sales" }]));
    house.peaka.has(
        "GET /organizations/o1/workspaces/w1/projects",
        json!([{ "id": PROJECT, "name": "Orders" }, { "id": "bbbbbbbb", "name": "Invoices" }]),
    );
    house.peaka.has("GET /organizations/o2/workspaces", json!([{ "id": "w2", "name": "Research" }]));
    house
        .peaka
        .has("GET /organizations/o2/workspaces/w2/projects", json!([{ "id": "cccccccc", "name": "Lab" }]));
}

fn ids(result: &Value) -> Vec<&str> {
    let projects = result["structuredContent"]["projects"].as_array().unwrap();
    projects.iter().map(|project| project["projectId"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn all_projects_are_listed_with_where_they_live() {
    let house = House::start().await;
    tree(&house);
    let result = house.call("peaka_list_projects", json!({})).await;
    assert_eq!(ids(&result), [PROJECT, "bbbbbbbb", "cccccccc"]);
    assert_eq!(
        result["structuredContent"]["projects"][0],
        json!({
            "organizationId": "o1",
            "organizationName": "Acme",
            "workspaceId": "w1",
            "workspaceName": "Sales",
            "projectId": PROJECT,
            "projectName": "Orders",
        })
    );
    // The text is the same, compact.
    assert_eq!(result["content"][0]["text"], result["structuredContent"].to_string());
}

#[tokio::test]
async fn search_looks_at_the_three_names_in_any_case() {
    let house = House::start().await;
    tree(&house);
    for (search, expected) in [
        ("ORDER", vec![PROJECT]),
        ("sales", vec![PROJECT, "bbbbbbbb"]),
        (" globex ", vec!["cccccccc"]),
        ("nothing", vec![]),
        ("", vec![PROJECT, "bbbbbbbb", "cccccccc"]),
    ] {
        let result = house.call("peaka_list_projects", json!({ "search": search })).await;
        assert_eq!(ids(&result), expected, "{search:?}");
    }
}

#[tokio::test]
async fn a_branch_that_fails_is_told_and_the_rest_is_listed() {
    let house = House::start().await;
    tree(&house);
    house.peaka.says("GET /organizations/o2/workspaces", 500, "<html>");
    let result = house.call("peaka_list_projects", json!({})).await;
    assert_eq!(ids(&result), [PROJECT, "bbbbbbbb"]);
    insta::assert_json_snapshot!(result["structuredContent"]["problems"], @r#"
    [
      "organization Globex: Peaka failed to answer (HTTP 500). It is likely to pass; try again later."
    ]
    "#);
}

#[tokio::test]
async fn a_project_key_has_its_one_project() {
    let house = House::start().await;
    house.peaka.has("GET /info", json!({ "userId": "u", "projectId": PROJECT, "projectName": "Orders" }));
    let result = house.call("peaka_list_projects", json!({})).await;
    assert_eq!(ids(&result), [PROJECT]);
    let mut lines = house.peaka.lines();
    lines.sort();
    assert_eq!(lines, ["GET /info", "GET /organizations"], "the second was refused, and that is no problem");
    assert!(result["structuredContent"].get("problems").is_none());
    for (search, expected) in [("orders", 1), ("sales", 0)] {
        let result = house.call("peaka_list_projects", json!({ "search": search })).await;
        assert_eq!(ids(&result).len(), expected, "search works for a project key too");
    }
}

#[tokio::test]
async fn ids_of_peakas_are_checked_too() {
    let house = House::start().await;
    tree(&house);
    house.peaka.has(
        "GET /organizations",
        json!([{ "id": "o1/../..", "name": "Odd" }, { "id": "o2", "name": "Globex" }]),
    );
    let result = house.call("peaka_list_projects", json!({})).await;
    assert_eq!(ids(&result), ["cccccccc"]);
    assert_eq!(result["structuredContent"]["problems"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn consent_narrows_the_list_and_every_tool() {
    let house = House::start().await;
    tree(&house);
    let narrowed = Identity { projects: Projects::Only([PROJECT.to_owned()].into()), ..House::somebody() };
    let listed: Value =
        house.call_as(&narrowed, "peaka_list_projects", json!({})).await.json().await.unwrap();
    assert_eq!(ids(&listed["result"]), [PROJECT]);

    let asked_before = house.peaka.asked().len();
    for tool in crate::catalogue::tools(&house).await {
        if tool["inputSchema"]["properties"].get("projectId").is_none() {
            continue;
        }
        let name = tool["name"].as_str().unwrap();
        for project in ["bbbbbbbb", "MTKDHE1U", "mtKDhe1U ", "../mtKDhe1U"] {
            let mut arguments = crate::catalogue::arguments(&tool);
            arguments["projectId"] = json!(project);
            let body: Value = house.call_as(&narrowed, name, arguments).await.json().await.unwrap();
            let text = body["result"]["content"][0]["text"].as_str().unwrap();
            assert!(text.contains("outside of what the person allowed"), "{name} with {project}: {text}");
        }
    }
    assert_eq!(house.peaka.asked().len(), asked_before, "a project that was not allowed was asked for");
}
