//! Every tool: what it asks of Peaka, what it makes of the answer in each of its forms, and how it fails.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::{
    assertion::{Identity, REQUIRED_SCOPE_HEADER},
    scope::{Scope, Scopes},
};

use crate::{
    cases,
    catalogue::{arguments, tools},
    conforms::conforms,
    harness::{House, PROJECT},
};

#[tokio::test]
async fn there_is_a_case_for_every_tool() {
    let house = House::start().await;
    let listed: BTreeSet<_> =
        tools(&house).await.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect();
    let mut cases: BTreeSet<_> = cases::all().iter().map(|case| case.tool.to_owned()).collect();
    // It has a file of its own.
    cases.insert("peaka_list_projects".to_owned());
    assert_eq!(listed, cases);
    assert_eq!(listed.len(), 32);
}

#[tokio::test]
async fn every_form_of_an_answer_becomes_the_same_result() {
    let house = House::start().await;
    let declared = tools(&house).await;
    for case in cases::all() {
        for answer in &case.answers {
            house.peaka.says(&case.line, 200, answer);
            let before = house.peaka.asked().len();
            let result = house.call(case.tool, case.arguments()).await;
            assert_eq!(result["structuredContent"], case.told, "{} of {answer}: {result}", case.tool);
            let tool = declared.iter().find(|tool| tool["name"] == case.tool).unwrap();
            conforms(&result["structuredContent"], &tool["outputSchema"]);
            let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
            assert_eq!(text, case.told, "the text says something else");
            let asked = house.peaka.asked().split_off(before);
            assert_eq!(asked.len(), 1, "{}: one call to Peaka", case.tool);
            assert_eq!((&asked[0].line, &asked[0].body), (&case.line, &case.sent), "{}", case.tool);
        }
    }
}

