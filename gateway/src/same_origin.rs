//! Whether a form was posted by a page of ours. Fails closed: a post that does not say where it comes from is refused.

use http::{HeaderMap, header};

use crate::domain::issuer::Issuer;

/// Browsers say so in `Sec-Fetch-Site`; one that does not send it must name our origin in `Origin`.
pub(crate) fn is_same_origin(headers: &HeaderMap, issuer: &Issuer) -> bool {
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    match headers.get("sec-fetch-site") {
        // Our pages send no referrer, for which browsers write `Origin: null`.
        Some(site) => {
            site == "same-origin" && origin.is_none_or(|origin| origin == "null" || origin == issuer.as_str())
        }
        None => origin == Some(issuer.as_str()),
    }
}

/// Whether a browser says that its person came here by themselves or from a page of ours, and not from another site.
/// One that does not say is not believed.
pub(crate) fn is_not_from_elsewhere(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    sites.next().is_some_and(|site| site == "none" || site == "same-origin") && sites.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_post() {
        let issuer = Issuer::parse("https://a.example").unwrap();
        for (site, origin, accepted) in [
            (Some("same-origin"), None, true),
            (Some("same-origin"), Some("null"), true),
            (Some("same-origin"), Some("https://a.example"), true),
            (Some("same-origin"), Some("https://evil.example"), false),
            (Some("cross-site"), Some("https://a.example"), false),
            (Some("same-site"), None, false),
            (Some("none"), None, false),
            (None, Some("https://a.example"), true),
            (None, Some("null"), false),
            (None, None, false),
        ] {
            let mut headers = HeaderMap::new();
            site.map(|site| headers.insert("sec-fetch-site", site.parse().unwrap()));
            origin.map(|origin| headers.insert(header::ORIGIN, origin.parse().unwrap()));
            assert_eq!(is_same_origin(&headers, &issuer), accepted, "{site:?} {origin:?}");
        }
    }
}
