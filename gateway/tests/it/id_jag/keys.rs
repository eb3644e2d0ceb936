//! The issuer's keys at an address.

use std::io::Write as _;

use serde_json::json;

use super::house::{House, issuer};
use crate::{
    cimd::host::{Act, Host, NAME, ok},
    private_key_jwt::key::Key,
};

async fn house(key: &Key, acts: Vec<Act>) -> (House, Host) {
    let host = Host::start(move |number| acts.get(number).cloned().unwrap_or(Act::Mute)).await;
    let mut authority = tempfile::NamedTempFile::new().unwrap();
    authority.write_all(&host.authority).unwrap();
    let private = format!("{NAME}={}", host.address);
    let variables = [
        ("GATEWAY_CIMD_PRIVATE_HOSTS", private.as_str()),
        ("GATEWAY_CIMD_CA_FILE", authority.path().to_str().unwrap()),
    ];
    let issuer = issuer(json!({"jwks_uri": format!("https://{NAME}/keys")}));
    let house = House::of(key.clone(), issuer, &variables).await;
    house.world.connect().await;
    (house, host)
}

fn serving(keys: &[&Key]) -> Act {
    let keys: Vec<_> = keys.iter().map(|key| key.public()).collect();
    Act::Send(ok("", &json!({"keys": keys}).to_string()))
}

#[tokio::test]
async fn new_keys_are_asked_for_once_in_a_while_whoever_asks() {
    let (old, new) = (Key::ec("old"), Key::ec("new"));
    let (mut house, host) = house(&old, vec![serving(&[&old]), serving(&[&old, &new])]).await;
    for _ in 0..3 {
        assert_eq!(house.redeem(&house.good()).await.status, 200);
    }
    assert_eq!(host.requests(), 1);
    house.key = new;
    // Half a minute must pass before the issuer is asked again.
    for _ in 0..100 {
        house.assert_refused(&house.good(), "JWS").await;
    }
    assert_eq!(host.requests(), 1);
    house.world.pass(30);
    assert_eq!(house.redeem(&house.good()).await.status, 200);
    assert_eq!(host.requests(), 2);
}

#[tokio::test]
async fn keys_that_cannot_be_had_are_an_outage() {
    let key = Key::ec("a");
    let (house, host) = house(&key, vec![Act::Send(ok("", "nonsense")), serving(&[&key])]).await;
    let before = house.world.database.dump().await;
    for _ in 0..2 {
        let reply = house.redeem(&house.good()).await;
        assert_eq!((reply.status, reply.header("retry-after").is_empty()), (503, false), "{reply:?}");
    }
    // A stranger's assertion asks nobody.
    house.world.pass(31);
    house.assert_refused(&house.saying(&json!({"iss": "https://evil.example"})), "trusts").await;
    assert_eq!((host.requests(), house.world.database.dump().await), (1, before));
    assert_eq!(house.redeem(&house.good()).await.status, 200);
}

/// The issuer has a new key and cannot be asked for it: that is no verdict on what is signed with it.
#[tokio::test]
async fn a_new_key_that_cannot_be_had_is_an_outage_too() {
    let (old, new) = (Key::ec("old"), Key::ec("new"));
    let acts = vec![serving(&[&old]), Act::Send(ok("", "nonsense")), serving(&[&old, &new])];
    let (mut house, _host) = house(&old, acts).await;
    assert_eq!(house.redeem(&house.good()).await.status, 200);
    house.world.pass(31);
    let by_old = house.good();
    house.key = new;
    for _ in 0..2 {
        let reply = house.redeem(&house.good()).await;
        assert_eq!((reply.status, reply.header("retry-after").is_empty()), (503, false), "{reply:?}");
    }
    // What the known key signed goes on meanwhile.
    assert_eq!(house.redeem(&by_old).await.status, 200);
    house.world.pass(31);
    assert_eq!(house.redeem(&house.good()).await.status, 200);
}
