//! The query of `/oauth/authorize`. What is made of it is what a reader without any strictness sees, and each parameter
//! that decides anything was there once.
#![no_main]

use std::sync::LazyLock;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use gateway::domain::{authorization::AuthorizationRequest, client::Client};
use gateway_fuzz::{HOUSE, REDIRECT_URIS, client, form, values};
use libfuzzer_sys::fuzz_target;
use url::Url;

static CLIENT: LazyLock<Client> = LazyLock::new(client);

fuzz_target!(|query: &[u8]| {
    let Some(request) = HOUSE.authorization_request(&CLIENT, query) else { return };
    let form = form(query);
    let only = |name| {
        let values = values(&form, name);
        assert!(values.len() <= 1, "{name} was there twice");
        values.first().copied()
    };
    assert_eq!(only("response_type"), Some("code"));
    assert_eq!(only("code_challenge_method"), Some("S256"));
    assert_eq!(only("state"), request.state.as_deref());
    assert_eq!(only("request"), None);
    let challenge = String::from(request.code_challenge.clone());
    assert_eq!(only("code_challenge"), Some(challenge.as_str()));
    assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(&challenge).unwrap().len(), 32);
    assert!(!request.scopes.is_empty());
    for resource in values(&form, "resource") {
        assert!(["", "/", "/mcp", "/mcp/"].map(|path| format!("https://mcp.example{path}")).contains(&resource.to_owned()));
    }

    let redirect = request.redirect_uri.as_str();
    assert_eq!(only("redirect_uri"), Some(redirect));
    let local = redirect.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.strip_suffix("/callback"));
    let port = local.and_then(|port| port.parse::<u16>().ok());
    assert!(REDIRECT_URIS.contains(&redirect) || port.is_some() || redirect == "http://127.0.0.1/callback");

    // What goes back goes where it was said, with our parameters at the end and nothing between them.
    let state = request.state.as_deref().unwrap_or_default();
    let back = request.redirect_uri.with(&[("code", "c"), ("state", state), ("iss", "https://mcp.example")]);
    assert!(back.starts_with(redirect));
    let back = Url::parse(&back).unwrap();
    assert_eq!(back.fragment(), None);
    let pairs: Vec<_> = back.query_pairs().into_owned().collect();
    let ours = [("code", "c"), ("state", state), ("iss", "https://mcp.example")];
    assert!(pairs.ends_with(&ours.map(|(name, value)| (name.to_owned(), value.to_owned()))));

    let carried = serde_json::to_vec(&request).unwrap();
    assert_eq!(serde_json::from_slice::<AuthorizationRequest>(&carried).unwrap(), request);
});
