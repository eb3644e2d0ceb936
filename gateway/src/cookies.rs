//! The two cookies of the gateway. One names a browser without knowing anybody: what is begun in a browser must be ended
//! in it. The other says who is signed in; it is a new one after every sign-in, so that none planted before is worth
//! anything. The store knows only hashes of either.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};

use crate::domain::secret::{NoRandomness, hash, random_text};

/// How long a browser stays signed in: a working day.
pub(crate) const SIGNED_IN: Duration = Duration::from_secs(12 * 60 * 60);
/// How long a browser is known without anybody being signed in.
const KNOWN: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Names the browser.
    Browser,
    /// Says who is signed in.
    SignedIn,
}

/// Reads and writes the cookies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cookies {
    secure: bool,
}

/// A cookie's value, known to one browser.
pub(crate) struct Cookie {
    kind: Kind,
    value: String,
}

impl Cookie {
    /// A fresh one.
    pub(crate) fn new(kind: Kind) -> Result<Self, NoRandomness> {
        Ok(Self { kind, value: random_text()? })
    }

    /// The name under which the store knows it.
    pub(crate) fn hash(&self) -> String {
        hash(&self.value)
    }
}

impl Cookies {
    /// `secure`: the issuer is reached over TLS. Plain http is for localhost only, where some browsers refuse
    /// `Secure` cookies.
    pub(crate) const fn new(secure: bool) -> Self {
        Self { secure }
    }

    const fn name(self, kind: Kind) -> &'static str {
        match (self.secure, kind) {
            (true, Kind::Browser) => "__Host-peaka-browser",
            (true, Kind::SignedIn) => "__Host-peaka-signed-in",
            (false, Kind::Browser) => "peaka-browser",
            (false, Kind::SignedIn) => "peaka-signed-in",
        }
    }

    /// The cookie that came with a request.
    pub(crate) fn get(self, kind: Kind, headers: &HeaderMap) -> Option<Cookie> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find(|(name, value)| *name == self.name(kind) && is_well_formed(value))
            .map(|(_, value)| Cookie { kind, value: value.to_owned() })
    }

    /// The header that gives a browser the cookie. `Lax`: it must come along when Peaka sends the browser back.
    pub(crate) fn set(self, cookie: &Cookie) -> Option<HeaderValue> {
        let (name, secure) = (self.name(cookie.kind), if self.secure { "; Secure" } else { "" });
        let life = match cookie.kind {
            Kind::Browser => KNOWN,
            Kind::SignedIn => SIGNED_IN,
        };
        let (value, seconds) = (&cookie.value, life.as_secs());
        let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        let mut header = HeaderValue::try_from(text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

fn is_well_formed(value: &str) -> bool {
    value.len() == 32 && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_bound_to_host_and_tls_and_read_back() {
        let cookies = Cookies::new(true);
        let browser = Cookie::new(Kind::Browser).unwrap();
        let set = cookies.set(&browser).unwrap();
        let text = set.to_str().unwrap();
        assert!(
            text.starts_with("__Host-peaka-browser=") && text.ends_with("HttpOnly; SameSite=Lax; Secure")
        );
        let mut headers = HeaderMap::new();
        let cookie = format!("a=b; {}; c", text.split(';').next().unwrap());
        headers.insert(header::COOKIE, cookie.parse().unwrap());
        assert_eq!(cookies.get(Kind::Browser, &headers).unwrap().hash(), browser.hash());
        assert!(cookies.get(Kind::SignedIn, &headers).is_none());
        assert!(Cookies::new(false).get(Kind::Browser, &headers).is_none());
    }
}
