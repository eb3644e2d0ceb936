//! The headers and the form of `/oauth/token` and `/oauth/revoke`. A client proves itself in one way, and a token that
//! is read is written as it came.
#![no_main]

use gateway::{
    domain::token::{RefreshToken, is_code},
    fuzzing::{Proven, basic_credentials, parameter, presented},
};
use gateway_fuzz::{form, head_and_body, values};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (headers, body) = head_and_body(data);
    let form = form(body);
    for text in parameter(body, "refresh_token").unwrap_or_default() {
        if let Some(token) = RefreshToken::parse(&text) {
            assert_eq!(token.encode(), text);
        }
    }
    for text in parameter(body, "code").unwrap_or_default() {
        assert!(!is_code(&text) || (text.starts_with("pkm_ac_") && text.len() == 39));
    }

    let Some((id, proven)) = presented(&headers, body) else { return };
    for (name, _) in &form {
        assert!(name == "resource" || values(&form, name).len() == 1, "{name} was there twice");
    }
    let basic = basic_credentials(&headers);
    assert_eq!(basic.is_some(), headers.contains_key("authorization"));
    let (secret, assertion) = (values(&form, "client_secret"), values(&form, "client_assertion"));
    assert!(usize::from(basic.is_some()) + secret.len() + assertion.len() <= 1, "two ways at once");
    for named in values(&form, "client_id") {
        assert_eq!(named, id);
    }
    match proven {
        Proven::Nothing => assert!(basic.is_none() && secret.is_empty() && assertion.is_empty()),
        Proven::Secret(text) => match basic {
            Some((of, secret)) => assert_eq!((of, secret), (id, text)),
            None => assert_eq!(secret, [text]),
        },
        Proven::Assertion(text) => {
            assert_eq!(assertion, [text]);
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            assert_eq!(values(&form, "client_assertion_type"), [kind]);
        }
    }
});
