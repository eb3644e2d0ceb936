//! What the targets share.

use std::sync::LazyLock;

use gateway::{
    domain::{
        client::{AuthMethod, Client, ClientMetadata, ClientOrigin},
        grant::Grants,
        redirect::RedirectUri,
    },
    fuzzing::House,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use shared::scope::Scopes;

/// The one gateway of this process.
pub static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let directory = std::env::temp_dir().join(format!("gateway-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    House::build(&directory)
});

/// Where the registered client may be sent.
pub const REDIRECT_URIS: [&str; 3] =
    ["https://client.example/cb?a=1", "http://127.0.0.1:3000/callback", "com.example.app:/cb"];

/// A registered client.
pub fn client() -> Client {
    Client {
        id: "client".to_owned(),
        metadata: ClientMetadata {
            name: "A client".to_owned(),
            redirect_uris: REDIRECT_URIS.map(|uri| RedirectUri::parse(uri).unwrap()).into(),
            auth: AuthMethod::None,
            refreshes: true,
            device: false,
            dpop: false,
            pushes: false,
            keys: None,
        },
        origin: ClientOrigin::Registered,
        grants: Grants::OF_APPS,
        ceiling: Scopes::ALL,
    }
}

/// Header lines, as far as they are such.
pub fn headers(lines: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n').take(64) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}

/// The lines up to an empty one, and what comes after it.
pub fn head_and_body(data: &[u8]) -> (HeaderMap, &[u8]) {
    match data.windows(2).position(|two| two == b"\n\n") {
        Some(end) => (headers(&data[..end]), &data[end + 2..]),
        None => (HeaderMap::new(), data),
    }
}

/// What a form says, read without any strictness; empty values count as omitted.
pub fn form(encoded: &[u8]) -> Vec<(String, String)> {
    let pairs = url::form_urlencoded::parse(encoded).into_owned();
    pairs.filter(|(_, value)| !value.is_empty()).collect()
}

/// The values of one parameter.
pub fn values<'a>(form: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    form.iter().filter(|(have, _)| have == name).map(|(_, value)| value.as_str()).collect()
}

/// Something like `good`. A fuzzer cannot sign or seal, so it says what to change in a text that was: four bytes each,
/// how, where and what. A script that starts with a zero is the text itself.
pub fn mutated(good: &str, script: &[u8]) -> String {
    if let Some((0, text)) = script.split_first() {
        return String::from_utf8_lossy(text).into_owned();
    }
    let mut text: Vec<char> = good.chars().collect();
    for step in script.get(1..).unwrap_or_default().chunks_exact(4) {
        let at = usize::from(u16::from_be_bytes([step[1], step[2]])) % (text.len() + 1);
        let with = char::from(step[3] & 0x7f);
        match step[0] % 4 {
            0 => text.insert(at, with),
            1 if at < text.len() => drop(text.remove(at)),
            2 => text.truncate(at.max(1)),
            _ if at < text.len() => text[at] = with,
            _ => text.push(with),
        }
    }
    text.into_iter().collect()
}
