//! What the environment can say, and how it is told that it is wrong.

use gateway::peaka::{ClientAuthentication, IdentitySource, Settings};
use shared::env::{Env, Mistakes};

fn read(variables: &[(&str, &str)]) -> Result<Settings, Mistakes> {
    let usual = [
        ("PEAKA_ISSUER", "https://id.example"),
        ("PEAKA_CLIENT_ID", "c"),
        ("PEAKA_CLIENT_SECRET", "hunter2"),
    ];
    let mut env = Env::of(usual.iter().chain(variables).copied());
    let settings = Settings::read(&mut env);
    env.finish(settings)
}

fn mistakes(variables: &[(&str, &str)]) -> Vec<String> {
    read(variables).unwrap_err().0.into_iter().map(|mistake| mistake.variable).collect()
}

#[test]
fn little_is_needed() {
    let settings = read(&[]).unwrap();
    assert_eq!(settings.issuer, "https://id.example");
    assert_eq!(settings.scopes, ["user_access"]);
    assert_eq!(settings.client_authentication, ClientAuthentication::Basic);
    assert_eq!(settings.identity, IdentitySource::Info);
    assert_eq!(settings.partner_api.as_str(), "https://partner.peaka.studio/api/v1");
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn every_mistake_is_told_at_once() {
    let wrong = [
        ("PEAKA_ISSUER", " "),
        ("PEAKA_CLIENT_ID", ""),
        ("PEAKA_CLIENT_SECRET", ""),
        ("PEAKA_AUTHORIZATION_ENDPOINT", "x"),
        ("PEAKA_TOKEN_ENDPOINT", "ftp://id.example"),
        ("PEAKA_USERINFO_ENDPOINT", "https://id.example/#x"),
        ("PEAKA_CLIENT_AUTH", "jwt"),
        ("PEAKA_IDENTITY", "id_token"),
        ("PARTNER_API_BASE_URL", "partner.peaka.studio"),
    ];
    let mut env = Env::of(wrong);
    let settings = Settings::read(&mut env);
    assert_eq!(env.finish(settings).unwrap_err().0.len(), wrong.len());
}

#[test]
fn plain_http_is_for_the_loopback_interface() {
    for good in ["http://127.0.0.1:8070", "http://localhost:8070", "http://[::1]:8070", "http://127.9.9.9/a"]
    {
        assert!(
            read(&[("PEAKA_ISSUER", good), ("PEAKA_TOKEN_ENDPOINT", "http://standin:8070/token")]).is_ok()
        );
    }
    for bad in [
        "http://id.example",
        "http://localhost.example",
        "http://10.0.0.1",
        "https://id.example?x",
        "https://id.example#x",
        "https://u:p@id.example",
        "id.example",
        "mailto:id@example",
    ] {
        assert_eq!(mistakes(&[("PEAKA_ISSUER", bad)]), ["PEAKA_ISSUER"], "{bad}");
    }
    assert_eq!(mistakes(&[("PEAKA_TOKEN_ENDPOINT", "http://127.0.0.1/token")]), ["PEAKA_TOKEN_ENDPOINT"]);
}
