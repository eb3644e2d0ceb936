//! Resources and prompts.

use serde_json::{Value, json};

use crate::harness::House;

async fn ask(house: &House, method: &str, params: Value) -> Value {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    house.send(&message).await.json().await.unwrap()
}

#[tokio::test]
async fn the_lists() {
    let house = House::start().await;
    let resources = ask(&house, "resources/list", json!({})).await;
    let prompts = ask(&house, "prompts/list", json!({})).await;
    insta::with_settings!({ sort_maps => true }, {
        insta::assert_json_snapshot!(json!([resources["result"], prompts["result"]]));
    });
    let templates = ask(&house, "resources/templates/list", json!({})).await;
    assert_eq!(templates["result"]["resourceTemplates"], json!([]));
}

#[tokio::test]
async fn both_resources_can_be_read_and_no_other() {
    let house = House::start().await;
    for (uri, holds) in [
        ("file:///peaka_sql_query_rule_set.txt", "OFFSET comes before LIMIT"),
        ("file:///peaka_artifact_template.txt", "maintainAspectRatio: false"),
    ] {
        let contents =
            ask(&house, "resources/read", json!({ "uri": uri })).await["result"]["contents"].clone();
        assert_eq!((&contents[0]["uri"], &contents[0]["mimeType"]), (&json!(uri), &json!("text/plain")));
        assert!(contents[0]["text"].as_str().unwrap().contains(holds));
    }
    for uri in ["file:///etc/passwd", "file:///peaka_artifact_template.txt/../x", ""] {
        let answer = ask(&house, "resources/read", json!({ "uri": uri })).await;
        assert_eq!(
            (&answer["error"]["code"], &answer["error"]["data"]["uri"]),
            (&json!(-32002), &json!(uri))
        );
    }
}

#[tokio::test]
async fn a_prompt_holds_what_it_is_about_and_the_text_it_needs() {
    let house = House::start().await;
    for (name, argument, holds) in [
        ("write_a_query", "question", "RULES FOR SQL"),
        ("build_a_report", "topic", "TEMPLATE FOR AN HTML REPORT"),
    ] {
        let params =
            json!({ "name": name, "arguments": { argument: "sales per month", "projectId": "mtKDhe1U" } });
        let answer = ask(&house, "prompts/get", params).await;
        let text = answer["result"]["messages"][0]["content"]["text"].as_str().unwrap().to_owned();
        assert!(
            text.contains("sales per month") && text.contains("project mtKDhe1U") && text.contains(holds)
        );

        let params = json!({ "name": name, "arguments": { argument: "sales" } });
        let answer = ask(&house, "prompts/get", params).await;
        let text = answer["result"]["messages"][0]["content"]["text"].as_str().unwrap().to_owned();
        assert!(text.contains("peaka_list_projects"));

        let answer = ask(&house, "prompts/get", json!({ "name": name, "arguments": {} })).await;
        assert_eq!(answer["error"]["code"], -32602);
        assert!(answer["error"]["message"].as_str().unwrap().contains(argument));
    }
    assert_eq!(ask(&house, "prompts/get", json!({ "name": "x" })).await["error"]["code"], -32602);
}
