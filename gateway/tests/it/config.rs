//! The start-up tells every mistake at once, and repeats no value.

use gateway::Config;
use shared::env::Env;

fn mistakes(variables: &[(&str, &str)]) -> String {
    Config::read(Env::of(variables.iter().copied())).unwrap_err().to_string()
}

#[test]
fn what_must_be_set_is_named() {
    insta::assert_snapshot!(mistakes(&[]), @r#"
    the configuration has 6 mistake(s):
      GATEWAY_PUBLIC_URL: is not set; it should be an https origin such as https://mcp.example.com (plain http only for localhost)
      GATEWAY_DATABASE_URL: is not set; it should be postgres://user@host/database or sqlite://path?mode=rwc
      GATEWAY_MASTER_KEYS: is not set; it should be a comma-separated list of base64url keys of 32 bytes each, newest first; make one with: openssl rand -base64 32 | tr '+/' '-_' | tr -d '='
      PEAKA_ISSUER: is not set; it should be the https URL of Peaka's issuer, without query and fragment (http only on the loopback interface)
      PEAKA_CLIENT_ID: is not set; it should be the gateway's client id at Peaka
      PEAKA_CLIENT_SECRET: is not set; it should be the gateway's client secret at Peaka
    "#);
}

#[test]
fn every_mistake_is_told_at_once_and_no_value_is_repeated() {
    let message = mistakes(&[
        ("GATEWAY_PUBLIC_URL", "http://hunter2.example"),
        ("GATEWAY_LISTEN", "hunter2"),
        ("GATEWAY_INTERNAL_LISTEN", "hunter2:x"),
        ("GATEWAY_BACKEND_URL", "https://hunter2/x"),
        ("GATEWAY_TRUSTED_PROXIES", "hunter2/8"),
        ("GATEWAY_ALLOWED_ORIGINS", "https://hunter2/path"),
        ("GATEWAY_DATABASE_URL", "mysql://hunter2"),
        ("GATEWAY_DATABASE_CONNECTIONS", "0"),
        ("GATEWAY_REDIS_URL", "http://hunter2"),
        ("GATEWAY_MASTER_KEYS", "hunter2"),
        ("GATEWAY_ACCESS_TOKEN_SECONDS", "7200"),
        ("GATEWAY_SESSION_IDLE_SECONDS", "hunter2"),
        ("GATEWAY_SESSION_SECONDS", "0"),
        ("GATEWAY_CIMD_PRIVATE_HOSTS", "hunter2"),
        ("GATEWAY_CIMD_CA_FILE", "/hunter2"),
        ("GATEWAY_CIMD_PORTS", "hunter2"),
        ("PEAKA_ISSUER", "http://hunter2"),
        ("PEAKA_CLIENT_AUTH", "hunter2"),
        ("PEAKA_IDENTITY", "hunter2"),
        ("PEAKA_TOKEN_ENDPOINT", "hunter2"),
        ("PARTNER_API_BASE_URL", "hunter2"),
        ("LOG_FORMAT", "hunter2"),
        ("GATEWAY_GENEROUS_NETWORKS", "hunter2"),
        ("GATEWAY_MAIL_URL", "smtp://hunter2@mail.example"),
        ("GATEWAY_MAIL_FROM", "hunter2"),
        ("GATEWAY_MAIL_CA_FILE", "/hunter2"),
    ]);
    assert!(!message.contains("hunter2"), "{message}");
    insta::assert_snapshot!(message, @r#"
    the configuration has 28 mistake(s):
      GATEWAY_PUBLIC_URL: should be an https origin such as https://mcp.example.com (plain http only for localhost)
      GATEWAY_LISTEN: should be an address and port such as 0.0.0.0:8080
      GATEWAY_INTERNAL_LISTEN: should be an address and port such as 0.0.0.0:8080
      GATEWAY_BACKEND_URL: should be an http origin such as http://mcp-backend:8090, or several, separated by commas
      GATEWAY_TRUSTED_PROXIES: should be networks such as 10.0.0.0/8, separated by commas
      GATEWAY_GENEROUS_NETWORKS: should be networks such as 160.79.104.0/21, separated by commas, or none
      GATEWAY_ALLOWED_ORIGINS: should be * or origins such as https://app.example.com, separated by commas
      GATEWAY_DATABASE_URL: should be postgres://user@host/database or sqlite://path?mode=rwc
      GATEWAY_DATABASE_CONNECTIONS: should be a number from 1 to 1000
      GATEWAY_REDIS_URL: should be like redis://host:6379/0, redis+sentinel://host:26379,host:26379/service, or redis+cluster://host:6379,host:6379 (rediss for TLS)
      GATEWAY_MASTER_KEYS: should be a comma-separated list of base64url keys of 32 bytes each, newest first; make one with: openssl rand -base64 32 | tr '+/' '-_' | tr -d '='
      GATEWAY_SESSION_IDLE_SECONDS: should be a number of seconds, at least 1
      GATEWAY_SESSION_SECONDS: should be a number of seconds, at least 1
      GATEWAY_ACCESS_TOKEN_SECONDS: should be at most 3600: access tokens are not looked up anywhere
      PEAKA_ISSUER: should be the https URL of Peaka's issuer, without query and fragment (http only on the loopback interface)
      PEAKA_IDENTITY: should be "info" or "userinfo"
      PEAKA_CLIENT_AUTH: should be "basic" or "post"
      PEAKA_TOKEN_ENDPOINT: should be an https URL without fragment (http only if PEAKA_ISSUER is http, too)
      PEAKA_CLIENT_ID: is not set; it should be the gateway's client id at Peaka
      PEAKA_CLIENT_SECRET: is not set; it should be the gateway's client secret at Peaka
      PARTNER_API_BASE_URL: should be a URL such as https://partner.peaka.studio/api/v1
      GATEWAY_CIMD_PRIVATE_HOSTS: should be like docs.example.com=10.0.0.7:443, separated by commas
      GATEWAY_CIMD_CA_FILE: should be the path of a readable PEM file with certificates
      GATEWAY_CIMD_PORTS: should be ports separated by commas, like 443,8443
      GATEWAY_MAIL_CA_FILE: should be the path of a readable PEM file with certificates
      GATEWAY_MAIL_FROM: should be set beside GATEWAY_MAIL_URL, like Peaka <no-reply@example.com>
      GATEWAY_MAIL_URL: should be like smtps://user:password@host or smtp://user:password@host, with a name or an IPv4 address; smtp+insecure://host only without a password
      LOG_FORMAT: should be "text" or "json"
    "#);
}
