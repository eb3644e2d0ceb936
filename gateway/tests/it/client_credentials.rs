//! Clients that act for themselves (RFC 6749 §4.4).

use serde_json::{Value, json};
use standin::demo::PARTNER_KEY;

use crate::{
    clients_file::{SECRET, world},
    exchange::{exchange, form as exchanging, identity},
    harness::{Browser, Form, NOW, Tokens, World},
    peaka::double::{Double, Reply},
    private_key_jwt::key::Key,
};

pub(crate) fn robot() -> Value {
    json!({
        "client_id": "robot",
        "name": "Nightly export",
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["client_credentials"],
        "client_secret": {"env": "A_SECRET"},
        "scope": "peaka:read peaka:query",
        "peaka_api_key": {"env": "AN_API_KEY"},
    })
}

pub(crate) fn form() -> Form {
    Form::of([("grant_type", "client_credentials"), ("client_id", "robot"), ("client_secret", SECRET)])
}

async fn token(world: &World, form: &Form) -> Tokens {
    Tokens::of(&world.redeem(form).await)
}

#[tokio::test]
async fn a_client_acts_with_the_key_of_its_operator() {
    let world = world(json!([robot()])).await;
    let reply = world.redeem(&form().with("resource", &world.url("/mcp"))).await;
    let answer = reply.json();
    assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"), "{reply:?}");
    assert_eq!((&answer["scope"], &answer["expires_in"]), (&json!("peaka:read peaka:query"), &json!(900)));
    assert_eq!(answer.get("refresh_token"), None);
    let tokens = Tokens::from_answer(&answer);
    let identity = identity(&world, &tokens.access).await;
    let given = exchange(&world, &exchanging(&identity)).await;
    assert_eq!(given.json()["access_token"], PARTNER_KEY);
    // A key that Peaka refuses is not given again, and the session is not ended for it: it would only begin anew.
    let refused = gateway::domain::secret::hash(PARTNER_KEY);
    let again = exchange(&world, &exchanging(&identity).with("rejected_token_sha256", &refused)).await;
    assert_eq!(again.error(), "400 invalid_grant");
    assert_eq!(world.mcp(&tokens.access).await.status, 200);
    assert_eq!(world.database.count("sessions").await, 1);
    // The key lies nowhere in the database.
    let dump = world.database.dump().await;
    assert!(!dump.iter().any(|row| row.contains(PARTNER_KEY)));
}

#[tokio::test]
async fn asking_again_goes_on_with_the_same_session() {
    let world = world(json!([robot()])).await;
    for _ in 0..5 {
        token(&world, &form()).await;
    }
    assert_eq!(world.database.count("sessions").await, 1);
    let narrow = token(&world, &form().with("scope", "peaka:read")).await;
    assert_eq!(world.database.count("sessions").await, 2);
    // An ended session stays ended; the next token is of another one.
    let revoking = form().without("grant_type").with("token", &narrow.access);
    assert_eq!(world.post("/oauth/revoke", &revoking).await.status, 200);
    assert_eq!(world.mcp(&narrow.access).await.status, 401);
    let next = token(&world, &form().with("scope", "peaka:read")).await;
    assert_eq!(world.mcp(&next.access).await.status, 200);
    assert_eq!(world.database.count("sessions").await, 3);
    // So does one that was not used for too long, or has come to its end.
    world.pass(2_592_001);
    let late = token(&world, &form()).await;
    assert_eq!(world.database.count("sessions").await, 4);
    assert_eq!(world.mcp(&late.access).await.status, 200);
}

#[tokio::test]
async fn a_key_proves_a_machine_too() {
    let key = Key::ec("a");
    let mut client = robot();
    client["token_endpoint_auth_method"] = "private_key_jwt".into();
    client["jwks"] = json!({"keys": [key.public()]});
    client.as_object_mut().unwrap().remove("client_secret");
    let world = world(json!([client])).await;
    let claims = json!({"iss": "robot", "sub": "robot", "aud": world.url("/oauth/token"), "jti": "1",
        "exp": NOW.seconds() + 60});
    let form = Form::of([
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &key.sign(&key.header("ES256"), &claims)),
    ]);
    assert_eq!(world.redeem(&form).await.status, 200);
    assert_eq!(world.redeem(&form).await.error(), "401 invalid_client", "an assertion is used once");
}

