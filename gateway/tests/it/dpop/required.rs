//! Clients that get no token without a proof (`dpop_bound_access_tokens`, RFC 9449 §5.2), however they came to be known.

use std::io::Write as _;

use serde_json::json;
use tempfile::NamedTempFile;

use super::{Holder, redeem};
use crate::{
    cimd::{
        host::{Act, document, ok},
        site::Site,
    },
    harness::{Browser, Client, World},
};

async fn gets_none_without(world: &World, client: &Client) {
    let code = Browser::new(world).code_for(client).await;
    let form = client.redemption(&code);
    assert_eq!(world.redeem(&form).await.error(), "400 invalid_dpop_proof");
    let holder = Holder::new();
    let reply = redeem(world, &form, &holder.proof(world, "/oauth/token")).await;
    assert_eq!((reply.status, reply.json()["token_type"].as_str()), (200, Some("DPoP")), "{reply:?}");
}

#[tokio::test]
async fn one_that_registered_so() {
    let world = World::start().await;
    let metadata = json!({"client_name": "A", "redirect_uris": ["https://a.example/cb"], "dpop_bound_access_tokens": true});
    assert_eq!(world.register_with(&metadata).await.json()["dpop_bound_access_tokens"], true);
    gets_none_without(&world, &world.client(&metadata).await).await;
    let wrong = json!({"redirect_uris": ["https://a.example/cb"], "dpop_bound_access_tokens": "yes"});
    assert_eq!(world.register_with(&wrong).await.error(), "400 invalid_client_metadata");
    let silent = json!({"redirect_uris": ["https://a.example/cb"]});
    assert!(world.register_with(&silent).await.json().get("dpop_bound_access_tokens").is_none());
}

#[tokio::test]
async fn one_whose_document_says_so() {
    let act = Act::Send(ok("", &document(json!({"dpop_bound_access_tokens": true}))));
    let site = Site::start(vec![act], &[]).await;
    gets_none_without(&site.world, &site.client).await;
}

#[tokio::test]
async fn one_that_the_operator_wrote_down_so() {
    let mut file = NamedTempFile::new().unwrap();
    let clients = json!({"clients": [
        {
            "client_id": "bound",
            "redirect_uris": ["https://a.example/cb"],
            "token_endpoint_auth_method": "none",
            "dpop_bound_access_tokens": true,
        },
    ]});
    file.write_all(clients.to_string().as_bytes()).unwrap();
    let world = World::start_with(&[("GATEWAY_CLIENTS_FILE", file.path().to_str().unwrap())]).await;
    let client =
        Client { id: "bound".to_owned(), secret: None, redirect_uri: "https://a.example/cb".to_owned() };
    gets_none_without(&world, &client).await;
    // It needs none to ask for authorization.
    let pushed = world.post("/oauth/par", &client.request(&world)).await;
    assert_eq!(pushed.status, 201, "{pushed:?}");
}
