//! Clients that the operator registers in a file.

use std::io::Write as _;

use gateway::Config;
use serde_json::{Value, json};
use shared::env::Env;
use tempfile::NamedTempFile;

use crate::{
    harness::{Browser, Client, Tokens, World},
    private_key_jwt::key::Key,
};

pub(crate) const SECRET: &str = "a-secret-of-the-operator-that-nobody-guesses";

/// A file with this in it.
pub(crate) fn file(content: &Value) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(content.to_string().as_bytes()).unwrap();
    file
}

/// A gateway whose operator registered these, with [`SECRET`] at hand.
pub(crate) async fn world(clients: Value) -> World {
    let file = file(&json!({ "clients": clients }));
    World::start_with(&[
        ("GATEWAY_CLIENTS_FILE", file.path().to_str().unwrap()),
        ("A_SECRET", SECRET),
        ("AN_API_KEY", standin::demo::PARTNER_KEY),
    ])
    .await
}

fn app() -> Value {
    json!({
        "client_id": "reports",
        "name": "Quarterly reports",
        "redirect_uris": ["https://reports.example/cb"],
        "token_endpoint_auth_method": "client_secret_basic",
        "client_secret": {"env": "A_SECRET"},
        "scope": "peaka:read peaka:query",
    })
}

fn reports() -> Client {
    Client {
        id: "reports".to_owned(),
        secret: Some(SECRET.to_owned()),
        redirect_uri: "https://reports.example/cb".to_owned(),
    }
}

#[tokio::test]
async fn a_client_of_the_file_goes_the_whole_way_within_its_ceiling() {
    let world = world(json!([app()])).await;
    let client = reports();
    let browser = Browser::new(&world);
    let page = browser.ask(&client.request(&world)).await;
    page.assert_is_a_page(200);
    assert!(page.body.contains("Registered by the operator of this server"), "{page:?}");
    // It asks for all, and is registered for less.
    assert!(page.body.contains("Run queries") && !page.body.contains("Make changes"), "{page:?}");
    let code = browser.code_for(&client).await;
    let before = world.database.dump().await;
    let form = client.redemption(&code);
    for wrong in ["", "x", "a-secret-of-the-operator-that-nobody-guesset"] {
        let refused = world.redeem(&form.with("client_secret", wrong)).await;
        assert_eq!(refused.error(), "401 invalid_client", "{wrong}");
    }
    assert_eq!(world.redeem(&form.without("client_secret")).await.error(), "401 invalid_client");
    assert_eq!(world.database.dump().await, before);
    let reply = world.redeem(&form).await;
    assert_eq!(reply.json()["scope"], "peaka:read peaka:query");
    let tokens = Tokens::of(&reply);
    assert_eq!(world.mcp(&tokens.access).await.status, 200);
    let account = browser.get("/account").await;
    account.assert_is_a_page(200);
    assert!(account.body.contains("Registered by the operator of this server"), "{account:?}");
    assert!(!account.body.contains("Unverified"), "{account:?}");
    let again = Tokens::of(&world.refresh(&client, &tokens.refresh).await);
    assert_eq!(world.post("/oauth/revoke", &client.revoking(&again.refresh)).await.status, 200);
    world.assert_over(&client, &again).await;
}

#[tokio::test]
async fn it_is_asked_for_nothing_but_what_it_is_registered_for() {
    let other = json!({
        "client_id": "writer",
        "redirect_uris": ["https://reports.example/cb"],
        "token_endpoint_auth_method": "none",
        "scope": "peaka:read",
    });
    let world = world(json!([app(), other])).await;
    let browser = Browser::new(&world);
    let elsewhere = reports().request(&world).with("redirect_uri", "https://evil.example/cb");
    browser.ask(&elsewhere).await.assert_is_a_page(400);
    let unknown = reports().request(&world).with("client_id", "nobody");
    browser.ask(&unknown).await.assert_is_a_page(400);
    // The grant of machines is not among its own.
    let before = world.database.dump().await;
    for grant in ["client_credentials", "urn:ietf:params:oauth:grant-type:device_code"] {
        let form = reports().redemption("x").with("grant_type", grant);
        assert_eq!(world.redeem(&form).await.error(), "400 unauthorized_client", "{grant}");
    }
    // Another client's secret, and a public client with one.
    let public = Client { id: "writer".to_owned(), ..reports() };
    assert_eq!(world.redeem(&public.redemption("x")).await.error(), "401 invalid_client");
    assert_eq!(world.database.dump().await, before);
}

