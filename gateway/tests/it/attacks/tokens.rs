//! Rows 39 to 44: access tokens at the resource.

use josekit::jws::{ES256, HS256};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::world;
use crate::{
    harness::{Answer, Browser, Reply, World},
    mcp::Forge,
};

/// 401 with the way to a good token, and the backend hears nothing.
async fn assert_opens_nothing(world: &World, token: &str, what: &str) {
    let before = world.backend.seen().len();
    let reply = world.mcp(token).await;
    assert_eq!(reply.status, 401, "accepted: {what}");
    let challenge = reply.header("www-authenticate");
    assert!(
        challenge.contains("error=\"invalid_token\"") && challenge.contains("resource_metadata="),
        "{challenge}"
    );
    assert_eq!(world.backend.seen().len(), before, "{what}");
}

#[tokio::test]
async fn row_39_tokens_for_others() {
    let (here, elsewhere) = (world().await, world().await);
    let connected = here.connect().await;
    assert_opens_nothing(&here, &elsewhere.connect().await.tokens.access, "another gateway's").await;
    let forge = Forge::with_the_real_key(&here).await;
    for aud in [json!("https://gw.example/other"), json!([here.url("/mcp"), "x"]), json!(here.origin)] {
        let mut claims = forge.claims();
        claims["aud"] = aud.clone();
        assert_opens_nothing(&here, &forge.signed(&claims), &format!("aud={aud}")).await;
    }
    assert_eq!(here.mcp(&connected.tokens.access).await.status, 200);
    let seen = here.backend.only(0);
    let identity = seen.header("x-peaka-identity").unwrap();
    let peakas = crate::exchange::exchange(&here, &crate::exchange::form(identity)).await.json();
    assert_opens_nothing(&here, peakas["access_token"].as_str().unwrap(), "Peaka's own").await;
    assert_opens_nothing(&here, identity, "an identity header").await;
    assert_opens_nothing(&here, &connected.tokens.refresh, "a refresh token").await;
    assert_opens_nothing(&here, "a1b2c3d4e5f6a1b2c3d4e5f6", "an API key").await;
    // And the client's token stays here.
    assert!(
        seen.header("authorization").is_none() && !format!("{seen:?}").contains(&connected.tokens.access)
    );
}

#[tokio::test]
async fn row_40_forged_signatures() {
    let world = world().await;
    let forge = Forge::with_the_real_key(&world).await;
    assert_eq!(world.mcp(&forge.signed(&forge.claims())).await.status, 200, "the forge itself works");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bait = format!("http://{}/keys", listener.local_addr().unwrap());
    let claims = forge.claims();
    let head = |change: Value| {
        let mut head = json!({"alg": "ES256", "typ": "at+jwt", "kid": forge.kid});
        for (name, value) in change.as_object().unwrap() {
            head[name] = value.clone();
        }
        head
    };
    for alg in ["none", "None", "NONE", "", "RS256", "HS256", "EdDSA", "ES384"] {
        for signature in ["", "AA", forge.signed(&claims).rsplit('.').next().unwrap()] {
            let token = Forge::assembled(&head(json!({"alg": alg})), &claims, signature);
            assert_opens_nothing(&world, &token, &format!("alg={alg}")).await;
        }
    }
    let public = serde_json::to_vec(&forge.public).unwrap();
    let hmac = HS256.signer_from_bytes(&public).unwrap();
    assert_opens_nothing(&world, &forge.sign_with(&forge.header(), &hmac), "HS256 with the public key").await;
    let own = josekit::jwk::Jwk::generate_ec_key(josekit::jwk::alg::ec::EcCurve::P256).unwrap();
    let own_signer = ES256.signer_from_jwk(&own).unwrap();
    assert_opens_nothing(&world, &forge.sign_with(&forge.header(), &own_signer), "another key").await;
    let mut header = forge.header();
    header.set_jwk(own.to_public_key().unwrap());
    assert_opens_nothing(&world, &forge.sign_with(&header, &own_signer), "an embedded key").await;
    for name in ["jku", "x5u"] {
        let mut header = forge.header();
        header.set_claim(name, Some(json!(bait))).unwrap();
        assert_opens_nothing(&world, &forge.sign_with(&header, &own_signer), name).await;
    }
    for (what, change) in [
        ("crit", json!({"crit": ["x"], "x": 1})),
        ("b64", json!({"b64": false, "crit": ["b64"]})),
        ("typ", json!({"typ": "JWT"})),
        ("another typ", json!({"typ": "peaka-identity+jwt"})),
    ] {
        let good = forge.signed(&claims);
        let token = Forge::assembled(&head(change), &claims, good.rsplit('.').next().unwrap());
        assert_opens_nothing(&world, &token, what).await;
    }
    let forged_identity = forge.sign_with(&forge.header(), &own_signer);
    let refused = crate::exchange::exchange(&world, &crate::exchange::form(&forged_identity)).await;
    assert_eq!(refused.error(), "400 invalid_request", "an identity that is forged");
    let nobody_came = tokio::time::timeout(std::time::Duration::from_millis(200), listener.accept()).await;
    assert!(nobody_came.is_err(), "somebody asked for keys at {bait}");
}

