//! The `Authorization` header of a resource request (RFC 6750 §2.1). A token anywhere else is not looked at.

use http::{HeaderMap, header};

use super::refusal::Refusal;

pub(super) fn read(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(Refusal::NoToken)?;
    if values.next().is_some() {
        return Err(Refusal::TwoTokens);
    }
    let text = value.to_str().map_err(|_| Refusal::Malformed)?;
    let (scheme, token) = text.split_once(' ').ok_or(Refusal::Malformed)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::NoToken);
    }
    // b64token of RFC 6750 §2.1
    let allowed =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=');
    if token.is_empty() || !token.bytes().all(allowed) {
        return Err(Refusal::Malformed);
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(value: &str) -> Result<String, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        read(&headers).map(str::to_owned)
    }

    #[test]
    fn one_token_in_one_header() {
        assert_eq!(read_one("bEaReR abc").unwrap(), "abc");
        for malformed in ["Bearer", "Bearer ", "Bearer  abc", "Bearer a,b", "Bearer a b"] {
            assert!(matches!(read_one(malformed), Err(Refusal::Malformed)), "{malformed}");
        }
        assert!(matches!(read_one("Basic abc"), Err(Refusal::NoToken)));
        assert!(matches!(read(&HeaderMap::new()), Err(Refusal::NoToken)));
        let mut two = HeaderMap::new();
        two.append(header::AUTHORIZATION, "Bearer a".parse().unwrap());
        two.append(header::AUTHORIZATION, "Bearer a".parse().unwrap());
        assert!(matches!(read(&two), Err(Refusal::TwoTokens)));
    }
}