#[tokio::test]
async fn a_client_with_a_key_proves_itself_with_it() {
    let key = Key::ec("a");
    let client = json!({
        "client_id": "signer",
        "redirect_uris": ["https://reports.example/cb"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [key.public()]},
    });
    let world = world(json!([client])).await;
    let client = Client { id: "signer".to_owned(), secret: None, ..reports() };
    let code = Browser::new(&world).code_for(&client).await;
    let claims = json!({"iss": "signer", "sub": "signer", "aud": world.origin, "jti": "1",
        "exp": crate::harness::NOW.seconds() + 60});
    let form = client.redemption(&code);
    let with = |key: &Key| {
        form.with("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            .with("client_assertion", &key.sign(&key.header("ES256"), &claims))
    };
    assert_eq!(world.redeem(&with(&Key::ec("a"))).await.error(), "401 invalid_client");
    assert_eq!(world.redeem(&with(&Key::ec("b"))).await.error(), "401 invalid_client");
    assert_eq!(world.redeem(&form).await.error(), "401 invalid_client");
    assert_eq!(world.redeem(&with(&key)).await.status, 200);
}

/// What the start-up says of such a file.
fn mistakes(content: &str) -> Vec<String> {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(content.as_bytes()).unwrap();
    let env = Env::of([
        ("GATEWAY_CLIENTS_FILE", file.path().to_str().unwrap()),
        ("SHORT", "hunter2"),
        ("A_SECRET", SECRET),
    ]);
    let told = Config::read(env).unwrap_err().to_string();
    assert!(!told.contains("hunter2") && !told.contains(SECRET), "{told}");
    told.lines()
        .filter_map(|line| line.trim().strip_prefix("GATEWAY_CLIENTS_FILE: "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let content = json!({"clients": [
        {"client_id": "https://hunter2.example/", "token_endpoint_auth_method": "hunter2"},
        {"client_id": "a", "name": "\u{200b}", "token_endpoint_auth_method": "none", "grant_types": ["client_credentials"]},
        {"client_id": "b", "token_endpoint_auth_method": "client_secret_post", "redirect_uris": ["http://hunter2.example/", "https://b.example/cb", 1],
            "hunter": 1},
        {"client_id": "c", "token_endpoint_auth_method": "client_secret_basic", "redirect_uris": ["https://c.example/cb"],
            "client_secret": {"env": "SHORT"}, "peaka_api_key": {"env": "A_SECRET"}},
        {"client_id": "d", "token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"],
            "client_secret": {"env": "NOT_SET"}, "peaka_api_key": "hunter2"},
        {"client_id": "e", "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["refresh_token"], "scope": "hunter2"},
        {"client_id": "f", "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["device", "password"], "jwks": {"keys": []}, "jwks_uri": "http://x"},
        {"client_id": "g", "token_endpoint_auth_method": "none", "grant_types": ["device"]},
        {"client_id": "g", "token_endpoint_auth_method": "none", "grant_types": ["device"]},
        "hunter2",
    ]});
    insta::assert_snapshot!(mistakes(&content.to_string()).join("\n"), @r#"
    clients[0].client_id should be 1 to 128 letters, digits and -._~, and must not begin with pkm_
    clients[0].token_endpoint_auth_method should be none, client_secret_basic, client_secret_post or private_key_jwt
    clients[1].name has no visible characters
    clients[1].token_endpoint_auth_method should not be none: a client with this grant has to prove itself
    clients[2].hunter is not known; known are client_id, name, redirect_uris, token_endpoint_auth_method, grant_types, scope, jwks, jwks_uri, dpop_bound_access_tokens, require_pushed_authorization_requests, client_secret, peaka_api_key
    clients[2].redirect_uris[2] should be text
    clients[2].redirect_uris[0] uses plain http for a host other than localhost, 127.0.0.0/8 or [::1]
    clients[3].client_secret should have at least 32 characters
    clients[3].peaka_api_key is of no use for this client
    clients[4].client_secret names a variable that is not set
    clients[4].peaka_api_key should be {"env": "the name of a variable"} or {"file": "the path of a file"}
    clients[5].scope should name some of peaka:read, peaka:query and peaka:write
    clients[5].jwks or jwks_uri is missing; it should be the public keys
    clients[5].grant_types should hold authorization_code or the device grant beside refresh_token
    clients[6].grant_types[1] should be authorization_code, refresh_token, client_credentials, device or id_jag
    clients[6].jwks_uri should not be there beside jwks
    clients[8].client_id is that of another client, too
    clients[9] should be an object
    "#);
}

#[test]
fn a_file_that_is_none_is_told() {
    for (content, told) in [
        ("{\n  \"clients\": [}", "should be a JSON file; it is not from line 2, column 15 on"),
        ("[]", "the file should be an object"),
        ("{\"clients\": {}}", "the file.clients should be a list of clients"),
        ("{\"clients\": [], \"x\": 1}", "the file.x is not known; known are clients"),
    ] {
        assert_eq!(mistakes(content), [told]);
    }
    let env = Env::of([("GATEWAY_CLIENTS_FILE", "/nowhere/hunter2")]);
    let told = Config::read(env).unwrap_err().to_string();
    assert!(told.contains("GATEWAY_CLIENTS_FILE: should be the path of a readable file"), "{told}");
}
