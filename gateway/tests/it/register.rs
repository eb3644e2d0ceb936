//! Dynamic client registration (RFC 7591).

use serde_json::{Value, json};

use crate::harness::{Browser, Reply, World};

const CALLBACK: &str = "https://client.example/cb";

async fn refused(world: &World, metadata: Value) -> String {
    let before = world.database.dump().await;
    let reply = world.register_with(&metadata).await;
    assert_eq!(world.database.dump().await, before);
    reply.error()
}

#[tokio::test]
async fn a_client_is_told_what_it_got() {
    let world = World::start().await;
    let reply = world
        .register_with(&json!({
            "client_name": "Inspector",
            "redirect_uris": [CALLBACK],
            "client_uri": null,
            "software_id": "something that nobody here knows",
            "application_type": "native",
            "scope": "peaka:read openid",
        }))
        .await;
    assert_eq!((reply.status, reply.header("cache-control")), (201, "no-store"));
    let mut answer = reply.json();
    let id = answer["client_id"].take();
    assert!(id.as_str().unwrap().starts_with("pkm_client_"));
    // A client that names no method is a public one, and is told so. No member is null: some clients refuse that.
    assert_eq!(
        answer,
        json!({
            "client_id": null,
            "client_id_issued_at": 1_800_000_000,
            "client_name": "Inspector",
            "redirect_uris": [CALLBACK],
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "scope": "peaka:read peaka:query peaka:write",
        })
    );
}

#[tokio::test]
async fn a_confidential_client_gets_a_secret_that_does_not_expire() {
    let world = World::start().await;
    for method in ["client_secret_basic", "client_secret_post"] {
        let metadata = json!({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": method});
        let (one, other) =
            (world.register_with(&metadata).await.json(), world.register_with(&metadata).await.json());
        assert_eq!(
            (&one["token_endpoint_auth_method"], &one["client_secret_expires_at"]),
            (&json!(method), &json!(0))
        );
        assert!(one["client_secret"].as_str().unwrap().len() >= 43);
        assert_ne!(one["client_secret"], other["client_secret"]);
    }
}

#[tokio::test]
async fn one_bad_redirect_uri_does_not_fail_the_others() {
    let world = World::start().await;
    let good = ["cursor://anysphere.cursor-retrieval/oauth/callback", "http://localhost:1455/cb", CALLBACK];
    let all: Vec<&str> = good.into_iter().chain(["myapp:/cb", "http://client.example/cb"]).collect();
    let reply = world.register_with(&json!({"redirect_uris": all})).await;
    assert_eq!((reply.status, &reply.json()["redirect_uris"]), (201, &json!(good)));
}

#[tokio::test]
async fn dangerous_redirect_uris_are_refused() {
    let world = World::start().await;
    for uri in [
        "javascript:alert(1)",
        "\tjavascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "blob:https://client.example/x",
        "myapp:/cb",
        "http://client.example/cb",
        "http://localhost.evil.example/cb",
        "https://user@client.example/cb",
        "https://client.example@evil.example/cb",
        "https://client.example/cb#x",
        "https://client.example/cb#",
        "https://client.example\\cb",
        " https://client.example/cb",
        "//client.example/cb",
        "/cb",
        "",
    ] {
        assert_eq!(
            refused(&world, json!({"redirect_uris": [uri]})).await,
            "400 invalid_redirect_uri",
            "{uri}"
        );
    }
    assert_eq!(refused(&world, json!({})).await, "400 invalid_redirect_uri");
    assert_eq!(refused(&world, json!({"redirect_uris": []})).await, "400 invalid_redirect_uri");
    let many: Vec<String> = (0..1000).map(|n| format!("https://c.example/{n}")).collect();
    assert!(matches!(
        &*refused(&world, json!({"redirect_uris": many})).await,
        "400 invalid_redirect_uri" | "413 invalid_request"
    ));
}

#[tokio::test]
async fn metadata_of_a_wrong_form_is_refused() {
    let world = World::start().await;
    for (name, value) in [
        ("redirect_uris", json!(CALLBACK)),
        ("redirect_uris", json!([CALLBACK, 1])),
        ("client_name", json!(["a"])),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("token_endpoint_auth_method", json!("client_secret_jwt")),
        ("token_endpoint_auth_method", json!(1)),
        ("grant_types", json!(["password", "implicit"])),
        ("grant_types", json!(["refresh_token"])),
        ("grant_types", json!(["client_credentials"])),
        ("grant_types", json!("authorization_code")),
        ("response_types", json!(["token"])),
        ("response_types", json!([1])),
        ("scope", json!("*")),
        ("scope", json!(["peaka:read"])),
    ] {
        let mut metadata = json!({"redirect_uris": [CALLBACK]});
        metadata[name] = value.clone();
        assert_eq!(refused(&world, metadata).await, "400 invalid_client_metadata", "{name}={value}");
    }
    assert_eq!(refused(&world, json!([])).await, "400 invalid_client_metadata");
    let post = |body: String| async {
        Reply::of(world.http.post(world.url("/oauth/register")).body(body).send().await.unwrap()).await
    };
    for body in ["", "{", "null", "client_name=x", "\u{0}"] {
        assert_eq!(post(body.to_owned()).await.error(), "400 invalid_client_metadata", "{body}");
    }
    // As deep as it can be within the size: no stack is lost on it.
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(8000), "]".repeat(8000));
    assert_eq!(post(deep).await.error(), "400 invalid_client_metadata");
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let world = World::start().await;
    // Told as soon as it is known, not when all of it has come.
    let begun = format!("{{\"client_name\":\"{}", "x".repeat(20_000));
    let head = format!("POST /oauth/register HTTP/1.1\r\nHost: {}\r\nContent-Length: 1048576", world.host());
    let answer = world.raw(&format!("{head}\r\n\r\n{begun}")).await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("invalid_request"), "{answer}");
    let metadata = json!({"redirect_uris": [CALLBACK], "client_name": "x".repeat(10_000)});
    assert_eq!(world.register_with(&metadata).await.json()["client_name"].as_str().unwrap().len(), 80);
    // The id carries the metadata, so there is an end to it.
    let uris: Vec<String> =
        (0..8).map(|n| format!("https://client.example/{n}/{}", "x".repeat(900))).collect();
    assert_eq!(refused(&world, json!({"redirect_uris": uris})).await, "400 invalid_client_metadata");
}

