//! A client's metadata document: the first line is the `client_id`, the rest what was found there.
#![no_main]

use gateway::{
    cimd::{ClientDocument, ClientIdUrl, KeySource},
    domain::client::{ClientKeys, clean_name},
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use url::{Host, Url};

fuzz_target!(|data: &[u8]| {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let Ok(text) = std::str::from_utf8(&data[..end]) else { return };
    let Ok(id) = ClientIdUrl::parse(text) else { return };
    judge(&id, text);
    let body = &data[end + 1..];
    let Ok(document) = ClientDocument::parse(&id, body) else { return };

    let said: Value = serde_json::from_slice(body).unwrap();
    let said = said.as_object().unwrap();
    assert_eq!(said["client_id"], text);
    assert_eq!(document.client_id, text);
    assert!(!said.keys().any(|name| name.starts_with("client_secret")));
    assert!(!document.redirect_uris.is_empty());
    if let Some(name) = document.client_name.as_deref().and_then(clean_name) {
        assert_eq!(clean_name(&name), Some(name));
    }
    let method = said.get("token_endpoint_auth_method").and_then(Value::as_str).unwrap_or("none");
    assert_eq!(method, if document.keys.is_some() { "private_key_jwt" } else { "none" });
    match &document.keys {
        None => {}
        Some(KeySource::At { url, .. }) => judge(url, url.as_str()),
        Some(KeySource::Inline(keys)) => {
            let stored = serde_json::to_value(keys).unwrap();
            assert_eq!(serde_json::from_value::<ClientKeys>(stored.clone()).unwrap(), *keys);
            for key in stored["keys"].as_array().unwrap() {
                assert!(!["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|name| key.get(name).is_some()));
            }
        }
    }
    // The cache keeps it in this form.
    let kept = serde_json::to_string(&document).unwrap();
    let kept = ClientDocument { keys: document.keys.clone(), ..serde_json::from_str(&kept).unwrap() };
    assert_eq!(kept, document);
});

/// An address that is fetched is one that every URL parser reads alike, and not that of a machine in this network.
fn judge(id: &ClientIdUrl, text: &str) {
    let url = Url::parse(text).unwrap();
    assert_eq!((id.as_str(), url.as_str(), url.scheme()), (text, text, "https"));
    let Some(Host::Domain(name)) = url.host() else { panic!("{text} has no name") };
    assert_eq!(name, id.host());
    assert!(name.contains('.') && !name.ends_with('.') && !name.ends_with(".localhost"));
    assert!(url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none());
}
