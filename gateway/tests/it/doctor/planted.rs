//! The planted faults.

use super::{Deployment, Mischief, Relay};

async fn found(mischief: Mischief, names: &[&str]) {
    Deployment::with(mischief).await.examine().await.assert_finds(names);
}

async fn found_by(mischief: Mischief, name: &str, clients: &[&str]) {
    let diagnosis = Deployment::with(mischief).await.examine().await;
    diagnosis.assert_finds(&[name]);
    assert_eq!(diagnosis.clients(name), clients, "{diagnosis:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_challenge() {
    found(Mischief::NoChallenge, &["no-challenge"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_page_instead_of_the_challenge() {
    found(Mischief::LoginPage, &["login-page"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_with_a_slash() {
    let mischief = Mischief::Rewrite("/.well-known/oauth-protected-resource", "/mcp\"", "/mcp/\"");
    found(mischief, &["resource-mismatch"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_is_called_differently() {
    let mischief =
        Mischief::Rewrite("/.well-known/o", "\"issuer\":\"http://localhost", "\"issuer\":\"http://LOCALHOST");
    found(mischief, &["issuer-mismatch"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_that_is_in_one_place_only() {
    let mischief = Mischief::Page("/.well-known/oauth-protected-resource", 404);
    found(mischief, &["metadata-form-missing"]).await;
    let mischief = Mischief::Page("/.well-known/oauth-protected-resource/mcp", 404);
    found(mischief, &["metadata-form-missing"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_preflight() {
    found_by(Mischief::NoPreflights, "preflight-refused", &["MCP Inspector"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_that_pages_cannot_read() {
    found_by(Mischief::NotExposed, "not-readable", &["MCP Inspector"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_firewall_before_the_registration() {
    let diagnosis = Deployment::with(Mischief::Page("/oauth/register", 403)).await.examine().await;
    diagnosis.assert_finds(&["firewall"]);
    let seen = &diagnosis.report["findings"][0]["seen"][0];
    assert_eq!(seen, "POST /oauth/register was answered 403 with a web page (“Just a moment...”)");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_blocked() {
    found_by(Mischief::Blocks("python-httpx"), "agent-blocked", &["Claude", "ChatGPT"]).await;
    found_by(Mischief::Blocks("Claude-User"), "agent-blocked", &["Claude"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_port_on_the_persons_machine_that_is_refused() {
    found_by(Mischief::Ports, "loopback-port-refused", &["Claude Code"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_of_another_before_ours() {
    found(Mischief::SignOn, &["authorization-redirects"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_ten_minutes_late() {
    found(Mischief::Late, &["clock-skew"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_are_held_back_or_called_something_else() {
    found(Mischief::Buffers, &["stream-buffered"]).await;
    found(Mischief::Octets, &["content-type"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_that_answers_with_a_page() {
    found(Mischief::Page("/oauth/token", 400), &["token-not-json"]).await;
    found(Mischief::Page("/oauth/token", 503), &["firewall"]).await;
}

/// Nothing is wrong with how it is set up: it is down.
#[tokio::test(flavor = "multi_thread")]
async fn an_outage_at_the_authorization_endpoint() {
    found(Mischief::Page("/oauth/authorize", 503), &["outage"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_of_another() {
    found(Mischief::Rewrite("/oauth/token", "invalid_grant", "invalid_request"), &["token-verdict"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_with_a_document_that_are_not_admitted() {
    let admission = [("GATEWAY_CIMD_ADMISSION", "listed"), ("GATEWAY_CIMD_HOSTS", "app.example.com")];
    let deployment = Deployment::configured(Relay::bind().await, Mischief::None, &admission).await;
    let diagnosis = deployment.examine().await;
    diagnosis.assert_finds(&["client-document-refused"]);
    assert_eq!(diagnosis.clients("client-document-refused"), ["Claude", "Claude Code", "VS Code"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_are_lost() {
    found(Mischief::KeepsAuthorization, &["authorization-stripped"]).await;
    found(Mischief::Caches, &["cached", "token-cacheable"]).await;
    found_by(Mischief::NoGet, "get-refused", &["mcp-remote"]).await;
}
