//! Rows 26 to 32: authorization codes.

use super::{assert_unchanged, registered, world};
use crate::harness::{Browser, Tokens};

const CLIENT: &str = "https://client.example/cb";

#[tokio::test]
async fn row_26_pkce_downgrade() {
    let world = world().await;
    let client = registered(&world, CLIENT).await;
    let browser = Browser::new(&world);
    let form = client.redemption(&browser.code_for(&client).await);
    assert_eq!(world.redeem(&form.without("code_verifier")).await.error(), "400 invalid_request");
    assert_eq!(world.redeem(&form.with("code_verifier", "")).await.error(), "400 invalid_request");
    // A wrong verifier does not burn the code, but the tries are counted: four are survived.
    for wrong in ["v".repeat(42), "v".repeat(129), format!("{} ", "v".repeat(43)), "w".repeat(43)] {
        let refused = world.redeem(&form.with("code_verifier", &wrong)).await.error();
        assert!(["400 invalid_grant", "400 invalid_request"].contains(&refused.as_str()), "{refused}");
    }
    assert_eq!(world.redeem(&form).await.status, 200);
    let form = client.redemption(&browser.code_for(&client).await);
    for _ in 0..5 {
        world.redeem(&form.with("code_verifier", &"w".repeat(43))).await;
    }
    assert_eq!(world.redeem(&form).await.error(), "400 invalid_grant", "five tries burn it");
    assert_eq!(world.database.count("sessions").await, 1);
}

#[tokio::test]
async fn row_27_code_replay() {
    let world = world().await;
    let connected = world.connect().await;
    world.assert_alive(&connected).await;
    let again = world.redeem(&connected.client.redemption(&connected.code)).await;
    assert_eq!(again.error(), "400 invalid_grant");
    world.assert_over(&connected.client, &connected.tokens).await;
}

#[tokio::test]
async fn row_28_replay_as_a_weapon() {
    let world = world().await;
    let connected = world.connect().await;
    let other = registered(&world, CLIENT).await;
    let form = connected.client.redemption(&connected.code);
    for (what, bent) in [
        ("a wrong verifier", form.with("code_verifier", &"w".repeat(43))),
        ("another client", form.with("client_id", &other.id)),
        ("another redirect URI", form.with("redirect_uri", CLIENT)),
        (
            "a made-up code",
            form.with("code", &format!("{}AAAA", &connected.code[..connected.code.len() - 4])),
        ),
    ] {
        assert_eq!(world.redeem(&bent).await.error(), "400 invalid_grant", "{what}");
        world.assert_alive(&connected).await;
    }
}

#[tokio::test]
async fn row_29_a_code_of_another_client() {
    let world = world().await;
    let (a, b) = (registered(&world, CLIENT).await, registered(&world, CLIENT).await);
    let metadata =
        serde_json::json!({"redirect_uris": [CLIENT], "token_endpoint_auth_method": "client_secret_post"});
    let confidential = world.client(&metadata).await;
    let form = a.redemption(&Browser::new(&world).code_for(&a).await);
    for thief in [&b, &confidential] {
        let stolen = thief.redemption(form.get("code"));
        assert_eq!(world.redeem(&stolen).await.error(), "400 invalid_grant");
        assert_eq!(world.database.count("sessions").await, 0);
    }
    assert_eq!(world.redeem(&form).await.status, 200);
}

/// Over two replicas, and in a hundred rounds, this is shown in `replicas/codes.rs`.
#[tokio::test]
async fn row_30_a_race_for_a_code() {
    let world = world().await;
    let client = registered(&world, CLIENT).await;
    for round in 1..=3 {
        let form = client.redemption(&Browser::new(&world).code_for(&client).await);
        let answers = world.redeem_at_once(&form, 32).await;
        assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1, "{answers:?}");
        assert_eq!(answers.iter().filter(|(status, _)| *status == 400).count(), 31, "{answers:?}");
        assert_eq!(world.database.count("sessions").await, round);
    }
}

#[tokio::test]
async fn row_31_redirect_uri_in_the_token_request() {
    let world = world().await;
    let client = registered(&world, CLIENT).await;
    let browser = Browser::new(&world);
    let form = client.redemption(&browser.code_for(&client).await);
    let other = world.redeem(&form.with("redirect_uri", "https://client.example/cb/")).await;
    assert_eq!(other.error(), "400 invalid_grant");
    assert_eq!(world.redeem(&form).await.status, 200);
    let form = client.redemption(&browser.code_for(&client).await);
    assert_eq!(world.redeem(&form.without("redirect_uri")).await.status, 200);
}

#[tokio::test]
async fn row_32_codes_that_are_old_or_guessed() {
    let world = world().await;
    let client = registered(&world, CLIENT).await;
    let form = client.redemption(&Browser::new(&world).code_for(&client).await);
    let code = form.get("code").to_owned();
    assert!(code.starts_with("pkm_ac_") && code.len() >= 7 + 27, "160 bits and more: {code}");
    // Its time is over: the row's, as the process has the machine's clock.
    world.database.run("UPDATE authorizations SET expires_at_ms = 1").await;
    let before = world.database.dump().await;
    assert_eq!(world.redeem(&form).await.error(), "400 invalid_grant");
    assert_unchanged(&world, &before, "an old code").await;
    let mut refusals = std::collections::BTreeMap::new();
    for n in 0..400 {
        let guess = format!("pkm_ac_{n:032}");
        let reply = world.redeem(&form.with("code", &guess)).await;
        if reply.status == 429 {
            assert!((1..=60).contains(&reply.header("retry-after").parse::<u32>().unwrap()));
        }
        *refusals.entry(reply.error()).or_insert(0) += 1;
    }
    assert_eq!(refusals.len(), 2, "{refusals:?}");
    assert!(
        refusals["400 invalid_grant"] >= 290 && refusals["429 temporarily_unavailable"] >= 90,
        "{refusals:?}"
    );
    assert_unchanged(&world, &before, "guessing").await;
    // Who has a good one is let through meanwhile.
    let form = client.redemption(&Browser::new(&world).code_for(&client).await);
    Tokens::of(&world.redeem(&form).await);
}
