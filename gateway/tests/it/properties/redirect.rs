//! Redirect URIs mean themselves; only the port of a loopback one may differ.

use gateway::domain::redirect::RedirectUri;
use proptest::prelude::*;

use super::config;

const LOOPBACK: [&str; 4] = ["localhost", "127.0.0.1", "127.8.9.10", "[::1]"];

fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(&LOOPBACK[..]).prop_map(str::to_owned),
        "[a-z][a-z0-9-]{0,8}(\\.[a-z]{2,5}){1,2}",
        "[0-9]{1,3}(\\.[0-9]{1,3}){1,3}",
    ]
}

fn port() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), (0u32..70_000).prop_map(|port| format!(":{port}"))]
}

fn rest() -> impl Strategy<Value = String> {
    "(/[a-zA-Z0-9.%_-]{0,6}){0,3}(\\?[a-z0-9=&.%]{0,9})?"
}

/// Scheme, host, port, and what follows.
fn parts() -> impl Strategy<Value = (&'static str, String, String, String)> {
    (proptest::sample::select(&["https", "http"][..]), host(), port(), rest())
}

fn text((scheme, host, port, rest): &(&'static str, String, String, String)) -> String {
    format!("{scheme}://{host}{port}{rest}")
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_text_is_kept_as_it_came(raw in "\\PC{0,40}|[a-z.]{1,9}:[!-~]{0,40}") {
        if let Ok(uri) = RedirectUri::parse(&raw) {
            prop_assert_eq!(uri.as_str(), &raw);
            prop_assert!(uri.accepts(&uri));
            prop_assert!(uri.with(&[("code", "c")]).starts_with(&raw));
        }
    }

    #[test]
    fn another_text_is_another_uri_but_for_a_loopback_port(a in parts(), b in parts(), port in port(), mix in 0..16u8) {
        // Mostly alike, or two would never mean the same.
        let b = (
            if mix & 1 == 0 { a.0 } else { b.0 },
            if mix & 2 == 0 { a.1.clone() } else { b.1 },
            if mix & 4 == 0 { port } else { b.2 },
            if mix & 8 == 0 { a.3.clone() } else { b.3 },
        );
        let (Ok(registered), Ok(presented)) = (RedirectUri::parse(&text(&a)), RedirectUri::parse(&text(&b))) else {
            return Ok(());
        };
        let but_for_the_port = a.0 == "http" && (a.0, &a.1, &a.3) == (b.0, &b.1, &b.3);
        prop_assert_eq!(registered.accepts(&presented), text(&a) == text(&b) || but_for_the_port);
        prop_assert!(a.0 == "https" || LOOPBACK.contains(&a.1.as_str()) || a.1.starts_with("127."));
    }
}
