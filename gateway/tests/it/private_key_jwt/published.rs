//! What a client may publish of its keys, and how they are fetched.

use std::time::Duration;

use gateway::cimd::{CimdError, ClientDocuments, FetchPolicy, NotAllowed, Unreachable};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet, time::Instant};

use super::{
    house::{House, KEYS, pointing, set},
    key::Key,
};
use crate::{
    cimd::host::{Act, Host, ID, answer, document, documents, id, ok},
    harness::Browser,
};

const GENERIC: &str =
    "the client's keys could not be fetched from the jwks_uri in its metadata document, or are not valid";

async fn keys(documents: &ClientDocuments) -> Result<usize, CimdError> {
    let document = documents.fetch(&id(ID)).await?;
    let keys = documents.keys(&document).await?;
    let written = serde_json::to_value(keys).unwrap();
    Ok(written["keys"].as_array().map_or(0, Vec::len))
}

fn keyed(changes: Value) -> String {
    let mut all = json!({"token_endpoint_auth_method": "private_key_jwt"});
    for (name, value) in changes.as_object().unwrap() {
        all[name] = value.clone();
    }
    document(all)
}

async fn keys_in(changes: Value) -> Result<usize, CimdError> {
    keys(&Host::answering(ok("", &keyed(changes))).await.documents()).await
}

/// A host whose key set is this answer.
async fn host_of_keys(set: Vec<u8>) -> Host {
    Host::start(move |number| if number == 0 { pointing("") } else { Act::Send(set.clone()) }).await
}

