//! What the internal listener tells a Prometheus.

use std::collections::BTreeMap;

use crate::{
    ephemeral_contract::outage::{Mode, Relay},
    harness::{Answer, Browser, Form, World},
};

impl World {
    /// Every series and its value.
    async fn metrics(&self) -> BTreeMap<String, f64> {
        let answer = self.http.get(format!("{}/metrics", self.internal)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let kind = answer.headers()["content-type"].to_str().unwrap();
        assert_eq!(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8");
        let text = answer.text().await.unwrap();
        assert!(text.ends_with("# EOF\n"), "{text}");
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        samples
            .map(|line| {
                let (series, value) = line.rsplit_once(' ').unwrap();
                (series.to_owned(), value.parse().unwrap())
            })
            .collect()
    }
}

fn of(metrics: &BTreeMap<String, f64>, series: &str) -> f64 {
    *metrics.get(series).unwrap_or_else(|| panic!("there is no {series} in {:#?}", metrics.keys()))
}

#[tokio::test]
async fn a_journey_is_counted() {
    let world = World::start().await;
    let connected = world.connect().await;
    let once = world.refresh(&connected.client, &connected.tokens.refresh).await;
    world.refresh(&connected.client, &connected.tokens.refresh).await;
    assert_eq!(once.status, 200);
    for _ in 0..3 {
        assert_eq!(world.mcp(&connected.tokens.access).await.status, 200);
    }
    world.mcp("forged").await;
    world.backend.next(Answer::status(403, &[("x-peaka-required-scope", "peaka:write")]));
    world.mcp(&connected.tokens.access).await;
    world.redeem(&connected.client.redemption(&connected.code)).await;
    let client = world.register().await;
    let browser = Browser::new(&world);
    let consent = browser.to_consent(&client.request(&world)).await;
    browser.decide(&consent, &Form::of([("decision", "deny")])).await;

    let metrics = world.metrics().await;
    let expected = [
        (r#"gateway_requests_total{route="/mcp",outcome="ok"}"#, 3.0),
        (r#"gateway_requests_total{route="/mcp",outcome="unauthorized"}"#, 1.0),
        (r#"gateway_requests_total{route="/mcp",outcome="forbidden"}"#, 1.0),
        (r#"gateway_requests_total{route="/oauth/register",outcome="ok"}"#, 2.0),
        (r#"gateway_request_seconds_count{route="/mcp"}"#, 5.0),
        (r#"gateway_token_grants_total{grant="authorization_code",outcome="granted"}"#, 1.0),
        (r#"gateway_token_grants_total{grant="authorization_code",outcome="invalid_grant"}"#, 1.0),
        (r#"gateway_token_grants_total{grant="refresh_token",outcome="granted"}"#, 2.0),
        (r#"gateway_refreshes_total{outcome="advanced"}"#, 1.0),
        (r#"gateway_refreshes_total{outcome="replayed"}"#, 1.0),
        (r#"gateway_refreshes_total{outcome="reused"}"#, 0.0),
        (r#"gateway_consent_steps_total{step="asked"}"#, 2.0),
        (r#"gateway_consent_steps_total{step="signed_in"}"#, 2.0),
        (r#"gateway_consent_steps_total{step="approved"}"#, 1.0),
        (r#"gateway_consent_steps_total{step="denied"}"#, 1.0),
        ("gateway_sessions_ended_total", 1.0),
        (r#"gateway_upstream_seconds_count{outcome="answered"}"#, 4.0),
        (r#"gateway_access_token_cache_total{answer="hit"}"#, 3.0),
        (r#"gateway_access_token_cache_total{answer="miss"}"#, 2.0),
        (r#"gateway_database_connections{state="most"}"#, 4.0),
        (r#"gateway_key_age_seconds{ring="sealing"}"#, 0.0),
        ("gateway_revoked_sessions_remembered", 1.0),
        ("gateway_open_streams", 0.0),
    ];
    for (series, value) in expected {
        assert_eq!(of(&metrics, series), value, "{series}");
    }
    world.pass(7);
    assert_eq!(of(&world.metrics().await, r#"gateway_key_age_seconds{ring="access"}"#), 7.0);
}

impl World {
    /// Returns when the gateway tells of this much, at least.
    async fn until(&self, series: &str, enough: impl Fn(f64) -> bool) {
        for _ in 0..1000 {
            if enough(of(&self.metrics().await, series)) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("{series} does not get there: {:#?}", self.metrics().await);
    }
}

#[tokio::test]
async fn that_redis_is_away_is_told() {
    let relay = Relay::start().await;
    let redis_url = secrecy::ExposeSecret::expose_secret(&relay.url).to_owned();
    let world = World::start_with(&[("GATEWAY_REDIS_URL", &redis_url)]).await;
    let connected = r#"gateway_redis_connected{use="commands"}"#;
    let subscribed = r#"gateway_redis_connected{use="subscription"}"#;
    for series in [connected, subscribed] {
        world.until(series, |value| value == 1.0).await;
    }
    world.register().await;
    world.until(r#"gateway_redis_commands_total{outcome="answered"}"#, |count| count >= 1.0).await;

    relay.set(Mode::Frozen);
    for _ in 0..5 {
        world.register().await;
    }
    assert_eq!(of(&world.metrics().await, connected), 0.0);
    assert_eq!(of(&world.metrics().await, r#"gateway_redis_commands_total{outcome="timeout"}"#), 3.0);
    world.until(r#"gateway_redis_commands_total{outcome="away"}"#, |count| count >= 2.0).await;

    relay.set(Mode::Cut);
    world.until(subscribed, |value| value == 0.0).await;
    relay.set(Mode::Open);
    for series in [connected, subscribed] {
        world.until(series, |value| value == 1.0).await;
    }
}

#[tokio::test]
async fn no_stranger_makes_a_series() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    let before: Vec<String> = world.metrics().await.into_keys().collect();
    for n in 0..250 {
        let path = format!("/stranger-{n}/oauth/token?x={n}");
        world.get(&path).await;
        let method = format!("ODD{n}").parse().unwrap();
        world.http.request(method, world.url("/oauth/authorize")).send().await.unwrap();
        let grant = format!("urn:stranger:{n}");
        world.post("/oauth/token", &Form::of([("grant_type", grant.as_str()), ("client_id", &grant)])).await;
        world
            .mcp_with(&[("authorization", format!("Bearer {token}").as_str()), ("mcp-name", grant.as_str())])
            .await;
    }
    let after = world.metrics().await;
    assert!(of(&after, r#"gateway_token_grants_total{grant="other",outcome="invalid_client"}"#) >= 250.0);
    assert_eq!(after.into_keys().collect::<Vec<_>>(), before);
}

#[tokio::test]
async fn the_public_listener_tells_nothing() {
    let world = World::start().await;
    assert_eq!(world.get("/metrics").await.status, 404);
}
