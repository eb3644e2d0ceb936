//! Where the endpoints are: told by metadata, remembered, configured.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use gateway::peaka::{Outage, Peaka};
use serde_json::json;
use url::Url;

use super::{Double, Reply, client, client_of, metadata};

const AS: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";
const HOUR: Duration = Duration::from_secs(60 * 60);

async fn open(peaka: &Peaka) -> Result<Url, Outage> {
    let callback = Url::parse("https://gw.example/oauth/callback").unwrap();
    peaka.sign_in.authorization_url(&callback, "s", &[]).await.map(|step| step.url)
}

/// An issuer that can be broken.
async fn breakable() -> (Double, Arc<AtomicBool>) {
    let broken = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&broken);
    let double = Double::start(move |_, origin| match switch.load(Ordering::SeqCst) {
        true => Reply::html(502),
        false => metadata(origin),
    })
    .await;
    (double, broken)
}

#[tokio::test]
async fn an_openid_provider_is_found_too() {
    let double = Double::start(|seen, origin| match seen.path.as_str() {
        "/realms/a/.well-known/openid-configuration" => metadata(&format!("{origin}/realms/a")),
        _ => Reply::html(404),
    })
    .await;
    let (peaka, _) = client_of(&format!("{}/realms/a", double.origin), &[]);
    assert!(open(&peaka).await.unwrap().path().starts_with("/realms/a/authorize"));
    assert_eq!(double.paths(), [format!("{AS}/realms/a"), format!("/realms/a{OPENID}")]);
}

#[tokio::test]
async fn metadata_of_another_issuer_is_not_used() {
    for told in ["https://evil.example", "", "{origin}/", "{origin}/a"] {
        let double = Double::start(move |_, origin| {
            let Reply::Text(status, kind, body) = metadata(origin) else { return Reply::Never };
            let mut document: serde_json::Value = serde_json::from_str(&body).unwrap();
            document["issuer"] = json!(told.replace("{origin}", origin));
            Reply::Text(status, kind, document.to_string())
        })
        .await;
        let (peaka, _) = client(&double, &[]);
        assert!(matches!(open(&peaka).await, Err(Outage::Misconfigured(_))), "{told}");
    }
}

#[tokio::test]
async fn metadata_is_remembered_for_an_hour_and_survives_an_outage_for_a_day() {
    let (double, broken) = breakable().await;
    let (peaka, clock) = client(&double, &[]);
    for (advance, is_broken, requests, opens) in [
        (Duration::ZERO, false, 1, true),
        (HOUR - Duration::from_secs(1), false, 1, true),
        (Duration::from_secs(1), false, 2, true),
        // Both addresses are tried, and then not again for a minute.
        (HOUR, true, 4, true),
        (Duration::from_secs(59), true, 4, true),
        (Duration::from_secs(1), true, 6, true),
        (22 * HOUR, true, 8, true),
        (HOUR, true, 10, false),
        (Duration::ZERO, true, 12, false),
        (Duration::ZERO, false, 13, true),
    ] {
        clock.advance(advance);
        broken.store(is_broken, Ordering::SeqCst);
        let opened = open(&peaka).await;
        assert_eq!((double.paths().len(), opened.is_ok()), (requests, opens));
        if let Err(outage) = opened {
            assert!(matches!(outage, Outage::Status(status) if status == 502));
        }
    }
}

#[tokio::test]
async fn many_sign_ins_at_once_fetch_it_once() {
    let (double, broken) = breakable().await;
    broken.store(true, Ordering::SeqCst);
    let (peaka, _) = client(&double, &[]);
    let opened = join_all((0..20).map(|_| open(&peaka))).await;
    assert!(opened.iter().all(Result::is_err));
    assert_eq!(double.paths(), [AS, OPENID]);
    broken.store(false, Ordering::SeqCst);
    let opened = join_all((0..20).map(|_| open(&peaka))).await;
    assert!(opened.iter().all(Result::is_ok));
    assert_eq!(double.paths(), [AS, OPENID, AS]);
}

#[tokio::test]
async fn a_sign_in_that_is_given_up_does_not_block_the_next() {
    let first = AtomicBool::new(true);
    let double = Double::start(move |_, origin| match first.swap(false, Ordering::SeqCst) {
        true => Reply::Never,
        false => metadata(origin),
    })
    .await;
    let (peaka, _) = client(&double, &[]);
    tokio::select! {
        opened = open(&peaka) => panic!("{opened:?}"),
        () = double.saw(1) => {}
    }
    open(&peaka).await.unwrap();
}

#[tokio::test]
async fn configured_endpoints_need_no_metadata() {
    let double = Double::start(|_, _| Reply::html(500)).await;
    let (peaka, _) = client(
        &double,
        &[
            ("PEAKA_AUTHORIZATION_ENDPOINT", "http://elsewhere.example/a"),
            ("PEAKA_TOKEN_ENDPOINT", "http://elsewhere.example/t"),
        ],
    );
    assert_eq!(open(&peaka).await.unwrap().host_str(), Some("elsewhere.example"));
    assert!(double.paths().is_empty());
}

#[tokio::test]
async fn a_configured_endpoint_goes_before_a_told_one() {
    let (double, _) = breakable().await;
    let (peaka, _) = client(&double, &[("PEAKA_AUTHORIZATION_ENDPOINT", "http://elsewhere.example/a")]);
    assert_eq!(open(&peaka).await.unwrap().host_str(), Some("elsewhere.example"));
    assert_eq!(double.paths(), [AS]);
}
