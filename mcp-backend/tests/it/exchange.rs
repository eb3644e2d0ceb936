//! From identity to Peaka token: once per request, never kept.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared::assertion::{HEADER, Identity, SIGN_IN_AGAIN_HEADER};

use crate::harness::{House, Mood, call};

fn wide_tree(house: &House) {
    let ids = |prefix: &str, n: usize| -> Value {
        (0..n).map(|i| json!({ "id": format!("{prefix}{i}"), "name": format!("{prefix} {i}") })).collect()
    };
    house.peaka.has("GET /organizations", ids("o", 5));
    for o in 0..5 {
        house.peaka.has(&format!("GET /organizations/o{o}/workspaces"), ids(&format!("o{o}w"), 4));
        for w in 0..4 {
            let line = format!("GET /organizations/o{o}/workspaces/o{o}w{w}/projects");
            house.peaka.has(&line, ids(&format!("o{o}w{w}p"), 3));
        }
    }
}

#[tokio::test]
async fn a_request_exchanges_once_however_many_calls_it_makes() {
    let house = House::start().await;
    wide_tree(&house);
    let assertion = house.assertion(&House::somebody());
    let request = house.post().header(HEADER, &assertion).json(&call("peaka_list_projects", json!({})));
    let body: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(body["result"]["structuredContent"]["projects"].as_array().unwrap().len(), 60);
    assert_eq!(house.peaka.asked().len(), 27);
    let exchanges = house.gateway.exchanges();
    assert_eq!(exchanges.len(), 1);
    assert_eq!(exchanges[0]["grant_type"], "urn:ietf:params:oauth:grant-type:token-exchange");
    assert_eq!(exchanges[0]["subject_token_type"], "urn:ietf:params:oauth:token-type:jwt");
    assert_eq!(exchanges[0]["subject_token"], assertion);
    assert!(!exchanges[0].contains_key("rejected_token_sha256"));
}

#[tokio::test]
async fn nothing_is_kept_for_the_next_request() {
    let house = House::start().await;
    house.peaka.has("GET /organizations", json!([]));
    let assertion = house.assertion(&House::somebody());
    for _ in 0..2 {
        let request = house.post().header(HEADER, &assertion).json(&call("peaka_list_projects", json!({})));
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    let tokens: Vec<_> = house.peaka.asked().into_iter().map(|asked| asked.token).collect();
    assert_eq!(tokens, ["peaka-token-1", "peaka-token-1", "peaka-token-2", "peaka-token-2"]);
}

#[tokio::test]
async fn what_needs_no_peaka_exchanges_nothing() {
    let house = House::start().await;
    assert_eq!(house.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })).await.status(), 200);
    assert!(house.gateway.exchanges().is_empty());
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_and_the_gateway_is_told_which() {
    let house = House::start().await;
    wide_tree(&house);
    house.peaka.refuses("peaka-token-1");
    let result = house.call("peaka_list_projects", json!({})).await;
    assert_eq!(result["structuredContent"]["projects"].as_array().unwrap().len(), 60);
    let exchanges = house.gateway.exchanges();
    assert_eq!(exchanges.len(), 2);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"peaka-token-1");
    assert_eq!(exchanges[1]["rejected_token_sha256"], BASE64_URL_SAFE_NO_PAD.encode(digest));
}

async fn must_sign_in_again(house: &House) {
    let response = house.call_as(&House::somebody(), "peaka_list_projects", json!({})).await;
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()[SIGN_IN_AGAIN_HEADER], "1");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["id"], 7);
    assert!(body["error"]["message"].as_str().unwrap().contains("connect to Peaka again"));
}

#[tokio::test]
async fn two_refusals_mean_sign_in_again() {
    let house = House::start().await;
    house.peaka.refuses_all();
    must_sign_in_again(&house).await;
    assert_eq!(house.gateway.exchanges().len(), 2);
    // Listing projects starts with two calls side by side; each is tried with both tokens.
    assert_eq!(house.peaka.asked().len(), 4);
}

#[tokio::test]
async fn a_session_that_is_over_means_sign_in_again() {
    let house = House::start().await;
    house.gateway.exchange_is(Mood::InvalidGrant);
    must_sign_in_again(&house).await;
    assert!(house.peaka.asked().is_empty());
}

