//! The `Cookie` headers of a browser. What is found has the right name, the full one, and the right form.
#![no_main]

use gateway::{domain::secret::hash, fuzzing::browser_cookie};
use http::{HeaderMap, HeaderValue, header};
use libfuzzer_sys::fuzz_target;

const NAME: &str = "__Host-peaka-browser=";

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n').take(8) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(header::COOKIE, value);
        }
    }
    let found = browser_cookie(&headers);
    let mut there = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|cookie| cookie.trim().strip_prefix(NAME))
        .filter(|value| value.len() == 32 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
    assert_eq!(found, there.next().map(hash));
});
