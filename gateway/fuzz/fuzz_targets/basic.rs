//! HTTP Basic credentials. What is read is what a client writes that has this id and this secret.
#![no_main]

use base64::{Engine as _, prelude::BASE64_STANDARD};
use gateway::fuzzing::basic_credentials;
use http::{HeaderMap, HeaderValue, header};
use libfuzzer_sys::fuzz_target;

fn read(value: HeaderValue) -> Option<(String, String)> {
    basic_credentials(&HeaderMap::from_iter([(header::AUTHORIZATION, value)]))
}

fn written(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fuzz_target!(|data: &[u8]| {
    let mut values = vec![HeaderValue::from_bytes(data).ok()];
    // The fuzzer need not learn base64.
    values.push(format!("Basic {}", BASE64_STANDARD.encode(data)).parse().ok());
    for value in values.into_iter().flatten() {
        let Some((id, secret)) = read(value.clone()) else { continue };
        let again = BASE64_STANDARD.encode(format!("{}:{}", written(&id), written(&secret)));
        assert_eq!(read(format!("Basic {again}").parse().unwrap()), Some((id, secret)));
        let mut two = HeaderMap::new();
        two.append(header::AUTHORIZATION, value.clone());
        two.append(header::AUTHORIZATION, value);
        assert_eq!(basic_credentials(&two), None);
    }
});
