//! No secret is told to anybody but its owner: not in a log at its most talkative, not in a page, not in an error
//! (design, invariant 6). The flows are driven through their happy ways and their bad ones; afterwards everything that
//! was secret on the way is looked for in everything that was written.

mod collector;
mod log;
mod relay;

use base64::prelude::*;
use serde_json::json;
use standin::{Fault, FaultKind};

use self::{collector::Collector, log::Log, relay::Relay};
use crate::{
    exchange::{exchange, form, sha256},
    harness::{Answer, Browser, Client, Form, MASTER_KEY, Tokens, VERIFIER, World, parameters},
};

/// What must not be seen, with what it is.
#[derive(Default)]
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn add(&mut self, what: &'static str, secret: impl Into<String>) {
        let secret = secret.into();
        assert!(secret.len() >= 16, "{what} is too short to be looked for: {secret}");
        self.0.push((what, secret));
    }

    fn add_tokens(&mut self, tokens: &Tokens) {
        self.add("an access token", &tokens.access);
        // The signature alone makes a token of what everybody can guess.
        self.add("an access token's signature", tokens.access.rsplit('.').next().unwrap());
        self.add("a refresh token", &tokens.refresh);
    }

    fn assert_unseen(&self, text: &str, place: &str) {
        for (what, secret) in &self.0 {
            let at = text.find(secret.as_str());
            let around = at.map(|at| {
                let (from, to) = (at.saturating_sub(300), (at + secret.len() + 50).min(text.len()));
                String::from_utf8_lossy(&text.as_bytes()[from..to]).into_owned()
            });
            assert_eq!(around, None, "{what} is in {place}");
        }
    }
}

