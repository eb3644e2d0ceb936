//! Two redirect URIs, a line each: one that is registered and one that is presented. An accepted one leads where a
//! browser goes, and means the registered one only if it is the same text but for the port of a loopback address.
#![no_main]

use gateway::domain::redirect::{Destination, RedirectUri};
use libfuzzer_sys::fuzz_target;
use url::{Host, Url};

fuzz_target!(|lines: &str| {
    let (first, second) = lines.split_once('\n').unwrap_or((lines, lines));
    let Ok(registered) = RedirectUri::parse(first) else { return };
    leads_where_it_says(&registered, first);
    let Ok(presented) = RedirectUri::parse(second) else { return };
    leads_where_it_says(&presented, second);
    assert_eq!(registered.accepts(&presented), presented.accepts(&registered));
    if !registered.accepts(&presented) {
        assert_ne!(first, second);
    } else if first != second {
        let (a, b) = (Url::parse(first).unwrap(), Url::parse(second).unwrap());
        assert!(a.scheme() == "http" && is_this_machine(&a));
        assert_eq!(without_port(first, &a), without_port(second, &b));
    }
});

fn leads_where_it_says(uri: &RedirectUri, text: &str) {
    assert_eq!(uri.as_str(), text);
    assert_eq!(RedirectUri::try_from(String::from(uri.clone())).as_ref(), Ok(uri));
    let url = Url::parse(text).unwrap();
    let without_user = url.username().is_empty() && url.password().is_none();
    assert!(url.fragment().is_none() && (without_user || !url.is_special()));
    match uri.destination() {
        Destination::Web(host) => assert!(url.scheme() == "https" && is_host(host, &url), "{text} leads to {url}"),
        Destination::Loopback(host) => assert!(url.scheme() == "http" && is_host(host, &url) && is_this_machine(&url)),
        Destination::Application(scheme) => assert!(url.scheme() == scheme && !url.is_special()),
    }
    let back = uri.with(&[("code", "c")]);
    assert_eq!(Url::parse(&back).unwrap().query_pairs().last(), Some(("code".into(), "c".into())));
}

fn is_host(told: &str, url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == told,
        Some(Host::Ipv4(address)) => address.to_string() == told,
        Some(Host::Ipv6(address)) => told.trim_matches(['[', ']']).parse() == Ok(address),
        None => false,
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn without_port(text: &str, url: &Url) -> String {
    let port = text.strip_prefix("http://").and_then(|rest| rest.split(['/', '?']).next()).unwrap();
    match port.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()) {
        Some((_, port)) => {
            assert_eq!(port.parse().ok(), url.port_or_known_default());
            text.replacen(&format!(":{port}"), "", 1)
        }
        None => text.to_owned(),
    }
}
