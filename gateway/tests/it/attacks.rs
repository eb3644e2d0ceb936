//! The known attacks, each in a test whose name begins with its number. The gateway is a process of its own, attacked
//! over its sockets as it is deployed; `GATEWAY_BIN` names another binary than the one built with these tests. What a row
//! demands beyond one process (replicas, a clock that jumps, a resolver that lies) is shown elsewhere in these tests, and
//! each such row says where.

mod authorize;
mod cimd;
mod code;
mod leaks;
mod limits;
mod proxy;
mod redirect;
mod refresh;
mod smuggling;
mod tokens;

use std::collections::BTreeSet;

use crate::harness::{Browser, Form, Reply, World};

/// Every file with rows.
const ROWS: [&str; 10] = [
    include_str!("attacks/authorize.rs"),
    include_str!("attacks/cimd.rs"),
    include_str!("attacks/code.rs"),
    include_str!("attacks/leaks.rs"),
    include_str!("attacks/limits.rs"),
    include_str!("attacks/proxy.rs"),
    include_str!("attacks/redirect.rs"),
    include_str!("attacks/refresh.rs"),
    include_str!("attacks/smuggling.rs"),
    include_str!("attacks/tokens.rs"),
];

/// Rows that no test from outside can show, and why.
const ARGUED: [(u32, &str); 1] = [(
    64,
    "Timing: what is looked up is looked up by its SHA-256 or opened by an authenticated cipher, and what is compared is \
     compared in constant time (`clients.rs`, `keys/aead.rs`, `credentials.rs`). A difference of nanoseconds cannot be \
     measured over sockets of a machine that runs other tests, so a test would show nothing either way.",
)];

/// How many attacks there are.
const LAST: u32 = 70;

#[test]
fn every_row_is_shown_or_argued() {
    let named: BTreeSet<u32> = ROWS
        .iter()
        .flat_map(|file| file.split("async fn row_").skip(1))
        .map(|rest| rest[..2].parse().unwrap())
        .collect();
    let argued: BTreeSet<u32> = ARGUED.iter().map(|(row, _)| *row).collect();
    assert!(named.is_disjoint(&argued), "shown, so there is nothing to argue");
    let missing: Vec<u32> = (1..=LAST).filter(|row| !named.contains(row) && !argued.contains(row)).collect();
    assert!(missing.is_empty(), "neither shown nor argued: {missing:?}");
}

/// A gateway of its own for one attack.
async fn world() -> World {
    World::start_process_with(&[]).await
}

/// Nothing changed since `before`; says what did.
async fn assert_unchanged(world: &World, before: &[String], what: &str) {
    let after = world.database.dump().await;
    let changed: Vec<&String> = after
        .iter()
        .filter(|row| !before.contains(row))
        .chain(before.iter().filter(|row| !after.contains(row)))
        .collect();
    assert!(changed.is_empty(), "{what} changed {changed:#?}");
}

/// Refused with a page, no way to anywhere, and nothing changed.
async fn assert_not_sent(world: &World, request: &Form, what: &str) -> Reply {
    let before = world.database.dump().await;
    let reply = Browser::new(world).ask(request).await;
    assert_eq!(reply.status, 400, "{what}: {reply:?}");
    reply.assert_is_a_page(400);
    assert!(!reply.body.contains("class=\"primary\""), "{what}: the person was offered a way to somewhere");
    assert_unchanged(world, &before, what).await;
    reply
}

/// A public client with this redirect URI.
async fn registered(world: &World, uri: &str) -> crate::harness::Client {
    world.client(&serde_json::json!({"client_name": "Test Client", "redirect_uris": [uri]})).await
}

/// The registration is refused.
async fn refused_registration(world: &World, metadata: serde_json::Value) -> String {
    let before = world.database.dump().await;
    let reply = world.register_with(&metadata).await;
    assert_unchanged(world, &before, &metadata.to_string()).await;
    reply.error()
}