/// Keys are the gateway's own, so there is no set to fetch however many unknown ids come; that a retired key opens
/// nothing is shown with a clock that moves, in `housekeeping.rs`.
#[tokio::test]
async fn row_41_key_ids() {
    let world = world().await;
    let forge = Forge::with_the_real_key(&world).await;
    let payload = forge.claims().to_string();
    for kid in ["../../dev/null", "' OR 1=1--", "unknown", "", &"k".repeat(20_000)] {
        let mut header = forge.header();
        header.set_key_id(kid);
        assert_opens_nothing(&world, &forge.sign(&header, payload.as_bytes()), &format!("kid={kid:.20}"))
            .await;
    }
    let mut header = josekit::jws::JwsHeader::new();
    header.set_token_type("at+jwt");
    assert_opens_nothing(&world, &forge.sign(&header, payload.as_bytes()), "no kid").await;
    let large = format!("{}.AAAA.AAAA", "k".repeat(64 * 1024));
    let answer = world.raw_mcp(&[&format!("Authorization: Bearer {large}"), "Connection: close"]).await;
    assert!(answer.starts_with("HTTP/1.1 431 ") || answer.starts_with("HTTP/1.1 401 "), "{answer:.80}");
}

#[tokio::test]
async fn row_42_claims_that_lie() {
    let world = world().await;
    let forge = Forge::with_the_real_key(&world).await;
    let now = forge.claims()["iat"].as_i64().unwrap();
    for name in ["iss", "aud", "sub", "client_id", "sid", "scope", "iat", "exp"] {
        let mut claims = forge.claims();
        claims.as_object_mut().unwrap().remove(name);
        assert_opens_nothing(&world, &forge.signed(&claims), &format!("no {name}")).await;
    }
    for (name, value) in [
        ("exp", json!((now + 900).to_string())),
        ("exp", json!(now - 3600)),
        ("iat", json!(now + 3600)),
        ("aud", json!([])),
        ("aud", json!(["https://other.example"])),
        ("iss", json!(format!("{}/", world.origin))),
    ] {
        let mut claims = forge.claims();
        claims[name] = value.clone();
        assert_opens_nothing(&world, &forge.signed(&claims), &format!("{name}={value}")).await;
    }
    let endless = forge.claims().to_string().replace(&(now + 900).to_string(), "1e400");
    assert_opens_nothing(&world, &forge.sign(&forge.header(), endless.as_bytes()), "exp=1e400").await;
}

#[tokio::test]
async fn row_43_tokens_in_the_wrong_place() {
    let world = world().await;
    let token = world.connect().await.tokens.access;
    let reply = Reply::of(
        world.http.post(world.url(&format!("/mcp?access_token={token}"))).body("{}").send().await.unwrap(),
    )
    .await;
    assert_eq!(reply.status, 401);
    assert!(!reply.header("www-authenticate").contains("error"), "who presents nothing is told of no error");
    let posted =
        world.http.post(world.url("/mcp")).header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(posted.body(format!("access_token={token}")).send().await.unwrap().status(), 401);
    let two = format!("Authorization: Bearer {token}");
    let answer = world.raw_mcp(&[&two, &two, "Connection: close"]).await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("invalid_request"), "{answer}");
    for bad in [
        format!("Bearer  {token}"),
        format!("Bearer {token},x"),
        format!("Bearer {token} x"),
        "Bearer".to_owned(),
    ] {
        assert_eq!(world.mcp_with(&[("authorization", &bad)]).await.status, 401, "{bad:.12}");
    }
    assert!(world.backend.seen().is_empty());
    for good in ["bearer", "BEARER"] {
        assert_eq!(world.mcp_with(&[("authorization", &format!("{good} {token}"))]).await.status, 200);
    }
}

/// Which scope a tool needs, and that the backend insists on it, is shown in the backend's own tests.
#[tokio::test]
async fn row_44_more_than_was_allowed() {
    let world = world().await;
    let client = world.register().await;
    let narrow = Browser::all().without("scope").and("scope", "peaka:read");
    let code = Browser::new(&world).code(&client.request(&world), &narrow).await;
    let token = world.tokens(&client, &code).await.access;
    assert_eq!(world.mcp(&token).await.status, 200);
    let identity = world.backend.only(0).header("x-peaka-identity").unwrap().to_owned();
    assert_eq!(crate::mcp::claims(&identity)["scope"], "peaka:read");
    world.backend.next(Answer::status(403, &[("x-peaka-required-scope", "peaka:read peaka:write")]));
    let reply = world.mcp(&token).await;
    assert_eq!(reply.status, 403);
    let challenge = reply.header("www-authenticate");
    for part in ["error=\"insufficient_scope\"", "scope=\"peaka:read", "peaka:write", "resource_metadata="] {
        assert!(challenge.contains(part), "{challenge}");
    }
}