#[tokio::test]
async fn keys_are_public_and_in_one_place() {
    let (ec, rsa) = (Key::ec("a"), Key::rsa("r"));
    assert_eq!(keys_in(json!({"jwks": set(&[&ec, &rsa]), "jwks_uri": null})).await.unwrap(), 2);
    assert_eq!(
        keys_in(json!({"jwks": set(&[&ec, &rsa]), "token_endpoint_auth_signing_alg": "RS256"}))
            .await
            .unwrap(),
        1
    );
    for (changes, why) in [
        (json!({}), "exactly one of jwks and jwks_uri"),
        (json!({"jwks": set(&[&ec]), "jwks_uri": KEYS}), "exactly one of jwks and jwks_uri"),
        (json!({"jwks": {"keys": []}}), "no key is usable"),
        (json!({"jwks": "x"}), "a JWK set is"),
        (json!({"jwks": {"keys": [ec.private()]}}), "a key is private or symmetric"),
        (json!({"jwks": {"keys": [ec.public(), rsa.private()]}}), "a key is private or symmetric"),
        (json!({"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}}), "a key is private or symmetric"),
        (json!({"jwks_uri": 1}), "jwks_uri is not text"),
        (json!({"jwks_uri": "http://client.example/jwks"}), "does not start with https"),
        (json!({"jwks_uri": "https://127.0.0.1/jwks"}), "not a full public domain name"),
        (json!({"jwks_uri": "https://localhost/jwks"}), "not a full public domain name"),
        (json!({"jwks_uri": "https://client.example/a/../jwks"}), "segment"),
        (json!({"jwks": set(&[&ec]), "token_endpoint_auth_signing_alg": "HS256"}), "should be ES256"),
        (json!({"jwks": set(&[&ec]), "token_endpoint_auth_signing_alg": "none"}), "should be ES256"),
        (json!({"jwks": set(&[&ec]), "token_endpoint_auth_signing_alg": "RS256"}), "no key is usable"),
        // An outsider cannot plant what the reader keeps for itself.
        (json!({"keys": set(&[&ec])}), "exactly one of jwks and jwks_uri"),
    ] {
        let error = keys_in(changes.clone()).await.unwrap_err();
        assert!(error.public_message().contains(why), "{changes}: {error}");
        assert!(!error.is_outage());
    }
}

#[tokio::test]
async fn a_public_client_has_no_keys_whatever_its_document_holds() {
    for changes in [json!({"jwks": 1}), json!({"jwks_uri": KEYS, "token_endpoint_auth_method": "none"})] {
        let host = Host::answering(ok("", &document(changes))).await;
        assert_eq!(keys(&host.documents()).await.unwrap(), 0);
        assert_eq!(host.requests(), 1);
    }
}

#[tokio::test]
async fn a_key_set_is_fetched_once_and_kept() {
    let body = set(&[&Key::ec("a")]).to_string();
    let host = host_of_keys(answer("200 OK", "content-type: application/jwk-set+json\r\n", &body)).await;
    let documents = host.documents();
    let mut all = JoinSet::new();
    for _ in 0..20 {
        let documents = documents.clone();
        all.spawn(async move { keys(&documents).await.unwrap() });
    }
    assert!(all.join_all().await.into_iter().all(|count| count == 1));
    keys(&documents).await.unwrap();
    assert_eq!(host.requests(), 2);
}

#[tokio::test]
async fn what_the_host_of_a_key_set_answers_is_not_told() {
    let key = Key::ec("a");
    let padded = |size: usize| {
        let mut set = set(&[&key]);
        set["padding"] = "".into();
        set["padding"] = "x".repeat(size - set.to_string().len()).into();
        set.to_string()
    };
    let most = host_of_keys(ok("", &padded(16 * 1024))).await;
    assert_eq!(keys(&most.documents()).await.unwrap(), 1);
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let location = format!("location: https://{}/\r\n", elsewhere.local_addr().unwrap());
    let private = json!({"keys": [key.public(), key.private()]}).to_string();
    let twice = r#"{"keys":[],"keys":[]}"#;
    for (set, outage) in [
        (answer("302 Found", &location, ""), true),
        (answer("503 Busy", "", ""), true),
        (answer("404 Not Found", "", ""), false),
        (answer("200 OK", "content-type: text/html\r\n", &padded(500)), false),
        (ok("", &padded(16 * 1024 + 1)), false),
        (ok("", "{"), false),
        (ok("", twice), false),
        (ok("", r#"{"keys":[]}"#), false),
        (ok("", &private), false),
    ] {
        let host = host_of_keys(set).await;
        let error = keys(&host.documents()).await.unwrap_err();
        assert!(matches!(error, CimdError::KeySet(_)), "{error}");
        assert_eq!(error.public_message(), GENERIC, "{error}");
        assert_eq!(error.is_outage(), outage, "{error}");
        assert_eq!(host.requests(), 2);
    }
    assert!(tokio::time::timeout(Duration::ZERO, elsewhere.accept()).await.is_err(), "someone came");
}

#[tokio::test]
async fn a_key_set_is_fetched_under_the_same_guard() {
    let at = |url: String| ok("", &keyed(json!({"jwks_uri": url})));
    // A port that is not allowed: the text alone says so.
    let host = Host::answering(at("https://keys.example:22/jwks".to_owned())).await;
    let error = keys(&host.documents()).await.unwrap_err();
    let CimdError::KeySet(inner) = &error else { panic!("{error}") };
    assert!(matches!(**inner, CimdError::NotAllowed(NotAllowed::Port(22))), "{error}");
    assert!(error.public_message().contains("22"));
    // A name that leads inside, and a host that is not there: no connection, one wording, no sooner than the floor.
    let floor = Duration::from_millis(400);
    let inside = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for (name, private) in [("inside.example", false), ("closed.example", true)] {
        let port = inside.local_addr().unwrap().port();
        let url =
            if private { format!("https://{name}/jwks") } else { format!("https://{name}:{port}/jwks") };
        let host = Host::answering(at(url)).await;
        let mut policy =
            FetchPolicy { failure_floor: floor, lookup: std::sync::Arc::new(Loopback), ..host.policy() };
        policy.ports.insert(port);
        if private {
            policy.private_hosts.insert(name.to_owned(), closed);
        }
        let documents = documents(policy);
        let asked = Instant::now();
        let error = keys(&documents).await.unwrap_err();
        assert!(asked.elapsed() >= floor, "{error}");
        assert_eq!(error.public_message(), GENERIC, "{error}");
        let CimdError::KeySet(inner) = &error else { panic!("{error}") };
        match **inner {
            CimdError::NotAllowed(NotAllowed::Address { .. }) => assert!(!private, "{error}"),
            CimdError::Unreachable(Unreachable::Failed(_)) => assert!(private, "{error}"),
            _ => panic!("{error}"),
        }
    }
    assert!(tokio::time::timeout(Duration::ZERO, inside.accept()).await.is_err(), "someone came");
}

/// Every name leads to this machine.
#[derive(Debug)]
struct Loopback;

impl gateway::cimd::Lookup for Loopback {
    fn lookup(
        &self,
        _: String,
    ) -> futures_util::future::BoxFuture<'static, std::io::Result<Vec<std::net::IpAddr>>> {
        Box::pin(async { Ok(vec![[127, 0, 0, 1].into()]) })
    }
}

#[tokio::test]
async fn a_person_is_told_what_is_wrong_with_the_clients_keys() {
    let private = json!({"keys": [Key::ec("a").private()]});
    let house = House::of(vec![Act::Send(ok("", &keyed(json!({"jwks": private}))))]).await;
    let page = Browser::new(&house.world).ask(&house.client.request(&house.world)).await;
    page.assert_is_a_page(400);
    assert!(page.body.contains("a key is private or symmetric"), "{page:?}");
}
