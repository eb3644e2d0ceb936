//! What is noted of a whole journey, and what is not.

use crate::harness::{Browser, Form, World};

const CLIENT: &str = "Claude";

#[tokio::test]
async fn a_journey_is_noted_step_by_step() {
    let world = World::start().await;
    let connected = world.connect().await;
    world.refresh(&connected.client, &connected.tokens.refresh).await.json();
    assert_eq!(
        world.post("/oauth/revoke", &connected.client.revoking(&connected.tokens.access)).await.status,
        200
    );
    let subject = world.database.texts("SELECT subject FROM sessions").await.pop().unwrap();
    let all = "peaka:read peaka:query peaka:write";
    for (kind, detail) in [
        ("signed_in", "-"),
        ("consent_given", all),
        ("session_began", &format!("authorization_code: {all}")),
        ("refreshed", "-"),
        ("client_revoked", "-"),
    ] {
        let expected = format!("done {subject} {CLIENT} 127.0.0.1/32 {detail}");
        assert_eq!(world.database.noted(kind).await, expected, "{kind}");
    }
    assert_eq!(
        world.database.texts("SELECT kind FROM audit_events WHERE outcome = 'refused'").await,
        [""; 0]
    );
}

#[tokio::test]
async fn a_refusal_is_noted_with_whom_and_from_where() {
    let world = World::start().await;
    let client = world.register().await;
    let browser = Browser::new(&world);
    let consent = browser.to_consent(&client.request(&world)).await;
    let authorization = consent.hidden("authorization");
    let form = Form::of([("authorization", authorization.as_str()), ("decision", "deny")]);
    assert_eq!(
        browser.post_from("/oauth/consent", &form, &[("sec-fetch-site", "cross-site")]).await.status,
        403
    );
    assert_eq!(browser.post("/oauth/consent", &form).await.status, 200);
    let bent = client.request(&world).with("redirect_uri", "https://evil.example/");
    assert_eq!(browser.ask(&bent).await.status, 400);
    world.redeem(&client.redemption("pkm_ac_guess")).await;
    world.redeem(&client.redemption("pkm_ac_guess").with("client_id", "nobody")).await;
    assert_eq!(world.mcp("forged").await.status, 401);
    assert!(world.database.noted("consent_denied").await.ends_with(&format!("{CLIENT} 127.0.0.1/32 -")));
    for kind in ["form_refused", "redirect_uri_refused", "grant_refused", "client_refused", "token_forged"] {
        assert_eq!(world.database.noted(kind).await, "refused - - 127.0.0.1/32 -", "{kind}");
    }
}

#[tokio::test]
async fn a_flood_of_strangers_writes_next_to_nothing() {
    let world = World::start().await;
    for n in 0..500 {
        assert_eq!(world.mcp(&format!("forged{n}")).await.status, 401);
    }
    world.database.noted("token_forged").await;
    assert_eq!(
        world.database.texts("SELECT id FROM audit_events WHERE kind = 'token_forged'").await.len(),
        1
    );
}

#[tokio::test]
async fn an_outage_takes_no_refusal_along() {
    let world = World::start().await;
    let connected = world.connect().await;
    world.database.rename("audit_events", "away").await;
    let refused = world.redeem(&connected.client.redemption("pkm_ac_guess")).await;
    assert_eq!(refused.error(), "400 invalid_grant");
    assert_eq!(world.mcp("forged").await.status, 401);
    assert_eq!(world.refresh(&connected.client, &connected.tokens.refresh).await.status, 200);
    // But what begins or ends a session is noted with it or does not happen.
    let revoked = world.post("/oauth/revoke", &connected.client.revoking(&connected.tokens.access)).await;
    assert_eq!(revoked.error(), "503 temporarily_unavailable");
    world.assert_alive(&connected).await;
    world.database.rename("away", "audit_events").await;
}

#[tokio::test]
async fn a_session_that_is_refreshed_all_day_has_one_row_of_it() {
    let world = World::start().await;
    let connected = world.connect().await;
    let mut token = connected.tokens.refresh.clone();
    for _ in 0..5 {
        token = world.refresh(&connected.client, &token).await.json()["refresh_token"]
            .as_str()
            .unwrap()
            .to_owned();
        world.pass(60);
    }
    world.database.noted("refreshed").await;
    world.pass(24 * 60 * 60);
    world.refresh(&connected.client, &token).await.json();
    let rows = || world.database.texts("SELECT id FROM audit_events WHERE kind = 'refreshed'");
    while rows().await.len() < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(rows().await.len(), 2);
}
