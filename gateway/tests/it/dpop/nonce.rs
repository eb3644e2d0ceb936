//! Nonces of the server (RFC 9449 §8, §9).

use serde_json::{Value, json};

use super::{Holder, holder::with, present, redeem};
use crate::harness::{Browser, Reply, Tokens, World};

async fn world() -> World {
    World::start_with(&[("GATEWAY_DPOP", "nonce")]).await
}

fn nonce(reply: &Reply) -> Value {
    let nonce = reply.header("dpop-nonce");
    assert!(!nonce.is_empty() && nonce.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\'));
    json!(nonce)
}

#[tokio::test]
async fn each_proof_must_hold_one_and_each_answer_gives_the_next() {
    let world = world().await;
    let holder = Holder::new();
    let client = world.register().await;
    let code = Browser::new(&world).code_for(&client).await;
    let form = client.redemption(&code);
    let before = world.database.dump().await;
    let plain = holder.claims(&world, "/oauth/token");
    let asked = redeem(&world, &form, &holder.sign(&plain)).await;
    assert_eq!(asked.error(), "400 use_dpop_nonce");
    // Nothing is noted, nothing is spent: the same proof may come again with the nonce.
    assert_eq!(world.database.dump().await, before);
    let given = redeem(&world, &form, &holder.sign(&with(&plain, "nonce", nonce(&asked)))).await;
    let tokens = Tokens::of(&given);
    assert_eq!(nonce(&given), nonce(&asked));

    let plain = holder.claims_for(&world, &tokens.access);
    let asked = present(&world, &tokens.access, &holder.sign(&plain)).await;
    assert_eq!(asked.status, 401);
    assert!(asked.header("www-authenticate").starts_with("DPoP error=\"use_dpop_nonce\""), "{asked:?}");
    let proof = holder.sign(&with(&plain, "nonce", nonce(&asked)));
    let served = present(&world, &tokens.access, &proof).await;
    assert_eq!((served.status, nonce(&served)), (200, nonce(&asked)));
    // A nonce is not for once; a proof is.
    assert_eq!(present(&world, &tokens.access, &proof).await.status, 401);
    let next = with(&holder.claims_for(&world, &tokens.access), "nonce", nonce(&asked));
    assert_eq!(present(&world, &tokens.access, &holder.sign(&next)).await.status, 200);
}

#[tokio::test]
async fn a_nonce_is_over_after_a_while_and_none_is_made_by_others() {
    let world = world().await;
    let holder = Holder::new();
    let client = world.register().await;
    let refreshing = client.refreshing("none");
    let asked = redeem(&world, &refreshing, &holder.proof(&world, "/oauth/token")).await;
    let first = nonce(&asked);
    let try_with = async |value: Value| {
        let claims = with(&holder.claims(&world, "/oauth/token"), "nonce", value);
        redeem(&world, &refreshing, &holder.sign(&claims)).await.error()
    };
    assert_eq!(try_with(first.clone()).await, "400 invalid_grant");
    let text = first.as_str().unwrap();
    let (slot, hash) = text.split_once('.').unwrap();
    let later = slot.parse::<i64>().unwrap() + 1;
    for forged in
        [format!("{later}.{hash}"), format!("0{text}"), format!("{text}A"), slot.to_owned(), "x".into()]
    {
        assert_eq!(try_with(json!(forged)).await, "400 use_dpop_nonce", "{forged}");
    }
    world.pass(120);
    assert_eq!(try_with(first.clone()).await, "400 invalid_grant");
    world.pass(120);
    assert_eq!(try_with(first).await, "400 use_dpop_nonce");
}
