//! The description that is served is the one of the routes there are: every route is in it, and it has no other.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::{Reply, World};

/// Methods and paths as `router.rs` lists them, of the public listener and of the internal one.
fn routes() -> [BTreeSet<String>; 2] {
    // Without its own tests, which make routes up.
    let (source, _) = include_str!("../../src/router.rs").split_once("#[cfg(test)]").unwrap();
    let (public, internal) = source.split_once("pub fn internal").unwrap();
    [public, internal].map(|source| {
        let mut found = BTreeSet::new();
        // The one that stands before the router.
        if let Some((_, constant)) = source.split_once("const MCP: &str = \"") {
            found.insert(format!("post {}", constant.split('"').next().unwrap()));
        }
        for route in source.split(".route(").skip(1) {
            let mut quoted = route.split('"');
            let path = quoted.nth(1).unwrap();
            let handlers = quoted.next().unwrap().split(".layer(").next().unwrap();
            for (call, method) in
                [("get(", "get"), ("post(", "post"), ("put(", "put"), ("delete(", "delete"), ("any(", "post")]
            {
                if handlers.contains(call) {
                    found.insert(format!("{method} {path}"));
                }
            }
        }
        found
    })
}

fn described(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().keys().map(move |method| format!("{method} {path}"))
    });
    operations.collect()
}

/// Every reference leads somewhere.
fn is_closed(document: &Value, part: &Value) {
    if let Some(reference) = part.get("$ref") {
        let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    for part in
        part.as_array().into_iter().flatten().chain(part.as_object().into_iter().flat_map(|o| o.values()))
    {
        is_closed(document, part);
    }
}

#[tokio::test]
async fn every_route_is_described_and_nothing_else() {
    let world = World::start().await;
    let internal = world.http.get(format!("{}/openapi.json", world.internal)).send().await.unwrap();
    let replies = [world.get("/openapi.json").await, Reply::of(internal).await];
    for (reply, routes) in replies.iter().zip(routes()) {
        assert_eq!((reply.status, reply.header("content-type")), (200, "application/json"));
        let document = reply.json();
        assert_eq!(document["openapi"], "3.1.0");
        assert!(routes.len() > 4, "{routes:?}");
        assert_eq!(described(&document), routes);
        is_closed(&document, &document);
    }
}
