//! A Peaka that hangs. These tests wait out real deadlines.

use std::sync::Arc;

use futures_util::future::join_all;
use gateway::peaka::{GrantError, Outage};
use serde_json::json;
use tokio::sync::Semaphore;

use super::{Double, Reply, client, issuer};

#[tokio::test]
async fn no_more_than_32_calls_to_the_token_endpoint_at_a_time() {
    let gate = Arc::new(Semaphore::new(0));
    let hold = Arc::clone(&gate);
    let double = issuer(move |_| {
        let token = Reply::json(200, json!({"access_token": "a", "token_type": "bearer"}));
        Reply::After(Arc::clone(&hold), Box::new(token))
    })
    .await;
    let (peaka, _) = client(&double, &[]);
    // The metadata first, or its fetch would be one of those counted.
    peaka.sign_in.accepts_issuer(None).await.unwrap();
    let (token, counted) = ("r".into(), &peaka.sign_in);
    let refreshes = join_all((0..40).map(async |_| {
        let answer = counted.refresh(&token).await;
        if matches!(answer, Err(GrantError::Outage(Outage::Busy))) {
            // Once the last of those without a turn has given up, the others are let go: 8 × 4 = 32.
            gate.add_permits(4);
        }
        answer
    }))
    .await;
    assert_eq!(refreshes.iter().filter(|answer| answer.is_ok()).count(), 32);
    assert_eq!(double.most_at_once(), 32);
}

#[tokio::test]
async fn a_hanging_peaka_costs_eight_seconds() {
    let double = Double::start(|seen, _| match seen.path.as_str() {
        "/api/v1/organizations" => Reply::json(200, json!([{"id": "a"}, {"id": "b"}])),
        "/api/v1/organizations/a/workspaces" => Reply::json(200, json!([])),
        _ => Reply::Never,
    })
    .await;
    let (peaka, _) = client(&double, &[]);
    let token = "t".into();
    let (projects, opened) =
        tokio::join!(peaka.partner_api.projects(&token), peaka.sign_in.accepts_issuer(None));
    assert!(projects.unwrap().incomplete);
    assert!(matches!(opened, Err(Outage::Timeout)), "{opened:?}");
}