#[tokio::test]
async fn an_outage_of_the_exchange_is_503_and_says_when_to_come_back() {
    let house = House::start().await;
    house.gateway.exchange_is(Mood::Outage);
    let response = house.call_as(&House::somebody(), "peaka_list_projects", json!({})).await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "17");
    assert!(!response.headers().contains_key(SIGN_IN_AGAIN_HEADER));
    assert_eq!(response.json::<Value>().await.unwrap()["id"], 7);
}

#[tokio::test]
async fn an_exchange_that_breaks_off_is_asked_once_more() {
    let house = House::start().await;
    wide_tree(&house);
    house.gateway.exchange_is(Mood::HangsUpOnce);
    let result = house.call("peaka_list_projects", json!({})).await;
    assert_eq!(result["structuredContent"]["projects"].as_array().unwrap().len(), 60);
    assert_eq!(house.gateway.exchanges().len(), 2);

    house.gateway.exchange_is(Mood::HangsUp);
    let response = house.call_as(&House::somebody(), "peaka_list_projects", json!({})).await;
    assert_eq!(response.status(), 503, "not for ever");
    assert_eq!(house.gateway.exchanges().len(), 4);
}

#[tokio::test]
async fn the_second_try_needs_no_connection_that_was_kept() {
    let house = House::start().await;
    wide_tree(&house);
    let side_by_side = (0..8).map(|_| house.call("peaka_list_projects", json!({})));
    futures_util::future::join_all(side_by_side).await;
    assert!(house.gateway.exchange_connections() > 2, "otherwise nothing is tested");
    house.gateway.exchange_is(Mood::HangsUpOnKept);
    let result = house.call("peaka_list_projects", json!({})).await;
    assert_eq!(result["structuredContent"]["projects"].as_array().unwrap().len(), 60);
}

#[tokio::test]
async fn a_session_that_is_over_is_told_in_http_even_to_who_asked_for_progress() {
    let house = House::start().await;
    house.gateway.exchange_is(Mood::InvalidGrant);
    let mut message = call("peaka_execute_sql_query", json!({ "projectId": "p", "query": "SELECT 1" }));
    message["params"]["_meta"] = json!({ "progressToken": "t" });
    assert_eq!(house.send(&message).await.status(), 401);
}

#[tokio::test]
async fn once_the_answer_streams_a_dead_credential_is_a_tool_error() {
    let house = House::start().await;
    house.peaka.refuses_all();
    let mut message = call("peaka_execute_sql_query", json!({ "projectId": "p", "query": "SELECT 1" }));
    message["params"]["_meta"] = json!({ "progressToken": "t" });
    let response = house.send(&message).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let text = response.text().await.unwrap();
    assert!(text.contains(r#""isError":true"#) && text.contains("connect to Peaka again"), "{text}");
}

#[tokio::test]
async fn under_mixed_load_every_call_runs_with_its_own_persons_token() {
    let house = House::start().await;
    let people: Vec<_> = (0..5)
        .map(|n| {
            let identity =
                Identity { subject: format!("user-{n}"), session_id: format!("s{n}"), ..House::somebody() };
            (format!("project{n}"), house.assertion(&identity))
        })
        .collect();
    let calls = (0..100).map(|n| {
        let (project, assertion) = &people[n % people.len()];
        let message = call("peaka_list_catalogs", json!({ "projectId": project }));
        house.post().header(HEADER, assertion).json(&message).send()
    });
    for response in futures_util::future::join_all(calls).await {
        assert_eq!(response.unwrap().status(), 200);
    }
    let exchanges = house.gateway.exchanges();
    let asked = house.peaka.asked();
    assert_eq!((exchanges.len(), asked.len()), (100, 100));
    for asked in asked {
        let nth: usize = asked.token.strip_prefix("peaka-token-").unwrap().parse().unwrap();
        let (_, project) = asked.line.split_once("/projects/").unwrap();
        let project = project.trim_end_matches("/catalogs");
        let (_, assertion) = people.iter().find(|(theirs, _)| theirs == project).unwrap();
        assert_eq!(
            &exchanges[nth - 1]["subject_token"],
            assertion,
            "{project} was read with another's token"
        );
    }
}
