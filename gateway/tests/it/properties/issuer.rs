//! The issuer is one text, and that byte for byte wherever a client can read it (RFC 9207 §2.4, RFC 8414 §3.3).

use base64::prelude::*;
use gateway::domain::issuer::Issuer;
use proptest::prelude::*;
use serde_json::Value;

use super::config;
use crate::harness::{Browser, World, parameters};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_issuer_is_what_was_configured_less_one_slash(
        text in "(https|http)://(localhost|[a-zA-Z0-9.-]{1,12})(:[0-9]{1,5})?[/a-z?#]{0,3}|\\PC{0,20}"
    ) {
        let Ok(issuer) = Issuer::parse(&text) else { return Ok(()) };
        prop_assert_eq!(issuer.as_str(), text.strip_suffix('/').unwrap_or(&text));
        prop_assert!(!issuer.as_str().ends_with('/'));
        prop_assert_eq!(Issuer::parse(issuer.as_str()), Ok(issuer.clone()));
        prop_assert_eq!(issuer.resource(), format!("{issuer}/mcp"));
        prop_assert!(issuer.names_resource(issuer.as_str()) && issuer.names_resource(&issuer.resource()));
    }

    #[test]
    fn a_resource_is_named_in_four_spellings(end in "[/mcp?#.]{0,6}|/MCP|/mcp/") {
        let issuer = Issuer::parse("https://a.example").unwrap();
        let one_of_them = ["", "/", "/mcp", "/mcp/"].contains(&end.as_str());
        prop_assert_eq!(issuer.names_resource(&format!("{issuer}{end}")), one_of_them);
    }
}

fn claims(token: &str) -> Value {
    let payload = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

#[tokio::test]
async fn every_place_has_the_same_bytes() {
    let world = World::start().await;
    let issuer = world.origin.as_str();
    for host in ["evil.example", "localhost", "LOCALHOST:1"] {
        let headers = [("host", host), ("x-forwarded-host", host), ("x-forwarded-proto", "gopher")];
        for path in ["oauth-authorization-server", "openid-configuration"] {
            let metadata = world.get_with(&format!("/.well-known/{path}"), &headers).await.json();
            assert_eq!(metadata["issuer"], issuer);
            for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
                assert!(metadata[name].as_str().unwrap().starts_with(&format!("{issuer}/")));
            }
        }
        let resource = world.get_with("/.well-known/oauth-protected-resource/mcp", &headers).await.json();
        assert_eq!(resource["authorization_servers"], serde_json::json!([issuer]));
    }
    let client = world.register().await;
    let browser = Browser::new(&world);
    let page = browser.ask(&client.request(&world)).await;
    let back = browser.sign_in_at_peaka(&browser.go_on(&page).await.link()).await;
    let consent = browser.get(browser.get(&back).await.header("location")).await;
    let leaving = browser.decide(&consent, &Browser::all()).await;
    assert_eq!(parameters(&leaving.link(), "iss"), [issuer]);
    let tokens = world.tokens(&client, &leaving.carries("code").unwrap()).await;
    let claims = claims(&tokens.access);
    assert_eq!(
        (claims["iss"].as_str(), claims["aud"].as_str()),
        (Some(issuer), Some(world.url("/mcp").as_str()))
    );
}
