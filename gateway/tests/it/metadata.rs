//! The documents that clients discover the gateway by (RFC 9728, RFC 8414).

use serde_json::{Value, json};

use crate::harness::{Browser, Reply, World};

const DOCUMENTS: [&str; 5] = [
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/oauth/jwks",
];

async fn document(world: &World, path: &str) -> Value {
    let reply = world.get(path).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/json"), "{path}");
    reply.json()
}

#[tokio::test]
async fn the_resource_describes_itself_at_both_places() {
    let world = World::start().await;
    let expected = json!({
        "resource": world.url("/mcp"),
        "resource_name": "Peaka",
        "authorization_servers": [world.origin],
        // offline_access is not the resource's to give.
        "scopes_supported": ["peaka:read", "peaka:query", "peaka:write"],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": ["ES256", "EdDSA", "Ed25519", "RS256"],
        "dpop_bound_access_tokens_required": false,
    });
    for path in &DOCUMENTS[..2] {
        assert_eq!(document(&world, path).await, expected, "{path}");
    }
}

#[tokio::test]
async fn the_authorization_server_describes_itself_at_both_places() {
    let world = World::start().await;
    let server = document(&world, DOCUMENTS[2]).await;
    let openid = document(&world, DOCUMENTS[3]).await;
    for (name, value) in server.as_object().unwrap() {
        assert_eq!(openid[name], *value, "{name}");
    }
    assert_eq!(server["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(server["response_types_supported"], json!(["code"]));
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    assert_eq!(
        server["grant_types_supported"],
        json!(["authorization_code", "refresh_token", "client_credentials", device])
    );
    assert_eq!(server["authorization_response_iss_parameter_supported"], true);
    assert_eq!(server["client_id_metadata_document_supported"], true);
    for endpoint in ["token", "revocation"] {
        assert_eq!(
            server[format!("{endpoint}_endpoint_auth_methods_supported")],
            json!(["none", "client_secret_basic", "client_secret_post", "private_key_jwt"])
        );
        assert_eq!(
            server[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")],
            json!(["ES256", "RS256", "PS256"])
        );
    }
    assert_eq!(server["prompt_values_supported"], json!(["login", "select_account", "consent"]));
    assert!(server["scopes_supported"].as_array().unwrap().contains(&json!("offline_access")));
    // OpenID Connect Discovery §3 requires these.
    for name in ["subject_types_supported", "id_token_signing_alg_values_supported", "jwks_uri"] {
        assert!(openid[name].is_array() || openid[name].is_string(), "{name}");
    }
    // Every endpoint that is promised is there.
    for name in [
        "pushed_authorization_request_endpoint",
        "authorization_endpoint",
        "token_endpoint",
        "registration_endpoint",
        "revocation_endpoint",
    ] {
        let address = server[name].as_str().unwrap();
        let path = address.strip_prefix(&world.origin).unwrap();
        assert_ne!(world.get(path).await.status, 404, "{name}");
    }
    assert_eq!(server["jwks_uri"], world.url("/oauth/jwks"));
}

#[tokio::test]
async fn what_is_not_done_here_is_not_told() {
    let world = World::start_with(&[("GATEWAY_GRANTS", "device, refresh_token")]).await;
    let (server, openid) = (document(&world, DOCUMENTS[2]).await, document(&world, DOCUMENTS[3]).await);
    for name in [
        "authorization_endpoint",
        "pushed_authorization_request_endpoint",
        "require_pushed_authorization_requests",
        "code_challenge_methods_supported",
        "prompt_values_supported",
        "authorization_response_iss_parameter_supported",
        // On the internal listener, where strangers do not get.
        "introspection_endpoint",
    ] {
        assert_eq!(server.get(name), None, "{name}");
    }
    assert_eq!(server["response_types_supported"], json!([]));
    for name in
        ["request_parameter_supported", "request_uri_parameter_supported", "claims_parameter_supported"]
    {
        assert_eq!(openid[name], false, "{name}");
    }
}

#[tokio::test]
async fn the_keys_are_public_halves_for_signing() {
    let world = World::start().await;
    let keys = document(&world, "/oauth/jwks").await;
    let key = &keys["keys"][0];
    assert_eq!(
        (&key["kty"], &key["crv"], &key["alg"], &key["use"]),
        (&json!("EC"), &json!("P-256"), &json!("ES256"), &json!("sig"))
    );
    assert!(key["kid"].is_string() && key.get("d").is_none());
    // The key that signs identity headers is another one, and is not told to the public.
    let internal: Value = world
        .http
        .get(format!("{}/internal/jwks", world.internal))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_ne!(internal["keys"][0]["kid"], key["kid"]);
}

#[tokio::test]
async fn one_issuer_byte_for_byte_everywhere() {
    let world = World::start_with(&[]).await;
    let issuer = world.origin.clone();
    assert!(!issuer.ends_with('/'));
    assert_eq!(document(&world, DOCUMENTS[2]).await["issuer"], issuer);
    assert_eq!(document(&world, DOCUMENTS[3]).await["issuer"], issuer);
    assert_eq!(document(&world, DOCUMENTS[0]).await["authorization_servers"], json!([issuer]));
    let client = world.register().await;
    let browser = Browser::new(&world);
    let consent = browser.to_consent(&client.request(&world)).await;
    let leaving = browser.decide(&consent, &Browser::all()).await;
    assert_eq!(leaving.carries("iss").unwrap(), issuer);
    let tokens = world.tokens(&client, &leaving.carries("code").unwrap()).await;
    let claims = crate::mcp::claims(&tokens.access);
    assert_eq!(claims["iss"], issuer);
    assert_eq!(claims["aud"], document(&world, DOCUMENTS[1]).await["resource"]);
    world.mcp(&tokens.access).await;
    let identity = world.backend.seen()[0].header("x-peaka-identity").unwrap().to_owned();
    assert_eq!(crate::mcp::claims(&identity)["iss"], issuer);
}

#[tokio::test]
async fn a_trailing_slash_in_the_configuration_is_not_carried_on() {
    let world = World::start_with(&[("GATEWAY_PUBLIC_URL", "https://mcp.example.com/")]).await;
    let server = document(&world, DOCUMENTS[2]).await;
    assert_eq!(server["issuer"], "https://mcp.example.com");
    assert_eq!(server["token_endpoint"], "https://mcp.example.com/oauth/token");
}

#[tokio::test]
async fn nothing_in_a_document_comes_from_the_request() {
    let world = World::start().await;
    for path in DOCUMENTS {
        let usual = world.get(path).await.body;
        for headers in [
            [("host", "evil.example"), ("x-forwarded-host", "evil.example")],
            [("x-forwarded-proto", "ftp"), ("forwarded", "host=evil.example")],
            // Assorted versions come with these requests and are nobody's business here.
            [("mcp-protocol-version", "1999-01-01"), ("x-original-host", "evil.example")],
        ] {
            let reply = world.get_with(path, &headers).await;
            assert_eq!((reply.status, reply.body), (200, usual.clone()), "{path} {headers:?}");
        }
    }
}

#[tokio::test]
async fn a_request_that_two_parsers_read_differently_is_refused() {
    let world = World::start().await;
    let (path, host) = (DOCUMENTS[2], world.host().to_owned());
    for lines in [
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\n"),
        format!("GET {path} HTTP/1.1\r\n"),
        format!("GET http://evil.example{path} HTTP/1.1\r\nHost: {host}\r\n"),
    ] {
        let answer = world.raw(&format!("{lines}Connection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{lines} {answer}");
        assert!(!answer.contains("evil"), "{answer}");
    }
}

#[tokio::test]
async fn pages_of_any_origin_may_read_them_without_credentials() {
    let world = World::start().await;
    for path in DOCUMENTS {
        let reply = world.get_with(path, &[("origin", "https://app.example")]).await;
        assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}");
        assert_eq!(reply.header("access-control-allow-credentials"), "", "{path}");
    }
    for path in ["/oauth/register", "/oauth/token", "/oauth/revoke"] {
        let preflight = world
            .http
            .request(reqwest::Method::OPTIONS, world.url(path))
            .header("origin", "https://app.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,mcp-protocol-version,authorization");
        let reply = Reply::of(preflight.send().await.unwrap()).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}");
        let allowed = reply.header("access-control-allow-headers").to_lowercase();
        for name in ["content-type", "authorization", "mcp-protocol-version"] {
            assert!(allowed.contains(name), "{path} {allowed}");
        }
    }
    for path in ["/oauth/authorize", "/oauth/callback", "/oauth/consent"] {
        let reply = world.get_with(path, &[("origin", "https://app.example")]).await;
        assert_eq!(reply.header("access-control-allow-origin"), "", "{path}");
    }
}
