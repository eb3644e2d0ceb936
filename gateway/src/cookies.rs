//! The one cookie of the gateway: it names a browser, first unknown and after a sign-in known. Only its hash is stored.

use http::{HeaderMap, HeaderValue, header};

use crate::domain::secret::{NoRandomness, hash, random_text};

/// How long a browser stays signed in, in seconds: a working day.
pub(crate) const SIGNED_IN_SECONDS: u64 = 12 * 60 * 60;

/// Reads and writes the cookie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cookies {
    secure: bool,
}

/// The cookie's value: whoever has it is this browser.
pub(crate) struct Browser(String);

impl Browser {
    /// The name under which the store knows the browser.
    pub(crate) fn hash(&self) -> String {
        hash(&self.0)
    }
}

impl Cookies {
    /// `secure`: the issuer is reached over TLS. Plain http is for localhost only, where some browsers refuse
    /// `Secure` cookies.
    pub(crate) const fn new(secure: bool) -> Self {
        Self { secure }
    }

    const fn name(self) -> &'static str {
        if self.secure { "__Host-peaka-browser" } else { "peaka-browser" }
    }

    /// The browser that a request comes from.
    pub(crate) fn browser(self, headers: &HeaderMap) -> Option<Browser> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find(|(name, value)| *name == self.name() && is_well_formed(value))
            .map(|(_, value)| Browser(value.to_owned()))
    }

    /// A browser not seen before.
    pub(crate) fn new_browser(self) -> Result<Browser, NoRandomness> {
        random_text().map(Browser)
    }

    /// The header that gives a browser its cookie. `Lax`: it must come along when Peaka sends the browser back.
    pub(crate) fn set(self, browser: &Browser) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        let cookie = format!(
            "{}={}; Path=/; Max-Age={SIGNED_IN_SECONDS}; HttpOnly; SameSite=Lax{secure}",
            self.name(),
            browser.0
        );
        let mut value = HeaderValue::try_from(cookie).ok()?;
        value.set_sensitive(true);
        Some(value)
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
        let browser = cookies.new_browser().unwrap();
        let set = cookies.set(&browser).unwrap();
        let text = set.to_str().unwrap();
        assert!(
            text.starts_with("__Host-peaka-browser=") && text.ends_with("HttpOnly; SameSite=Lax; Secure")
        );
        let mut headers = HeaderMap::new();
        let cookie = format!("a=b; {}; c", text.split(';').next().unwrap());
        headers.insert(header::COOKIE, cookie.parse().unwrap());
        assert_eq!(cookies.browser(&headers).unwrap().hash(), browser.hash());
        assert!(Cookies::new(false).browser(&headers).is_none());
    }
}
