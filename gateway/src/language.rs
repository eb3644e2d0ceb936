//! In which language a page speaks: what its person chose with the link at the page's foot (kept in a plain cookie), or
//! what the browser asks for (RFC 9110 §12.5.4).

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use url::form_urlencoded;

use crate::words::{Language, Words};

const COOKIE: &str = "peaka-language";
const PARAMETER: &str = "lang";
/// Where a repeated `GET` is not the same again, no link offers one.
const NOT_REPEATABLE: &str = "/oauth/callback";

/// The words for the page under way, and where it can be had in the other languages.
#[derive(Clone, Debug)]
pub(crate) struct Here {
    words: &'static Words,
    pub(crate) others: Vec<Other>,
}

/// The same page in another language.
#[derive(Clone, Debug)]
pub(crate) struct Other {
    pub(crate) tag: &'static str,
    pub(crate) name: &'static str,
    pub(crate) address: String,
}

impl std::ops::Deref for Here {
    type Target = Words;

    fn deref(&self) -> &Words {
        self.words
    }
}

tokio::task_local! {
    static HERE: Here;
}

impl Here {
    /// Those of the request under way. A page that is rendered outside of one speaks English.
    pub(crate) fn now() -> Self {
        HERE.try_with(Clone::clone)
            .unwrap_or_else(|_| Self { words: Words::of(Language::English), others: Vec::new() })
    }

    /// The same without the links: an error repeats nothing of the address that led to it.
    pub(crate) fn alone(self) -> Self {
        Self { others: Vec::new(), ..self }
    }

    /// The tag for `<html lang>`.
    pub(crate) fn tag(&self) -> &'static str {
        self.words.language().tag()
    }
}

/// Middleware of all pages. `secure`: we are reached over TLS, and so is the cookie.
pub(crate) async fn speak(State(secure): State<bool>, request: Request, next: Next) -> Response {
    let picked = picked(request.uri());
    let language = picked.or_else(|| kept(request.headers())).or_else(|| asked(request.headers()));
    let language = language.unwrap_or_default();
    let here = Here { words: Words::of(language), others: others(request.method(), request.uri(), language) };
    let mut response = HERE.scope(here, next.run(request)).await;
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Accept-Language, Cookie"));
    if headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    }
    if let Some(picked) = picked {
        let secure = if secure { "; Secure" } else { "" };
        let cookie =
            format!("{COOKIE}={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}", picked.tag());
        headers.extend(HeaderValue::try_from(cookie).ok().map(|cookie| (header::SET_COOKIE, cookie)));
    }
    response
}

/// What the link at the foot says.
fn picked(uri: &Uri) -> Option<Language> {
    let query = form_urlencoded::parse(uri.query()?.as_bytes());
    query.filter(|(name, _)| name == PARAMETER).find_map(|(_, tag)| Language::of_tag(&tag))
}

fn kept(headers: &HeaderMap) -> Option<Language> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|cookies| cookies.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).and_then(|(_, tag)| Language::of_tag(tag))
}

/// Of the languages that the browser would take, the one of ours that it likes best; the first of several.
fn asked(headers: &HeaderMap) -> Option<Language> {
    let mut best: Option<(Language, f32)> = None;
    let ranges = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    for range in ranges.flat_map(|ranges| ranges.split(',')) {
        let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).unwrap_or(0.0);
        let Some(language) = Language::of_tag(tag.trim()) else { continue };
        if weight > best.map_or(0.0, |(_, weight)| weight) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

fn others(method: &Method, uri: &Uri, language: Language) -> Vec<Other> {
    if method != Method::GET || uri.path() == NOT_REPEATABLE {
        return Vec::new();
    }
    let others = Language::ALL.into_iter().filter(|other| *other != language);
    let address = |other: Language| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let given = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        query.extend_pairs(given.filter(|(name, _)| name != PARAMETER)).append_pair(PARAMETER, other.tag());
        // Only the query: whatever the path is, the link cannot lead to another site.
        format!("?{}", query.finish())
    };
    others.map(|other| Other { tag: other.tag(), name: other.own_name(), address: address(other) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_browser_likes_best() {
        for (asked_for, spoken) in [
            ("tr", Some(Language::Turkish)),
            ("tr-TR,tr;q=0.9,en-US;q=0.8", Some(Language::Turkish)),
            ("de, en;q=0.5, tr;q=0.7", Some(Language::Turkish)),
            ("en,tr", Some(Language::English)),
            ("tr;q=0, de", None),
            ("*", None),
            ("tr;q=x", None),
            (";;,,=", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, asked_for.parse().unwrap());
            assert_eq!(asked(&headers), spoken, "{asked_for}");
        }
    }

    #[test]
    fn the_link_keeps_the_query_and_the_site() {
        let uri: Uri = "//evil.example/?a=%26b&lang=en".parse().unwrap();
        let found = others(&Method::GET, &uri, Language::English);
        assert_eq!(found.iter().map(|other| other.address.as_str()).collect::<Vec<_>>(), ["?a=%26b&lang=tr"]);
        assert!(others(&Method::POST, &uri, Language::English).is_empty());
    }
}
