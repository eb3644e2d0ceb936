//! Peaka's tokens are renewed ahead of their end, by one at a time, and only a proven refusal ends a session.

use standin::{Fault, FaultKind, demo::PEOPLE};

use super::{exchange, form, identity, peaka_token, sha256, whose};
use crate::harness::{Browser, Reply, World};

#[tokio::test]
async fn a_token_is_renewed_a_minute_ahead_of_its_end() {
    for rotates in [true, false] {
        let world = World::start().await;
        world.peaka.rotate_refresh_tokens(rotates);
        let connected = world.connect().await;
        let first = peaka_token(&world, &connected.tokens.access).await;
        world.pass(239);
        assert_eq!(peaka_token(&world, &connected.tokens.access).await, first);
        world.pass(1);
        let second = peaka_token(&world, &connected.tokens.access).await;
        assert_ne!(second, first);
        assert_eq!(peaka_token(&world, &connected.tokens.access).await, second);
        // And again with the refresh token that came with it, or with the one that stayed.
        world.pass(300);
        let third = peaka_token(&world, &connected.tokens.access).await;
        assert_ne!(third, second);
        assert_eq!(whose(&world, &third).await, PEOPLE[0].email);
    }
}

#[tokio::test]
async fn a_token_that_peaka_rejected_is_renewed_once() {
    let world = World::start().await;
    let connected = world.connect().await;
    let first = peaka_token(&world, &connected.tokens.access).await;
    world.peaka.expire_access_tokens();
    let good = form(&identity(&world, &connected.tokens.access).await);
    let token = |reply: Reply| reply.json()["access_token"].as_str().unwrap().to_owned();
    for other in ["x", &sha256("another token"), &first] {
        let same = exchange(&world, &good.with("rejected_token_sha256", other)).await;
        assert_eq!(token(same), first, "{other}");
    }
    let rejected = good.with("rejected_token_sha256", &sha256(&first));
    let second = token(exchange(&world, &rejected).await);
    assert_ne!(second, first);
    assert_eq!(whose(&world, &second).await, PEOPLE[0].email);
    // Others that were rejected with the old one get the new one, not another.
    for _ in 0..3 {
        assert_eq!(token(exchange(&world, &rejected).await), second);
    }
}

#[tokio::test]
async fn many_at_once_renew_it_once() {
    let world = World::start().await;
    let connected = world.connect().await;
    let first = peaka_token(&world, &connected.tokens.access).await;
    world.pass(300);
    let good = form(&identity(&world, &connected.tokens.access).await);
    let replies = futures_util::future::join_all((0..16).map(|_| exchange(&world, &good))).await;
    // Peaka ends a refresh token with its use: a second renewal would have been the end of the session.
    for reply in &replies {
        assert_eq!((reply.status, &reply.json()["access_token"]), (200, &replies[0].json()["access_token"]));
    }
    assert_ne!(replies[0].json()["access_token"], first);
    world.assert_alive(&connected).await;
}

/// Peaka's answer holds the only copy of what it rotated to: a database that fails just then must not cost the session.
#[tokio::test]
async fn a_renewed_token_that_could_not_be_stored_is_stored_later() {
    let world = World::start().await;
    let connected = world.connect().await;
    let first = peaka_token(&world, &connected.tokens.access).await;
    world.pass(300);
    let refuse =
        "CREATE TRIGGER refuse BEFORE UPDATE OF sealed ON credentials BEGIN SELECT RAISE(ABORT, 'away'); END";
    world.database.run(refuse).await;
    let second = peaka_token(&world, &connected.tokens.access).await;
    assert_ne!(second, first);
    world.database.run("DROP TRIGGER refuse").await;
    let version = || world.database.texts("SELECT CAST(version AS TEXT) FROM credentials");
    let stored = async {
        while version().await != ["2"] {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), stored).await.unwrap();
    assert_eq!(peaka_token(&world, &connected.tokens.access).await, second);
    world.pass(300);
    assert_ne!(peaka_token(&world, &connected.tokens.access).await, second);
    world.assert_alive(&connected).await;
}

#[tokio::test]
async fn while_peaka_is_away_a_token_that_still_lives_is_given() {
    let world = World::start().await;
    let connected = world.connect().await;
    let first = peaka_token(&world, &connected.tokens.access).await;
    world.pass(280);
    world.peaka.faults().add(Fault::new(FaultKind::Unavailable).on("/oauth2/token").times(9));
    assert_eq!(peaka_token(&world, &connected.tokens.access).await, first);
}

#[tokio::test]
async fn an_outage_of_peaka_ends_no_session() {
    let world = World::start().await;
    let connected = world.connect().await;
    world.pass(300);
    let good = form(&identity(&world, &connected.tokens.access).await);
    let before = world.database.texts("SELECT id || (revoked_at_ms IS NULL) FROM sessions").await;
    for fault in [
        FaultKind::Internal,
        FaultKind::BadGatewayHtml,
        FaultKind::Unavailable,
        FaultKind::TooManyRequests,
        FaultKind::Reset,
        FaultKind::Empty,
        FaultKind::Unauthorized,
        FaultKind::Forbidden,
        FaultKind::BadRequestFramework,
    ] {
        world.peaka.faults().add(Fault::new(fault).on("/oauth2/token"));
        let reply = exchange(&world, &good).await;
        assert_eq!(reply.error(), "503 temporarily_unavailable", "{fault:?}");
        assert_eq!(reply.header("retry-after"), "2");
        world.assert_alive(&connected).await;
    }
    assert_eq!(world.database.texts("SELECT id || (revoked_at_ms IS NULL) FROM sessions").await, before);
    assert_eq!(world.database.audit().await, ["session_began"]);
    assert_eq!(exchange(&world, &good).await.status, 200);
}

#[tokio::test]
async fn a_refused_grant_ends_every_session_that_acts_with_it() {
    let world = World::start().await;
    let browser = Browser::new(&world);
    let mut of_ada = Vec::new();
    for _ in 0..2 {
        let client = world.register().await;
        let code = browser.code_for(&client).await;
        let tokens = world.tokens(&client, &code).await;
        of_ada.push((client, tokens));
    }
    assert_eq!(world.database.count("credentials").await, 1);
    let client = world.register().await;
    let code = Browser::of(&world, &PEOPLE[1]).code_for(&client).await;
    let of_grace = world.tokens(&client, &code).await;
    world.peaka.revoke(PEOPLE[0].email);
    world.pass(300);
    let good = form(&identity(&world, &of_ada[0].1.access).await);
    assert_eq!(exchange(&world, &good).await.error(), "400 invalid_grant");
    for (client, tokens) in &of_ada {
        world.assert_over(client, tokens).await;
    }
    assert_eq!(exchange(&world, &good).await.error(), "400 invalid_grant");
    assert_eq!(world.mcp(&of_grace.access).await.status, 200);
    assert_eq!(whose(&world, &peaka_token(&world, &of_grace.access).await).await, PEOPLE[1].email);
    let ended: Vec<String> =
        world.database.audit().await.into_iter().filter(|kind| kind != "session_began").collect();
    assert_eq!(ended, ["credential_dead", "credential_dead"]);
    // The browser that was signed in with it is not believed any more either.
    let page = browser.ask(&of_ada[0].0.request(&world)).await;
    assert!(browser.go_on(&page).await.link().starts_with(world.peaka.url()));
}
