//! The internal token endpoint (RFC 8693): an identity in, that person's Peaka token out.

mod recent;
mod renewal;

use base64::prelude::*;
use serde_json::json;
use standin::demo::PEOPLE;

use crate::{
    harness::{Browser, Form, Reply, World},
    mcp::Forge,
};

pub(crate) fn form(subject_token: &str) -> Form {
    Form::of([
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ("subject_token", subject_token),
    ])
}

pub(crate) async fn exchange(world: &World, form: &Form) -> Reply {
    let request = world
        .http
        .post(format!("{}/internal/token", world.internal))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.encode());
    Reply::of(request.send().await.unwrap()).await
}

/// How a token is named without telling it.
pub(crate) fn sha256(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()))
}

/// The identity header that the backend gets with this access token.
pub(crate) async fn identity(world: &World, access_token: &str) -> String {
    let before = world.backend.seen().len();
    assert_eq!(world.mcp(access_token).await.status, 200);
    world.backend.only(before).header("x-peaka-identity").unwrap().to_owned()
}

/// Peaka's token for the holder of this access token.
async fn peaka_token(world: &World, access_token: &str) -> String {
    let reply = exchange(world, &form(&identity(world, access_token).await)).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

/// Whom Peaka takes the bearer of its token for.
async fn whose(world: &World, token: &str) -> String {
    let request = world.http.get(format!("{}/info", world.peaka.partner_api_url())).bearer_auth(token);
    let reply = Reply::of(request.send().await.unwrap()).await;
    reply.json()["email"].as_str().unwrap_or("nobody's").to_owned()
}

#[tokio::test]
async fn each_person_acts_with_their_own_credential() {
    let world = World::start().await;
    for person in &PEOPLE {
        let client = world.register().await;
        let code = Browser::of(&world, person).code_for(&client).await;
        let access = world.tokens(&client, &code).await.access;
        let reply = exchange(&world, &form(&identity(&world, &access).await)).await;
        assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"));
        let mut answer = reply.json();
        let token = answer["access_token"].take();
        assert_eq!(whose(&world, token.as_str().unwrap()).await, person.email);
        assert_eq!(
            answer,
            json!({
                "access_token": null,
                "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
                "token_type": "Bearer",
                "expires_in": 300,
            })
        );
    }
}

#[tokio::test]
async fn only_a_fresh_identity_of_ours_is_taken() {
    let world = World::start().await;
    let connected = world.connect().await;
    let identity = identity(&world, &connected.tokens.access).await;
    let (head, signature) = identity.rsplit_once('.').unwrap();
    let forge = Forge::with_the_real_key(&world).await;
    let mut header = forge.header();
    header.set_token_type("peaka-identity+jwt");
    let mut claims = crate::mcp::claims(&identity);
    claims["sub"] = json!("mallory");
    let foreign = World::start().await;
    let foreign_identity = self::identity(&foreign, &foreign.connect().await.tokens.access).await;
    for (token, what) in [
        (connected.tokens.access.as_str(), "an access token"),
        (&connected.tokens.refresh, "a refresh token"),
        (&format!("{head}."), "no signature"),
        (&format!("{head}.{}", signature.to_lowercase()), "a wrong signature"),
        (&Forge::assembled(&json!({"alg": "none", "typ": "peaka-identity+jwt"}), &claims, ""), "alg=none"),
        (
            &Forge::assembled(&json!({"alg": "ES256", "typ": "peaka-identity+jwt"}), &claims, signature),
            "other claims",
        ),
        (&forge.sign(&header, claims.to_string().as_bytes()), "signed with the key of access tokens"),
        (&foreign_identity, "of another gateway"),
        ("x", "garbage"),
    ] {
        assert_eq!(exchange(&world, &form(token)).await.error(), "400 invalid_request", "{what}");
    }
    let good = form(&identity);
    for (wrong, error) in [
        (good.without("grant_type"), "400 invalid_request"),
        (good.with("grant_type", "refresh_token"), "400 unsupported_grant_type"),
        (good.without("subject_token"), "400 invalid_request"),
        (good.without("subject_token_type"), "400 invalid_request"),
        (
            good.with("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            "400 invalid_request",
        ),
        (
            good.with("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token"),
            "400 invalid_request",
        ),
        (good.and("subject_token", &identity), "400 invalid_request"),
    ] {
        assert_eq!(exchange(&world, &wrong).await.error(), error, "{wrong:?}");
    }
    assert_eq!(exchange(&world, &good).await.status, 200);
    // Its minute and half a minute for clocks that differ.
    world.pass(89);
    assert_eq!(exchange(&world, &good).await.status, 200);
    world.pass(1);
    assert_eq!(exchange(&world, &good).await.error(), "400 invalid_request");
}

#[tokio::test]
async fn an_ended_session_gets_nothing_though_its_identity_is_fresh() {
    let world = World::start().await;
    let connected = world.connect().await;
    let identity = identity(&world, &connected.tokens.access).await;
    // What was given out a moment ago is not given out again.
    assert_eq!(exchange(&world, &form(&identity)).await.status, 200);
    world.post("/oauth/revoke", &connected.client.revoking(&connected.tokens.refresh)).await;
    assert_eq!(exchange(&world, &form(&identity)).await.error(), "400 invalid_grant");
}

#[tokio::test]
async fn an_outage_of_the_database_is_told_as_one() {
    let world = World::start().await;
    let identity = identity(&world, &world.connect().await.tokens.access).await;
    world.database.goes_away().await;
    let reply = exchange(&world, &form(&identity)).await;
    assert_eq!((reply.error().as_str(), reply.header("retry-after")), ("503 temporarily_unavailable", "2"));
    world.database.comes_back().await;
    assert_eq!(exchange(&world, &form(&identity)).await.status, 200);
}

#[tokio::test]
async fn what_is_internal_is_not_on_the_public_listener_nor_the_other_way() {
    let world = World::start().await;
    let good = form(&identity(&world, &world.connect().await.tokens.access).await);
    assert_eq!(world.post("/internal/token", &good).await.status, 404);
    for path in ["/internal/token", "/internal/jwks", "/healthz", "/readyz", "/metrics"] {
        assert_eq!(world.get(path).await.status, 404, "{path}");
    }
    for path in ["/mcp", "/oauth/token", "/oauth/authorize", "/.well-known/oauth-authorization-server"] {
        let reply = world.http.get(format!("{}{path}", world.internal)).send().await.unwrap();
        assert_eq!(reply.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn a_well_gateway_says_so() {
    let world = World::start().await;
    for path in ["/healthz", "/readyz"] {
        let reply =
            Reply::of(world.http.get(format!("{}{path}", world.internal)).send().await.unwrap()).await;
        assert_eq!(reply.status, 200, "{path}");
    }
}