#[tokio::test]
async fn what_is_not_its_own_is_refused_without_a_trace() {
    let app = json!({"client_id": "app", "redirect_uris": ["https://app.example/cb"],
        "token_endpoint_auth_method": "client_secret_post", "client_secret": {"env": "A_SECRET"}});
    let world = world(json!([robot(), app])).await;
    let public = world.register().await;
    let before = world.database.dump().await;
    for (form, error) in [
        (form().without("client_secret"), "401 invalid_client"),
        (form().with("client_secret", "wrong"), "401 invalid_client"),
        (form().with("client_id", "app"), "400 unauthorized_client"),
        (form().with("client_id", "nobody"), "401 invalid_client"),
        (form().with("client_id", &public.id).without("client_secret"), "400 unauthorized_client"),
        (form().with("scope", "peaka:write"), "400 invalid_scope"),
        (form().with("scope", "peaka:read openid"), "400 invalid_scope"),
        (form().with("resource", "https://other.example/mcp"), "400 invalid_target"),
        (form().with("grant_type", "authorization_code").with("code", "x"), "400 unauthorized_client"),
        (form().with("grant_type", "password"), "400 unsupported_grant_type"),
        (form().without("grant_type"), "400 invalid_request"),
        (form().and("scope", "peaka:read").and("scope", "peaka:query"), "400 invalid_request"),
    ] {
        assert_eq!(world.redeem(&form).await.error(), error, "{form:?}");
    }
    assert_eq!(world.database.dump().await, before);
    token(&world, &form()).await;
}

#[tokio::test]
async fn a_grant_that_is_off_is_neither_promised_nor_given() {
    let file = crate::clients_file::file(&json!({"clients": [robot()]}));
    let world = World::start_with(&[
        ("GATEWAY_GRANTS", "authorization_code, refresh_token"),
        ("GATEWAY_CLIENTS_FILE", file.path().to_str().unwrap()),
        ("A_SECRET", SECRET),
        ("AN_API_KEY", PARTNER_KEY),
    ])
    .await;
    assert_eq!(world.redeem(&form()).await.error(), "400 unsupported_grant_type");
    let metadata = world.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["grant_types_supported"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(world.database.count("sessions").await, 0);
}

#[tokio::test]
async fn a_flood_is_told_to_wait() {
    let world = world(json!([robot()])).await;
    for _ in 0..600 {
        assert_eq!(world.redeem(&form()).await.status, 200);
    }
    let limited = world.redeem(&form()).await;
    assert_eq!(limited.status, 429);
    assert_ne!(limited.header("retry-after"), "");
    world.pass(61);
    token(&world, &form()).await;
}

/// Otherwise a provider that lets its people choose their ids would hand out the operator's keys (RFC 9068 §5).
#[tokio::test]
async fn a_person_cannot_pass_for_a_client() {
    let provider =
        Double::start(|_, _| Reply::json(200, json!({"sub": "client:robot", "email": "x@example.com"})))
            .await;
    let userinfo = format!("{}/userinfo", provider.origin);
    let file = crate::clients_file::file(&json!({"clients": [robot()]}));
    let world = World::start_with(&[
        ("GATEWAY_CLIENTS_FILE", file.path().to_str().unwrap()),
        ("A_SECRET", SECRET),
        ("AN_API_KEY", PARTNER_KEY),
        ("PEAKA_IDENTITY", "userinfo"),
        ("PEAKA_USERINFO_ENDPOINT", &userinfo),
    ])
    .await;
    let browser = Browser::new(&world);
    let client = world.register().await;
    let leaving = browser.leave_for_peaka(&client.request(&world)).await;
    let back = browser.sign_in_at_peaka(&leaving).await;
    browser.get(&back).await.assert_is_a_page(400);
    assert_eq!(world.database.count("credentials").await, 0);
    assert_eq!(world.database.count("browsers").await, 0);
}
