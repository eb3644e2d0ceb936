//! A code that is bound to a key before it is there (RFC 9449 §10).

use super::{Holder, redeem};
use crate::harness::{Browser, Form, Tokens, World};

async fn code(world: &World, request: &Form) -> String {
    Browser::new(world).code(request, &Browser::all()).await
}

#[tokio::test]
async fn it_is_redeemed_with_that_key_alone() {
    let world = World::start().await;
    let (holder, thief) = (Holder::new(), Holder::new());
    let client = world.register().await;
    let code = code(&world, &client.request(&world).with("dpop_jkt", &holder.thumbprint())).await;
    let form = client.redemption(&code);
    assert_eq!(world.redeem(&form).await.error(), "400 invalid_dpop_proof");
    let proof = thief.proof(&world, "/oauth/token");
    assert_eq!(redeem(&world, &form, &proof).await.error(), "400 invalid_grant");
    let attempts = "SELECT CAST(code_attempts AS TEXT) FROM authorizations";
    assert_eq!(world.database.texts(attempts).await, ["2"]);
    let tokens = Tokens::of(&redeem(&world, &form, &holder.proof(&world, "/oauth/token")).await);
    assert_eq!(crate::mcp::claims(&tokens.access)["cnf"]["jkt"], holder.thumbprint());
    // Who comes again with code and verifier but not the key ends nothing.
    assert_eq!(
        redeem(&world, &form, &thief.proof(&world, "/oauth/token")).await.error(),
        "400 invalid_grant"
    );
    let refreshing = client.refreshing(&tokens.refresh);
    assert_eq!(redeem(&world, &refreshing, &holder.proof(&world, "/oauth/token")).await.status, 200);
}

#[tokio::test]
async fn a_key_that_is_none_is_told() {
    let world = World::start().await;
    let client = world.register().await;
    for wrong in ["x", &"A".repeat(42), &"A".repeat(44), &format!("{}=", "A".repeat(43))] {
        let request = client.request(&world).with("dpop_jkt", wrong);
        assert_eq!(world.post("/oauth/par", &request).await.error(), "400 invalid_request", "{wrong}");
        Browser::new(&world).ask(&request).await.assert_is_a_page(400);
    }
}

#[tokio::test]
async fn a_proof_beside_a_pushed_request_binds_as_well() {
    let world = World::start().await;
    let (holder, thief) = (Holder::new(), Holder::new());
    let client = world.register().await;
    let request = client.request(&world);
    let push = async |form: &Form, proof: &str| world.post_with("/oauth/par", form, &[("dpop", proof)]).await;
    let other = request.with("dpop_jkt", &thief.thumbprint());
    assert_eq!(push(&other, &holder.proof(&world, "/oauth/par")).await.error(), "400 invalid_request");
    let misplaced = holder.proof(&world, "/oauth/token");
    assert_eq!(push(&request, &misplaced).await.error(), "400 invalid_dpop_proof");
    let same = request.with("dpop_jkt", &holder.thumbprint());
    for form in [request, same] {
        let pushed = push(&form, &holder.proof(&world, "/oauth/par")).await;
        assert_eq!(pushed.status, 201, "{pushed:?}");
        let reference = pushed.json()["request_uri"].as_str().unwrap().to_owned();
        let asked = Form::of([("client_id", client.id.as_str()), ("request_uri", &reference)]);
        let form = client.redemption(&code(&world, &asked).await);
        assert_eq!(world.redeem(&form).await.error(), "400 invalid_dpop_proof");
        let proof = thief.proof(&world, "/oauth/token");
        assert_eq!(redeem(&world, &form, &proof).await.error(), "400 invalid_grant");
        assert_eq!(redeem(&world, &form, &holder.proof(&world, "/oauth/token")).await.status, 200);
    }
}
