//! The first wall.

use std::time::Duration;

use serde_json::{Value, json};
use shared::{
    assertion::{AUDIENCE, HEADER, Minter, TYPE},
    clock::Clock as _,
    jws::{Algorithm, SigningKey},
};

use crate::harness::{House, ISSUER, Mood, call};

fn ping() -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" })
}

/// The status with these values of the header.
async fn status(house: &House, assertions: &[&str]) -> u16 {
    let request = assertions.iter().fold(house.post(), |request, value| request.header(HEADER, *value));
    let response = request.json(&ping()).send().await.unwrap();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["jsonrpc"], "2.0");
    assert_eq!(body.get("error").is_some(), status != 200, "{body}");
    status
}

#[tokio::test]
async fn one_good_header_is_let_in_and_nothing_else() {
    let house = House::start().await;
    let good = house.assertion(&House::somebody());
    assert_eq!(status(&house, &[&good]).await, 200);
    assert_eq!(status(&house, &[]).await, 401);
    assert_eq!(status(&house, &[&good, &good]).await, 401);
    assert_eq!(status(&house, &[""]).await, 401);
    assert_eq!(status(&house, &[&format!("{good}, {good}")]).await, 401);
    assert_eq!(status(&house, &["eyJhbGciOiJub25lIn0.e30."]).await, 401);
    assert_eq!(status(&house, &[&format!("Bearer {good}")]).await, 401);
}

#[tokio::test]
async fn another_spelling_of_the_header_is_refused_even_beside_a_good_one() {
    let house = House::start().await;
    let good = house.assertion(&House::somebody());
    for spelling in ["x_peaka_identity", "X-Peaka_Identity"] {
        let response = house.post().header(spelling, &good).json(&ping()).send().await.unwrap();
        assert_eq!(response.status(), 401, "{spelling}");
        let both = house.post().header(HEADER, &good).header(spelling, &good);
        assert_eq!(both.json(&ping()).send().await.unwrap().status(), 401, "{spelling} beside the right one");
    }
}

#[tokio::test]
async fn an_assertion_must_be_of_this_gateway_of_this_type_and_of_now() {
    let house = House::start().await;
    let now = house.clock.now();
    let somebody = House::somebody();
    let impostor = SigningKey::generate(Algorithm::Ed25519, "k1").unwrap();
    let forged = Minter { key: &impostor, issuer: ISSUER }.mint(&somebody, now, "j".into()).unwrap();
    assert_eq!(status(&house, &[&forged]).await, 401, "another key under the same id");

    let claims = |issuer: &str, audience: &str| {
        json!({ "iss": issuer, "aud": audience, "sub": "u", "sid": "s", "client_id": "c", "scope": "peaka:read",
            "iat": now.seconds(), "exp": now.seconds() + 60, "jti": "j" })
    };
    let signed = |typ: &str, claims: &Value| house.gateway.sign(typ, claims);
    assert_eq!(status(&house, &[&signed(TYPE, &claims(ISSUER, AUDIENCE))]).await, 200);
    assert_eq!(status(&house, &[&signed("at+jwt", &claims(ISSUER, AUDIENCE))]).await, 401);
    assert_eq!(status(&house, &[&signed(TYPE, &claims("https://other.example", AUDIENCE))]).await, 401);
    assert_eq!(status(&house, &[&signed(TYPE, &claims(ISSUER, "other"))]).await, 401);

    let old = house.assertion(&somebody);
    house.clock.advance(Duration::from_secs(91));
    assert_eq!(status(&house, &[&old]).await, 401, "it is over");
}

#[tokio::test]
async fn every_method_and_path_but_health_and_metrics_is_behind_the_wall() {
    let house = House::start().await;
    for (method, path) in
        [("GET", "/mcp"), ("DELETE", "/mcp"), ("POST", "/"), ("GET", "/metrics/"), ("POST", "/mcp/")]
    {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let response =
            house.http.request(method.clone(), format!("{}{path}", house.url)).send().await.unwrap();
        assert_eq!(response.status(), 401, "{method} {path}");
    }
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(house.http.get(format!("{}{path}", house.url)).send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn without_the_gateways_keys_it_is_503_and_never_401() {
    let house = House::start().await;
    house.gateway.keys_are(Mood::Outage);
    let good = house.assertion(&House::somebody());
    let response = house.post().header(HEADER, &good).json(&ping()).send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "5");
    assert_eq!(response.json::<Value>().await.unwrap()["error"]["code"], -32603);

    house.gateway.keys_are(Mood::Well);
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(status(&house, &[&good]).await, 200);
}

#[tokio::test]
async fn a_new_key_is_fetched_and_forged_key_ids_are_no_load() {
    let house = House::start().await;
    assert_eq!(status(&house, &[&house.assertion(&House::somebody())]).await, 200);
    assert_eq!(house.gateway.key_requests(), 1);

    let stranger = SigningKey::generate(Algorithm::Ed25519, "stranger").unwrap();
    let minter = Minter { key: &stranger, issuer: ISSUER };
    let forged = minter.mint(&House::somebody(), house.clock.now(), "j".into()).unwrap();
    house.clock.advance(Duration::from_secs(10));
    for _ in 0..5 {
        assert_eq!(status(&house, &[&forged]).await, 401);
    }
    assert_eq!(house.gateway.key_requests(), 2, "one fetch in ten seconds");

    // As a gateway signs whose ring is older.
    house.gateway.rotate(Algorithm::Es256, "k2");
    house.clock.advance(Duration::from_secs(10));
    assert_eq!(status(&house, &[&house.assertion(&House::somebody())]).await, 200);
    assert_eq!(house.gateway.key_requests(), 3);

    // A key that nobody could ask about is no proof against its bearer.
    house.gateway.rotate(Algorithm::Ed25519, "k3");
    house.gateway.keys_are(Mood::Outage);
    house.clock.advance(Duration::from_secs(10));
    assert_eq!(status(&house, &[&house.assertion(&House::somebody())]).await, 503);
}

#[tokio::test]
async fn many_first_requests_make_one_fetch() {
    let house = House::start().await;
    let good = house.assertion(&House::somebody());
    let good = [good.as_str()];
    let answers = futures_util::future::join_all((0..20).map(|_| status(&house, &good))).await;
    assert_eq!(answers, [200; 20]);
    assert_eq!(house.gateway.key_requests(), 1);
}

#[tokio::test]
async fn withdrawn_keys_are_not_believed_for_ever() {
    let house = House::start().await;
    assert_eq!(status(&house, &[&house.assertion(&House::somebody())]).await, 200);
    house.gateway.keys_are(Mood::Outage);
    house.clock.advance(Duration::from_secs(3599));
    assert_eq!(status(&house, &[&house.assertion(&House::somebody())]).await, 200);
    house.clock.advance(Duration::from_secs(11));
    assert_eq!(status(&house, &[&house.assertion(&House::somebody())]).await, 503);
}

#[tokio::test]
async fn the_header_does_not_travel_on() {
    let house = House::start().await;
    let good = house.assertion(&House::somebody());
    let request = house.post().header(HEADER, &good).header("traceparent", "00-0af7-b7ad-01");
    let response = request.json(&call("peaka_list_projects", json!({}))).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let asked = house.peaka.asked();
    assert!(asked.iter().all(|asked| asked.token == "peaka-token-1"));
    assert_eq!(asked[0].traceparent.as_deref(), Some("00-0af7-b7ad-01"));
}
