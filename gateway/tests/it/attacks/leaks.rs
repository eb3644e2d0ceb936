//! Rows 65 and 70: what is told to those who should not know.

use std::sync::{Arc, Mutex};

use base64::prelude::*;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use standin::{Fault, FaultKind};
use tokio::net::TcpListener;

use super::world;
use crate::harness::{Browser, MASTER_KEY, Tokens, VERIFIER, World, parameters};

/// A collector of traces that keeps every byte of what it is sent, and thanks for it as gRPC does.
async fn sink() -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let heard: Arc<Mutex<Vec<u8>>> = Arc::default();
    let hears = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let heard = Arc::clone(&hears);
            let service = service_fn(move |request: Request<Incoming>| {
                let heard = Arc::clone(&heard);
                async move {
                    let said = format!("{:?}", request.headers());
                    let body = request.into_body().collect().await?.to_bytes();
                    heard.lock().unwrap().extend([said.as_bytes(), &body].concat());
                    let thanks = Response::builder()
                        .header("content-type", "application/grpc")
                        .header("grpc-status", "0");
                    Ok::<_, hyper::Error>(thanks.body(String::new()).unwrap())
                }
            });
            tokio::spawn(
                http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    (address, heard)
}

/// More flows and every level are gone through in `secrets.rs`, in this process; here it is what the process itself
/// writes to its log and sends to its collector.
#[tokio::test]
async fn row_65_secrets_in_logs_and_traces() {
    let (collector, heard) = sink().await;
    let world = World::start_process_with(&[
        ("LOG_FILTER", "trace"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
    ])
    .await;
    let mut secrets =
        vec![MASTER_KEY.to_owned(), VERIFIER.to_owned(), standin::Options::default().client_secret];
    let metadata = json!({"redirect_uris": ["https://client.example/cb"], "token_endpoint_auth_method": "client_secret_post"});
    let client = world.client(&metadata).await;
    secrets.push(client.secret.clone().unwrap());
    let browser = Browser::new(&world);
    let page = browser.ask(&client.request(&world).with("state", "canary-state-of-the-client")).await;
    secrets.extend([
        "canary-state-of-the-client".to_owned(),
        page.hidden("request"),
        browser.cookie().unwrap(),
    ]);
    let address = browser.go_on(&page).await.link();
    let back = browser.sign_in_at_peaka(&address).await;
    secrets.push(parameters(&address, "state").concat());
    secrets.push(parameters(&back, "code").concat());
    let to_consent = browser.get(&back).await;
    secrets.push(browser.cookie_called("peaka-signed-in").unwrap());
    let consent = browser.get(to_consent.header("location")).await;
    secrets.push(consent.hidden("authorization"));
    let code = browser.decide(&consent, &Browser::all()).await.carries("code").unwrap();
    secrets.push(code.clone());
    let wrong = "canary-verifier-canary-verifier-canary-verifier";
    secrets.push(wrong.to_owned());
    world.redeem(&client.redemption(&code).with("code_verifier", wrong)).await;
    let first = world.tokens(&client, &code).await;
    world.mcp(&first.access).await;
    let identity = world.backend.seen().last().unwrap().header("x-peaka-identity").unwrap().to_owned();
    let exchanged = crate::exchange::exchange(&world, &crate::exchange::form(&identity)).await.json();
    secrets.push(exchanged["access_token"].as_str().unwrap().to_owned());
    secrets.push(identity);
    let second = Tokens::of(&world.refresh(&client, &first.refresh).await);
    for tokens in [&first, &second] {
        secrets.extend([tokens.access.clone(), tokens.refresh.clone()]);
        secrets.push(tokens.access.rsplit('.').next().unwrap().to_owned());
    }
    // And where things go wrong: Peaka, the database, a replay.
    world.peaka.faults().add(Fault::new(FaultKind::InvalidGrant).on("/oauth2/token"));
    let other = Browser::new(&world);
    let back = other.sign_in_at_peaka(&other.leave_for_peaka(&client.request(&world)).await).await;
    secrets.push(parameters(&back, "code").concat());
    other.get(&back).await;
    world.database.goes_away().await;
    world.refresh(&client, &second.refresh).await;
    world.database.comes_back().await;
    world.redeem(&client.redemption(&code)).await;
    let log = world.process.as_ref().unwrap().told();
    for caught in ["session_began", "code_replayed", "TRACE", "unavailable"] {
        assert!(log.contains(caught), "the log was not caught: {caught}");
    }
    let sent = loop {
        let sent = String::from_utf8_lossy(&heard.lock().unwrap()).into_owned();
        if sent.contains("/oauth/token") {
            break sent;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    let metrics =
        world.http.get(format!("{}/metrics", world.internal)).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("gateway_requests"), "{metrics}");
    for secret in &secrets {
        assert!(!metrics.contains(secret.as_str()), "{secret} is in the metrics");
        assert!(secret.len() >= 16, "{secret}");
        for form in [secret.clone(), BASE64_STANDARD.encode(secret), BASE64_URL_SAFE_NO_PAD.encode(secret)] {
            assert!(!log.contains(&form), "{secret} is in the log");
            assert!(!sent.contains(&form), "{secret} was sent to the collector");
        }
    }
}

/// One installation is one tenant: the issuer is configured and no host or path names another. What is left to enumerate
/// are ids, and those that are not there are answered all the same.
#[tokio::test]
async fn row_70_enumeration() {
    let world = world().await;
    let mut pages = Vec::new();
    let client = world.register().await;
    let cut = &client.id[..client.id.len() - 1];
    for id in ["unknown", "pkm_client_AAAA", cut] {
        let reply = Browser::new(&world).ask(&client.request(&world).with("client_id", id)).await;
        let reference = reply.body.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
        pages.push((reply.status, reply.body.replace(&reference, "")));
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "{pages:#?}");
    let mut errors = Vec::new();
    for code in ["pkm_ac_AAAA", "x", &format!("pkm_ac_{}", "A".repeat(32))] {
        errors.push(world.redeem(&client.redemption(code)).await.body);
    }
    errors.dedup();
    assert_eq!(errors.len(), 1, "{errors:?}");
    for path in [
        "/tenant/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/tenant",
        "/x/mcp",
    ] {
        assert_eq!(world.get(path).await.status, 404, "{path}");
    }
    for (table, column) in [("sessions", "id"), ("audit_events", "id")] {
        let _ = world.connect().await;
        let ids = world.database.texts(&format!("SELECT {column} FROM {table}")).await;
        assert!(ids.iter().all(|id| id.len() >= 22), "at least 128 bits: {ids:?}");
    }
}
