//! The `Authorization` header of a resource request (RFC 6750 §2.1, RFC 9449 §7.1). A token anywhere else is not looked at.

use http::{HeaderMap, header};

use super::{refusal::Refusal, scheme::Scheme};

/// A token, and how it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Presented<'a> {
    pub(super) scheme: Scheme,
    pub(super) token: &'a [u8],
}

pub(super) fn read(headers: &HeaderMap) -> Result<Presented<'_>, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(Refusal::NoToken)?;
    if values.next().is_some() {
        return Err(Refusal::TwoTokens);
    }
    let value = value.as_bytes();
    let space = value.iter().position(|&byte| byte == b' ').ok_or(Refusal::Malformed)?;
    let (scheme, token) = (&value[..space], &value[space + 1..]);
    let scheme = if scheme.eq_ignore_ascii_case(b"bearer") {
        Scheme::Bearer
    } else if scheme.eq_ignore_ascii_case(b"dpop") {
        Scheme::Dpop
    } else {
        return Err(Refusal::NoToken);
    };
    Ok(Presented { scheme, token })
}

impl Presented<'_> {
    /// Whether the token is of the form that all have: b64token of RFC 6750 §2.1, token68 of RFC 9110 §11.2. To be asked when
    /// it is no good, to say why: one that is known has that form.
    pub(super) fn is_well_formed(&self) -> bool {
        let allowed =
            |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=');
        !self.token.is_empty() && self.token.iter().copied().all(allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(value: &str) -> Result<(Scheme, String), Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        let text = |token: &[u8]| String::from_utf8(token.to_vec()).unwrap();
        read(&headers).map(|presented| (presented.scheme, text(presented.token)))
    }

    #[test]
    fn one_token_in_one_header() {
        assert_eq!(read_one("bEaReR abc").unwrap(), (Scheme::Bearer, "abc".to_owned()));
        assert_eq!(read_one("DpOp abc").unwrap(), (Scheme::Dpop, "abc".to_owned()));
        for malformed in ["Bearer", "DPoP"] {
            assert!(matches!(read_one(malformed), Err(Refusal::Malformed)), "{malformed}");
        }
        for (token, is_well_formed) in
            [("Ab0-._~+/=", true), ("", false), (" abc", false), ("a,b", false), ("a b", false), ("ä", false)]
        {
            let presented = Presented { scheme: Scheme::Bearer, token: token.as_bytes() };
            assert_eq!(presented.is_well_formed(), is_well_formed, "{token}");
        }
        assert!(matches!(read_one("Basic abc"), Err(Refusal::NoToken)));
        assert!(matches!(read(&HeaderMap::new()), Err(Refusal::NoToken)));
        let mut two = HeaderMap::new();
        two.append(header::AUTHORIZATION, "Bearer a".parse().unwrap());
        two.append(header::AUTHORIZATION, "DPoP a".parse().unwrap());
        assert!(matches!(read(&two), Err(Refusal::TwoTokens)));
    }
}
