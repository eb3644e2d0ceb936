//! An answer, read to its end.

use reqwest::header::HeaderMap;
use serde_json::Value;
use url::Url;

#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.text().await.unwrap() }
    }

    /// A header that comes at most once; empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().map_or("", |value| value.to_str().unwrap());
        assert!(values.next().is_none(), "{name} comes twice");
        value
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// Status and OAuth error (RFC 6749 §5.2), such as `400 invalid_grant`. Such an answer is never stored.
    pub(crate) fn error(&self) -> String {
        assert_eq!(self.header("cache-control"), "no-store");
        format!("{} {}", self.status, self.json()["error"].as_str().unwrap_or("without an error code"))
    }

    /// The value of a hidden field of the page's form.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let start = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
        let from =
            self.body.find(&start).unwrap_or_else(|| panic!("no field {name}: {self:?}")) + start.len();
        let value = &self.body[from..];
        unescape(&value[..value.find('"').unwrap()])
    }

    /// Where the page's one primary link leads.
    pub(crate) fn link(&self) -> String {
        let start = "<a class=\"primary\" href=\"";
        let from = self.body.find(start).unwrap_or_else(|| panic!("no link: {self:?}")) + start.len();
        let value = &self.body[from..];
        unescape(&value[..value.find('"').unwrap()])
    }

    /// A parameter that the page's link carries.
    pub(crate) fn carries(&self, name: &str) -> Option<String> {
        let mut values = parameters(&self.link(), name).into_iter();
        let value = values.next();
        assert!(values.next().is_none(), "{name} comes twice");
        value
    }

    /// A page for people: its headers must protect it, whatever it says.
    pub(crate) fn assert_is_a_page(&self, status: u16) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(self.header("location"), "");
        self.assert_is_protected();
    }

    /// The headers of everything that a browser shows or passes through.
    pub(crate) fn assert_is_protected(&self) {
        assert_eq!(self.header("cache-control"), "no-store");
        assert_eq!(self.header("x-frame-options"), "DENY");
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        assert_eq!(self.header("referrer-policy"), "no-referrer");
        let policy = self.header("content-security-policy");
        for directive in
            ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]
        {
            assert!(policy.contains(directive), "{directive} is not in {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(self.header("access-control-allow-origin"), "");
    }
}

/// Every value of a parameter in an address's query.
pub(crate) fn parameters(url: &str, name: &str) -> Vec<String> {
    let url = Url::parse(url).unwrap();
    url.query_pairs().filter(|(have, _)| have == name).map(|(_, value)| value.into_owned()).collect()
}

fn unescape(html: &str) -> String {
    html.replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#38;", "&")
}