#[tokio::test]
async fn registering_writes_no_row_however_often() {
    let world = World::start().await;
    let before = world.database.dump().await;
    for _ in 0..200 {
        world.register().await;
    }
    assert_eq!(world.database.dump().await, before);
    assert_eq!(world.database.count("clients").await, 0);
    // The first approval writes it, the second updates it.
    let client = world.register().await;
    let browser = Browser::new(&world);
    for _ in 0..2 {
        browser.code_for(&client).await;
    }
    assert_eq!(world.database.count("clients").await, 1);
}

#[tokio::test]
async fn a_client_without_the_refresh_grant_gets_no_refresh_token() {
    let world = World::start().await;
    let client =
        world.client(&json!({"redirect_uris": [CALLBACK], "grant_types": ["authorization_code"]})).await;
    let code = Browser::new(&world).code_for(&client).await;
    let reply = world.redeem(&client.redemption(&code)).await;
    assert_eq!(reply.status, 200);
    assert!(reply.json().get("refresh_token").is_none());
}

#[tokio::test]
async fn a_flood_from_one_address_is_slowed() {
    let world = World::start().await;
    let metadata = json!({"redirect_uris": [CALLBACK]});
    for _ in 0..600 {
        assert_eq!(world.register_with(&metadata).await.status, 201);
    }
    let reply = world.register_with(&metadata).await;
    assert_eq!(reply.error(), "429 temporarily_unavailable");
    assert!((1..=60).contains(&reply.header("retry-after").parse::<u32>().unwrap()));
    // What a client claims of its address counts only if a trusted proxy says it.
    let claimed =
        world.http.post(world.url("/oauth/register")).header("x-forwarded-for", "192.0.2.7").json(&metadata);
    assert_eq!(claimed.send().await.unwrap().status(), 429);
    world.pass(61);
    assert_eq!(world.register_with(&metadata).await.status, 201);
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_is_counted_by_itself() {
    let world = World::start_with(&[("GATEWAY_TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    let register_from = async |chain: &str| {
        let metadata = json!({"redirect_uris": [CALLBACK]});
        let request = world.http.post(world.url("/oauth/register")).header("x-forwarded-for", chain);
        request.json(&metadata).send().await.unwrap().status().as_u16()
    };
    for _ in 0..600 {
        assert_eq!(register_from("192.0.2.7").await, 201);
    }
    // What stands left of the address that the proxy saw is only its word.
    assert_eq!(register_from("198.51.100.1, 192.0.2.7").await, 429);
    assert_eq!(register_from("192.0.2.7, 198.51.100.1").await, 201);
}