#[tokio::test]
async fn every_tool_tells_every_form_of_an_error() {
    let house = House::start().await;
    let forms = [
        (
            400,
            r#"{"errorCode":100,"message":"There is no such thing"}"#,
            "There is no such thing",
            json!(100),
        ),
        (
            400,
            r#"{"error":"WRONG_ID","message":"invalid id","errorCode":"cn004"}"#,
            "invalid id",
            json!("cn004"),
        ),
        (400, r#"{"error":"WrongRequestException","message":"no","errorCode":null}"#, "no", Value::Null),
        (
            404,
            r#"{"timestamp":1,"path":"/x","status":404,"error":"Not Found"}"#,
            "knows nothing under",
            Value::Null,
        ),
        (403, "", "does not allow this person", Value::Null),
        (429, "", "asks for fewer calls", Value::Null),
        (500, "<html>", "failed to answer (HTTP 500)", Value::Null),
    ];
    for case in cases::all() {
        for (status, body, sentence, code) in &forms {
            house.peaka.says(&case.line, *status, body);
            let told: Value = serde_json::from_str(&house.fails(case.tool, case.arguments()).await).unwrap();
            let message = told["message"].as_str().unwrap();
            assert!(message.contains(sentence), "{} of {status}: {message}", case.tool);
            assert_eq!(told["errorCode"], *code, "{} of {status}", case.tool);
        }
    }
}

#[tokio::test]
async fn a_success_that_is_not_understood_is_no_success() {
    let house = House::start().await;
    for case in cases::all() {
        // Those that may be answered with nothing may be answered with anything.
        if case.answers.iter().any(String::is_empty) || case.told.get("ok").is_some() {
            continue;
        }
        for body in ["", "<html>", "7", r#"{"unexpected":true}"#] {
            house.peaka.says(&case.line, 200, body);
            let result = house.call(case.tool, case.arguments()).await;
            let empty = result["structuredContent"].as_object().is_some_and(|content| {
                content.values().any(|value| value.as_array().is_some_and(Vec::is_empty))
            });
            // An object whose list is missing is an empty list; anything else is an error.
            let lenient = body.starts_with('{') && (empty || case.tool == "peaka_get_connection_detail");
            assert!(result["isError"] == json!(true) || lenient, "{} of {body}: {result}", case.tool);
        }
    }
}

#[tokio::test]
async fn every_tool_needs_its_scope() {
    let house = House::start().await;
    for tool in tools(&house).await {
        let name = tool["name"].as_str().unwrap();
        let needed: Scope = tool["_meta"]["peaka/scope"].as_str().unwrap().parse().unwrap();
        for held in [None, Some(Scope::Read), Some(Scope::Query), Some(Scope::Write)] {
            let scopes = held.map_or(Scopes::NONE, Scopes::from);
            let identity = Identity { scopes, ..House::somebody() };
            let response = house.call_as(&identity, name, arguments(&tool)).await;
            if held >= Some(needed) {
                assert_eq!(response.status(), 200, "{name} with {held:?}");
            } else {
                assert_eq!(response.status(), 403, "{name} with {held:?}");
                assert_eq!(response.headers()[REQUIRED_SCOPE_HEADER], needed.as_str());
            }
        }
    }
}

#[tokio::test]
async fn what_changes_something_needs_the_scope_to_write_and_says_so() {
    let house = House::start().await;
    for tool in tools(&house).await {
        let name = tool["name"].as_str().unwrap();
        let writes = ["_create_", "_update_", "_delete_", "_refresh_"].iter().any(|verb| name.contains(verb))
            && !name.contains("_get_");
        assert_eq!(tool["_meta"]["peaka/scope"] == "peaka:write", writes, "{name}");
        assert_eq!(tool["annotations"]["readOnlyHint"], !writes, "{name}");
        if name.contains("_delete_") {
            assert_eq!(tool["annotations"]["destructiveHint"], true, "{name}");
            assert_eq!(tool["annotations"]["idempotentHint"], true, "{name}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_before_peaka_is_asked() {
    let house = House::start().await;
    let query = crate::catalogue::QUERY;
    let cache = crate::catalogue::CACHE;
    for (tool, mut arguments, told) in [
        ("peaka_update_query", json!({ "queryId": query }), "at least one"),
        (
            "peaka_update_query",
            json!({ "queryId": query, "displayName": " ", "inputQuery": "" }),
            "at least one",
        ),
        ("peaka_update_query", json!({ "queryId": query, "queryType": "PLAIN" }), "unknown field"),
        ("peaka_get_query", json!({ "queryId": 650_111_222_333_444_555_u64 }), "expected a string"),
        ("peaka_create_query", json!({ "displayName": "", "inputQuery": "SELECT 1" }), "must not be empty"),
        (
            "peaka_create_query",
            json!({ "displayName": "a", "inputQuery": "SELECT 1", "queryType": "VIEW" }),
            "VIEW",
        ),
        (
            "peaka_create_query",
            json!({ "displayName": "a", "inputQuery": "x", "schedule": { "type": "interval", "repeatDuration": "6h" } }),
            "ISO 8601",
        ),
        (
            "peaka_create_query",
            json!({ "displayName": "a", "inputQuery": "x", "schedule": { "type": "cron", "cronExpression": "* * * *" } }),
            "five fields",
        ),
        (
            "peaka_create_query",
            json!({ "displayName": "a", "inputQuery": "x", "schedule": { "type": "none", "timezone": "UTC" } }),
            "unknown field",
        ),
        ("peaka_update_cache", json!({ "cacheId": cache }), "at least one"),
        ("peaka_update_cache", json!({ "cacheId": cache, "fullRefreshSchedule": "daily" }), "ISO 8601"),
        ("peaka_create_cache_batch", json!({ "items": [] }), "at least one"),
        ("peaka_execute_sql_query", json!({ "query": "DROP TABLE x" }), "Only statements that read"),
        ("peaka_query_golden_sqls", json!({ "query": " " }), "must hold the question"),
    ] {
        arguments["projectId"] = json!(PROJECT);
        let message = house.fails(tool, arguments.clone()).await;
        assert!(message.contains(told), "{tool} with {arguments}: {message}");
    }
    assert!(house.peaka.asked().is_empty());
}

#[tokio::test]
async fn a_schedule_goes_to_peaka_as_it_came() {
    let house = House::start().await;
    for schedule in [
        json!({ "type": "interval", "repeatDuration": "P1D" }),
        json!({ "type": "cron", "cronExpression": "0 6 * * 1-5", "timezone": "Europe/Istanbul" }),
        json!({ "type": "none" }),
    ] {
        let arguments = json!({ "projectId": PROJECT, "displayName": "Top", "inputQuery": "SELECT 1",
            "queryType": "MATERIALIZED", "schedule": schedule });
        house.fails("peaka_create_query", arguments).await;
        assert_eq!(house.peaka.asked().pop().unwrap().body["schedule"], schedule);
    }
    let cron = json!({ "type": "cron", "cronExpression": "0 6 * * *" });
    let arguments = json!({ "projectId": PROJECT, "queryId": crate::catalogue::QUERY, "schedule": cron });
    house.fails("peaka_update_query", arguments).await;
    assert_eq!(house.peaka.asked().pop().unwrap().body["schedule"]["timezone"], "UTC");
}