/// The way of a person to a code, with every secret on it noted.
async fn code(world: &World, browser: &Browser<'_>, client: &Client, secrets: &mut Secrets) -> String {
    let page = browser.ask(&client.request(world).with("state", "canary-state-of-the-client")).await;
    secrets.add("the cookie that names the browser", browser.cookie().unwrap());
    secrets.add("the sealed request", page.hidden("request"));
    let address = browser.go_on(&page).await.link();
    secrets.add("the state of the sign-in", parameters(&address, "state").concat());
    let back = browser.sign_in_at_peaka(&address).await;
    secrets.add("Peaka's code", parameters(&back, "code").concat());
    let to_consent = browser.get(&back).await;
    assert_eq!(to_consent.status, 303, "{to_consent:?}");
    secrets.add("the cookie of the sign-in", browser.cookie_called("peaka-signed-in").unwrap());
    let consent = browser.get(to_consent.header("location")).await;
    secrets.add("the authorization", consent.hidden("authorization"));
    let leaving = browser.decide(&consent, &Browser::all()).await;
    browser.decide(&consent, &Browser::all()).await;
    let code = leaving.carries("code").unwrap();
    secrets.add("a code", &code);
    code
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_secret_is_written_anywhere() {
    let collector = Collector::start().await;
    let traces = shared::telemetry::tracer(&collector.address, "a test").unwrap();
    let log = Log::start(&traces);
    let relay = Relay::start().await;
    // Nobody listens there, so that what goes wrong with it is logged.
    let mail = "smtp://peaka:canary-password-of-the-mail-server@127.0.0.1:1";
    let world = World::start_with(&[
        ("PEAKA_TOKEN_ENDPOINT", &relay.address),
        ("GATEWAY_MAIL_URL", mail),
        ("GATEWAY_MAIL_FROM", "no-reply@peaka.example"),
    ])
    .await;
    relay.to(format!("{}/oauth2/token", world.peaka.url()));
    let mut secrets = Secrets::default();
    let mut told = Vec::new();
    secrets.add("the master key", MASTER_KEY);
    secrets.add("our secret at Peaka", standin::Options::default().client_secret);
    secrets.add("the password of the mail server", "canary-password-of-the-mail-server");
    secrets.add("the client's verifier", VERIFIER);
    secrets.add("the client's state", "canary-state-of-the-client");
    let client = world
        .client(&json!({"redirect_uris": ["https://client.example/cb"], "token_endpoint_auth_method": "client_secret_basic"}))
        .await;
    let secret = client.secret.clone().unwrap();
    secrets.add("a client's secret", &secret);
    secrets.add("a client's secret in base64", BASE64_STANDARD.encode(format!("{}:{secret}", client.id)));
    let browser = Browser::new(&world);
    let first = code(&world, &browser, &client, &mut secrets).await;
    browser.forget_cookies();
    let redemption = client.redemption(&first);

    // Codes and refresh tokens, good and bad.
    let wrong = "canary-verifier-canary-verifier-canary-verifier";
    secrets.add("a wrong verifier", wrong);
    told.push(world.redeem(&redemption.with("code_verifier", wrong)).await);
    told.push(world.redeem(&redemption.with("client_secret", "canary-secret-of-nobody")).await);
    secrets.add("a wrong secret", "canary-secret-of-nobody");
    told.push(world.redeem(&redemption.and("code", &first)).await);
    told.push(world.redeem(&redemption.with("resource", "https://other.example")).await);
    let tokens = world.tokens(&client, &first).await;
    secrets.add_tokens(&tokens);
    told.push(world.refresh(&client, &format!("{}x", tokens.refresh)).await);
    let mut second = Tokens::of(&world.refresh(&client, &tokens.refresh).await);
    secrets.add_tokens(&second);

    // The resource, good and bad.
    world.mcp(&second.access).await;
    let identity = world.backend.seen()[0].header("x-peaka-identity").unwrap().to_owned();
    secrets.add("an identity header", &identity);
    for token in [&format!("{}x", second.access), &second.refresh, &first] {
        told.push(world.mcp(token).await);
    }
    for answer in [
        Answer::HangUp,
        Answer::status(500, &[]),
        Answer::status(401, &[("www-authenticate", "canary-of-the-backend")]),
    ] {
        world.backend.next(answer);
        told.push(world.mcp(&second.access).await);
    }
    secrets.add("the backend's challenge", "canary-of-the-backend");

    // The exchange, good and bad.
    let peakas = exchange(&world, &form(&identity)).await.json()["access_token"].as_str().unwrap().to_owned();
    secrets.add("Peaka's access token", &peakas);
    told.push(exchange(&world, &form(&format!("{identity}x"))).await);
    let mut held = peakas.clone();
    for fault in [FaultKind::Internal, FaultKind::BadGatewayHtml, FaultKind::Reset, FaultKind::Empty] {
        world.pass(300);
        second = Tokens::of(&world.refresh(&client, &second.refresh).await);
        secrets.add_tokens(&second);
        world.mcp(&second.access).await;
        let identity = world.backend.seen().last().unwrap().header("x-peaka-identity").unwrap().to_owned();
        world.peaka.faults().add(Fault::new(fault).on("/oauth2/token"));
        told.push(exchange(&world, &form(&identity)).await);
        let renewed = exchange(&world, &form(&identity)).await.json();
        held = renewed["access_token"].as_str().unwrap().to_owned();
        secrets.add("a renewed token of Peaka", &held);
        secrets.add("a later identity header", identity);
    }
    assert!(world.peaka.faults().waiting().is_empty());

    // A sign-in that fails at Peaka, and one that the database fails.
    let other = Browser::new(&world);
    for path in ["/oauth2/token", "/api/v1/info"] {
        let page = other.ask(&client.request(&world)).await;
        let back = other.sign_in_at_peaka(&other.go_on(&page).await.link()).await;
        secrets.add("a code of Peaka that failed", parameters(&back, "code").concat());
        world.peaka.faults().add(Fault::new(FaultKind::Internal).on(path));
        told.push(other.get(&back).await);
    }
    let late = code(&world, &other, &client, &mut secrets).await;
    world.database.goes_away().await;
    told.push(world.redeem(&client.redemption(&late)).await);
    told.push(world.refresh(&client, &second.refresh).await);
    // The token that was given out last would be given out again, unless Peaka refused it.
    let last = world.backend.seen().last().unwrap().header("x-peaka-identity").unwrap().to_owned();
    told.push(exchange(&world, &form(&last).with("rejected_token_sha256", &sha256(&held))).await);
    told.push(other.get(&format!("/oauth/consent?authorization={late}")).await);
    told.push(other.get(&format!("/oauth/callback?state={late}&code={peakas}")).await);
    world.database.comes_back().await;

    // The ends: a replay, a reuse, a revocation.
    told.push(world.redeem(&redemption).await);
    told.push(world.refresh(&client, &tokens.refresh).await);
    told.push(world.post("/oauth/revoke", &client.revoking(&second.refresh)).await);
    told.push(world.mcp(&second.access).await);
    told.push(world.post("/oauth/token", &Form::of([("refresh_token", second.refresh.as_str())])).await);

    for (form, answer) in relay.seen() {
        for name in ["code", "code_verifier", "refresh_token"] {
            if let Some(value) = form.get(name) {
                secrets.add("what Peaka was sent", value);
            }
        }
        for name in ["access_token", "refresh_token"] {
            if let Some(value) = answer[name].as_str() {
                secrets.add("what Peaka gave", value);
            }
        }
    }
    assert!(secrets.0.len() > 40, "only {} secrets were met", secrets.0.len());
    for reply in &told {
        secrets.assert_unseen(&format!("{reply:?}"), "an answer");
    }
    while world.database.count("mail_deliveries").await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let written = log.text();
    for sentence in [
        "signed_in",
        "session_began",
        "code_replayed",
        "the backend failed",
        "met an outage",
        "could not tell of an event",
    ] {
        assert!(written.contains(sentence), "the log was not caught: {sentence}");
    }
    secrets.assert_unseen(&written, "the log");
    tokio::task::spawn_blocking(move || traces.force_flush().unwrap()).await.unwrap();
    let sent = collector.text();
    for word in ["/oauth/token", "session_began"] {
        assert!(sent.contains(word), "the traces were not caught: {word}");
    }
    secrets.assert_unseen(&sent, "the traces");
    let metrics = world.http.get(format!("{}/metrics", world.internal)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(metrics.contains("# EOF"), "no metrics were read: {metrics}");
    secrets.assert_unseen(&metrics, "the metrics");
    // What the database holds is of no use without the master key.
    let stored = world.database.dump().await.join("\n");
    let sealed: Vec<_> =
        secrets.0.into_iter().filter(|(what, _)| !["the client's state"].contains(what)).collect();
    Secrets(sealed).assert_unseen(&stored, "the database");
}
