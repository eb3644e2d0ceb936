//! The protected-resource metadata at both of its places (RFC 9728 §3.1), and what caches and compressors do on the way.

use http::{StatusCode, header};

use crate::doctor::{case::Case, fault::Fault};

pub(in crate::doctor) async fn check(case: &mut Case<'_>) {
    let forms = [case.target.metadata(), case.target.at("/.well-known/oauth-protected-resource")];
    let mut there = [false; 2];
    for (url, there) in forms.iter().zip(&mut there) {
        let what = format!("GET {}", crate::doctor::case::path(url));
        match case.ask(&what, case.get(url)).await {
            Some(answer) => *there = answer.status == StatusCode::OK && answer.json().is_some(),
            // It has been told why.
            None => *there = true,
        }
    }
    match there {
        [true, true] => {}
        [false, false] => case.find(Fault::MetadataMissing, "neither well-known place answers with JSON"),
        [path, _] => {
            let missing = crate::doctor::case::path(&forms[usize::from(path)]);
            case.find(Fault::MetadataFormMissing, format!("GET {missing} does not answer with JSON"));
        }
    }
    let request = case.initialize().header(header::ACCEPT_ENCODING, "gzip, br");
    let Some(answer) = case.ask("POST /mcp", request).await else { return };
    let coding = answer.header(header::CONTENT_ENCODING);
    if !coding.is_empty() {
        case.find(Fault::Compressed, format!("POST /mcp is answered with Content-Encoding: {coding}"));
    }
    let cache = answer.header(header::CACHE_CONTROL);
    if answer.status == StatusCode::UNAUTHORIZED && !cache.contains("no-store") {
        case.find(Fault::Cached, "the 401 of /mcp comes without Cache-Control: no-store");
    } else if !answer.header(header::AGE).is_empty() {
        case.find(Fault::Cached, "the 401 of /mcp comes with an Age: a cache has kept it");
    }
}
