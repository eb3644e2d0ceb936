//! A code against tokens: once, by its client, with its verifier, in its time.

use crate::{
    harness::{Browser, Client, Form, Tokens, VERIFIER, World},
    mcp::claims,
};

async fn coded(world: &World) -> (Client, String, Form) {
    let client = world.register().await;
    let code = Browser::new(world).code_for(&client).await;
    let form = client.redemption(&code);
    (client, code, form)
}

async fn assert_refused(world: &World, form: &Form, error: &str) {
    assert_eq!(world.redeem(form).await.error(), error, "{form:?}");
    assert_eq!(world.database.count("sessions").await, 0);
}

#[tokio::test]
async fn a_code_becomes_tokens_bound_to_person_client_and_resource() {
    let world = World::start().await;
    let (client, _, form) = coded(&world).await;
    let reply = world.redeem(&form).await;
    assert_eq!(
        (reply.status, reply.header("cache-control"), reply.header("pragma")),
        (200, "no-store", "no-cache")
    );
    let answer = reply.json();
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["expires_in"], 900);
    assert_eq!(answer["scope"], "peaka:read peaka:query peaka:write");
    assert!(answer["refresh_token"].as_str().unwrap().starts_with("pkm_rt_"));
    assert_eq!(answer.as_object().unwrap().len(), 5);
    let claims = claims(answer["access_token"].as_str().unwrap());
    assert_eq!(claims["client_id"], client.id);
    assert_eq!(claims["aud"], world.url("/mcp"));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);
    assert_eq!(world.database.audit().await, ["session_began"]);
}

#[tokio::test]
async fn the_redirect_uri_may_be_left_out_but_not_differ() {
    let world = World::start().await;
    let (_, _, form) = coded(&world).await;
    for other in [
        "https://claude.ai/api/mcp/auth_callback/",
        "https://CLAUDE.ai/api/mcp/auth_callback",
        "https://evil.example/",
    ] {
        assert_refused(&world, &form.with("redirect_uri", other), "400 invalid_grant").await;
    }
    assert_eq!(world.redeem(&form.without("redirect_uri")).await.status, 200);
}

#[tokio::test]
async fn a_wrong_verifier_leaves_the_code_to_its_holder() {
    let world = World::start().await;
    let (_, _, form) = coded(&world).await;
    let wrong = format!("{}x", &VERIFIER[..42]);
    assert_refused(&world, &form.without("code_verifier"), "400 invalid_request").await;
    assert_refused(&world, &form.with("code_verifier", ""), "400 invalid_request").await;
    for verifier in
        [wrong.as_str(), &VERIFIER[..42], &"a".repeat(129), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"]
    {
        assert_refused(&world, &form.with("code_verifier", verifier), "400 invalid_grant").await;
    }
    assert_eq!(world.redeem(&form).await.status, 200);
}

#[tokio::test]
async fn five_wrong_tries_burn_a_code() {
    let world = World::start().await;
    let (_, _, form) = coded(&world).await;
    for _ in 0..5 {
        assert_refused(&world, &form.with("code_verifier", &"a".repeat(43)), "400 invalid_grant").await;
    }
    assert_refused(&world, &form, "400 invalid_grant").await;
}

#[tokio::test]
async fn a_code_is_of_no_use_to_another_client() {
    let world = World::start().await;
    let (_, _, form) = coded(&world).await;
    let other = world.register().await;
    assert_refused(&world, &form.with("client_id", &other.id), "400 invalid_grant").await;
    assert_eq!(world.redeem(&form).await.status, 200);
}

#[tokio::test]
async fn a_code_lives_for_a_minute_by_clocks_that_are_half_a_minute_apart() {
    let world = World::start().await;
    let (_, _, form) = coded(&world).await;
    world.pass(90);
    assert_refused(&world, &form, "400 invalid_grant").await;
    let (_, _, form) = coded(&world).await;
    world.pass(89);
    assert_eq!(world.redeem(&form).await.status, 200);
}

#[tokio::test]
async fn the_holder_coming_twice_ends_the_session() {
    let world = World::start().await;
    let connected = world.connect().await;
    let form = connected.client.redemption(&connected.code);
    assert_eq!(world.redeem(&form).await.error(), "400 invalid_grant");
    world.assert_over(&connected.client, &connected.tokens).await;
    assert_eq!(world.database.audit().await, ["session_began", "code_replayed"]);
    // Long after the code itself ended, too.
    let connected = world.connect().await;
    world.pass(600);
    assert_eq!(
        world.redeem(&connected.client.redemption(&connected.code)).await.error(),
        "400 invalid_grant"
    );
    world.assert_over(&connected.client, &connected.tokens).await;
}

/// Row 28: replaying somebody's code must not be a way to end their session.
#[tokio::test]
async fn a_stranger_coming_second_ends_nothing() {
    let world = World::start().await;
    let connected = world.connect().await;
    let form = connected.client.redemption(&connected.code);
    let stranger = world.register().await;
    for replay in [
        form.with("code_verifier", &"a".repeat(43)),
        form.with("client_id", &stranger.id),
        form.with("redirect_uri", "https://evil.example/"),
    ] {
        assert_eq!(world.redeem(&replay).await.error(), "400 invalid_grant");
        world.assert_alive(&connected).await;
    }
    assert_eq!(world.database.audit().await, ["session_began"]);
    assert_eq!(world.refresh(&connected.client, &connected.tokens.refresh).await.status, 200);
}

#[tokio::test]
async fn garbage_is_no_code() {
    let world = World::start().await;
    let (_, code, form) = coded(&world).await;
    let mut near = code.clone();
    near.replace_range(10..11, if &near[10..11] == "A" { "B" } else { "A" });
    for garbage in [
        near.as_str(),
        &code.to_lowercase(),
        &code[..38],
        "pkm_ac_",
        "x",
        &"x".repeat(9000),
        &format!(" {code}"),
    ] {
        assert_refused(&world, &form.with("code", garbage), "400 invalid_grant").await;
    }
    assert_refused(&world, &form.without("code"), "400 invalid_request").await;
    assert_eq!(world.redeem(&form).await.status, 200);
}

#[tokio::test]
async fn guessing_from_one_address_is_slowed() {
    let world = World::start().await;
    let (_, code, form) = coded(&world).await;
    let guess = form.with("code", &code.replace("pkm_ac_", "pkm_ac_A"));
    for _ in 0..300 {
        assert_eq!(world.redeem(&guess).await.error(), "400 invalid_grant");
    }
    let slowed = world.redeem(&guess).await;
    assert_eq!(slowed.error(), "429 temporarily_unavailable");
    assert!(slowed.header("retry-after").parse::<u32>().is_ok());
}

#[tokio::test]
async fn of_many_at_once_one_wins() {
    let world = World::start().await;
    let (client, _, form) = coded(&world).await;
    let answers = world.redeem_at_once(&form, 32).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(status, _)| *status == 200);
    assert_eq!((won.len(), lost.len()), (1, 31));
    assert!(lost.iter().all(|(status, body)| *status == 400 && body["error"] == "invalid_grant"));
    assert_eq!(world.database.count("sessions").await, 1);
    // Whoever held code and verifier came too often.
    assert_eq!(world.redeem(&form).await.error(), "400 invalid_grant");
    let winner = Tokens::from_answer(&won[0].1);
    world.assert_over(&client, &winner).await;
}
