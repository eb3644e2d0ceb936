//! How clients prove themselves (RFC 6749 §2.3).

use base64::prelude::*;
use serde_json::json;

use crate::harness::{Browser, Client, Form, Reply, World};

async fn confidential(world: &World, method: &str) -> (Client, Form) {
    let client = world
        .client(
            &json!({"redirect_uris": ["https://client.example/cb"], "token_endpoint_auth_method": method}),
        )
        .await;
    let code = Browser::new(world).code_for(&client).await;
    let form = client.redemption(&code);
    (client, form)
}

fn basic(id: &str, secret: &str) -> String {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", encode(id), encode(secret))))
}

async fn with_header(world: &World, form: &Form, authorization: &str) -> Reply {
    world.post_with("/oauth/token", form, &[("authorization", authorization)]).await
}

/// Refused without a trace; a client that tried Basic is challenged that way (RFC 6749 §5.2).
async fn assert_refused(world: &World, reply: Reply, error: &str, challenged: bool) {
    assert_eq!(reply.error(), error, "{reply:?}");
    let challenge = if challenged { "Basic realm=\"peaka-mcp\"" } else { "" };
    assert_eq!(reply.header("www-authenticate"), challenge);
    assert_eq!(world.database.count("sessions").await, 0);
}

#[tokio::test]
async fn a_secret_comes_by_either_way() {
    let world = World::start().await;
    for method in ["client_secret_basic", "client_secret_post"] {
        // Some clients send it in the form whatever was agreed.
        let (_, form) = confidential(&world, method).await;
        assert_eq!(world.redeem(&form).await.status, 200, "{method}");
        let (client, form) = confidential(&world, method).await;
        let header = basic(&client.id, &client.secret.unwrap());
        let form = form.without("client_secret");
        assert_eq!(
            with_header(&world, &form, &header.replace("Basic", "bAsIc")).await.status,
            200,
            "{method}"
        );
        let (client, form) = confidential(&world, method).await;
        let header = basic(&client.id, &client.secret.unwrap());
        let form = form.without("client_secret").without("client_id");
        assert_eq!(with_header(&world, &form, &header).await.status, 200, "{method}");
    }
}

#[tokio::test]
async fn a_confidential_client_without_its_own_secret_is_refused() {
    let world = World::start().await;
    let (client, form) = confidential(&world, "client_secret_basic").await;
    let (other, _) = confidential(&world, "client_secret_basic").await;
    let others = other.secret.unwrap();
    let bare = form.without("client_secret");
    let before = world.database.dump().await;
    assert_refused(&world, world.redeem(&bare).await, "401 invalid_client", false).await;
    for wrong in [others.as_str(), "wrong", " "] {
        let posted = world.redeem(&form.with("client_secret", wrong)).await;
        assert_refused(&world, posted, "401 invalid_client", false).await;
        let header = basic(&client.id, wrong);
        assert_refused(&world, with_header(&world, &bare, &header).await, "401 invalid_client", true).await;
    }
    let empty = basic(&client.id, "");
    assert_refused(&world, with_header(&world, &bare, &empty).await, "401 invalid_client", true).await;
    assert_eq!(world.database.dump().await, before);
    assert_eq!(world.redeem(&form).await.status, 200);
}

#[tokio::test]
async fn two_ways_at_once_are_refused() {
    let world = World::start().await;
    let (client, form) = confidential(&world, "client_secret_basic").await;
    let header = basic(&client.id, &client.secret.unwrap());
    assert_refused(&world, with_header(&world, &form, &header).await, "400 invalid_request", false).await;
    let other = world.register().await;
    let foreign = form.without("client_secret").with("client_id", &other.id);
    assert_refused(&world, with_header(&world, &foreign, &header).await, "400 invalid_request", false).await;
    let twice = [("authorization", header.as_str()), ("authorization", header.as_str())];
    let reply = world.post_with("/oauth/token", &form.without("client_secret"), &twice).await;
    assert_refused(&world, reply, "400 invalid_request", false).await;
    assert_eq!(world.redeem(&form).await.status, 200);
}

#[tokio::test]
async fn a_public_client_has_no_secret() {
    let world = World::start().await;
    let client = world.register().await;
    let form = client.redemption(&Browser::new(&world).code_for(&client).await);
    let posted = world.redeem(&form.with("client_secret", "x")).await;
    assert_refused(&world, posted, "401 invalid_client", false).await;
    let header = with_header(&world, &form, &basic(&client.id, "x")).await;
    assert_refused(&world, header, "401 invalid_client", true).await;
    assert_eq!(world.redeem(&form).await.status, 200);
}

#[tokio::test]
async fn a_malformed_header_is_a_401_and_no_accident() {
    let world = World::start().await;
    let client = world.register().await;
    let form = client.redemption(&Browser::new(&world).code_for(&client).await);
    let encoded = |text: &str| format!("Basic {}", BASE64_STANDARD.encode(text));
    for header in [
        "Basic".to_owned(),
        "Basic !!".to_owned(),
        "Basic =".to_owned(),
        "Digest x".to_owned(),
        format!("Bearer {}", client.id),
        encoded("no-colon"),
        encoded("%ZZ:x"),
        encoded("a:%"),
        encoded("a&b:x"),
        format!("Basic {}", BASE64_STANDARD.encode([0xff, b':', 0xfe])),
    ] {
        assert_refused(&world, with_header(&world, &form, &header).await, "401 invalid_client", true).await;
    }
    assert_eq!(world.redeem(&form).await.status, 200);
}

#[tokio::test]
async fn a_client_that_is_not_known_is_told_so() {
    let world = World::start().await;
    let client = world.register().await;
    let form = client.redemption(&Browser::new(&world).code_for(&client).await);
    for id in ["unknown", "pkm_client_AAAA", "https://", "https://user@c.example/x", &"x".repeat(9000)] {
        assert_refused(&world, world.redeem(&form.with("client_id", id)).await, "401 invalid_client", false)
            .await;
    }
    assert_refused(&world, world.redeem(&form.without("client_id")).await, "400 invalid_request", false)
        .await;
    assert_eq!(world.redeem(&form).await.status, 200);
}
