//! `gateway clients`, and what running gateways know of it.

use std::process::Output;

use serde_json::{Value, json};
use standin::demo::PARTNER_KEY;

use super::{gateway, gateway_with, told};
use crate::{
    clients_file::file,
    harness::{Form, Tokens, World},
    store_contract::world::World as Database,
};

fn refused(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn add<'a>(id: &'a str, further: &[&'a str]) -> Vec<&'a str> {
    ["clients", "add", "--json", "--id", id].iter().chain(further).copied().collect()
}

fn form(added: &Value) -> Form {
    Form::of([
        ("grant_type", "client_credentials"),
        ("client_id", added["client_id"].as_str().unwrap()),
        ("client_secret", added["client_secret"].as_str().unwrap()),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_comes_and_goes_without_a_restart() {
    let world = World::start().await;
    let key = file(&json!(PARTNER_KEY));
    std::fs::write(key.path(), format!("{PARTNER_KEY}\n")).unwrap();
    let key = key.path().to_str().unwrap().to_owned();
    let machine =
        ["--auth", "client_secret_post", "--grant", "client_credentials", "--peaka-api-key-file", &key];
    let added = told(&gateway(&world.database.url, &add("robot", &machine)));
    assert!(!added.contains(PARTNER_KEY));
    let added: Value = serde_json::from_str(&added).unwrap();
    let secret = added["client_secret"].as_str().unwrap().to_owned();

    let tokens = Tokens::of(&world.redeem(&form(&added)).await);
    assert_eq!(world.mcp(&tokens.access).await.status, 200);
    let wrong = form(&added).with("client_secret", &secret[1..]);
    assert_eq!(world.redeem(&wrong).await.error(), "401 invalid_client");
    // Neither secret lies in the database as it is, nor is either told again.
    let dump = world.database.dump().await;
    assert!(!dump.iter().any(|row| row.contains(&secret) || row.contains(PARTNER_KEY)));
    let list = told(&gateway(&world.database.url, &["clients", "list", "--json"]));
    assert!(!list.contains(&secret) && !list.contains(PARTNER_KEY));
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!((&list[0]["client"], &list[0]["registered by"]), (&json!("robot"), &json!("command")));

    let removed = told(&gateway(&world.database.url, &["clients", "remove", "robot"]));
    assert!(removed.contains("Removed robot.") && removed.contains("1 session(s)"), "{removed}");
    assert_eq!(world.redeem(&form(&added)).await.error(), "401 invalid_client");
    let ended = told(&gateway(&world.database.url, &["clients", "remove", "robot", "--end-sessions"]));
    assert_eq!(ended, "Ended 1 session(s).\n");
    assert!(!gateway(&world.database.url, &["clients", "remove", "robot"]).status.success());
    for kind in ["client_added", "client_removed"] {
        let noted = format!(
            "SELECT outcome || ' ' || client_id || ' ' || client_name FROM audit_events WHERE kind = '{kind}'"
        );
        assert_eq!(world.database.texts(&noted).await, ["done robot robot"], "{kind}");
    }
    // Another client with its id is another client.
    let again: Value =
        serde_json::from_str(&told(&gateway(&world.database.url, &add("robot", &machine)))).unwrap();
    assert_ne!(again["client_secret"], secret.as_str());
    assert_eq!(world.redeem(&form(&added)).await.error(), "401 invalid_client");
    assert_eq!(world.redeem(&form(&again)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_go_together_is_told_and_nothing_done() {
    let world = Database::sqlite().await;
    let url = world.url();
    let app = ["--auth", "none", "--redirect-uri", "https://app.example/cb"];
    for (arguments, why) in [
        (add("pkm_x", &app), "client_id should be"),
        (add("app", &["--auth", "none"]), "redirect_uris should be there"),
        (add("app", &["--auth", "magic"]), "token_endpoint_auth_method should be"),
        (add("app", &["--auth", "none", "--grant", "client_credentials"]), "should not be none"),
        (
            add("app", &["--auth", "client_secret_basic", "--grant", "client_credentials"]),
            "peaka_api_key_file is missing",
        ),
        (add("app", &[&app[..], &["--peaka-api-key-file", "/nowhere"]].concat()), "is of no use"),
        (add("app", &[&app[..], &["--jwks-file", "/nowhere"]].concat()), "/nowhere cannot be read"),
        (add("app", &[&app[..], &["--scope", "all"]].concat()), "scope should name"),
    ] {
        let told = refused(&gateway(&url, &arguments));
        assert!(told.contains("nothing was done") && told.contains(why), "{why}: {told}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM operator_clients").await, 0);
    told(&gateway(&url, &add("app", &app)));
    assert!(refused(&gateway(&url, &add("app", &app))).contains("there is a client with this id"));
    let clients = file(&json!({"clients": [
        {"client_id": "filed", "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example/cb"]}
    ]}));
    let variables = [("GATEWAY_CLIENTS_FILE", clients.path().to_str().unwrap())];
    for arguments in [add("filed", &app), vec!["clients", "remove", "filed"]] {
        assert!(refused(&gateway_with(&url, &variables, &arguments)).contains("GATEWAY_CLIENTS_FILE"));
    }
    let list = told(&gateway_with(&url, &variables, &["clients", "list"]));
    assert_eq!(list.lines().count(), 3, "{list}");
}
