//! No secret is told to anybody but Peaka: not in a log at its most talkative, not in an error.

use std::{
    io,
    sync::{Arc, Mutex},
};

use base64::prelude::*;
use secrecy::SecretString;
use serde_json::json;
use url::Url;

use super::{Reply, client, issuer};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_secret_is_logged_or_told() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _on_this_thread = tracing::subscriber::set_default(subscriber);
    // What Peaka writes into its errors repeats what it was sent.
    let double = issuer(|seen| match seen.form.get("refresh_token").map(String::as_str) {
        None => Reply::json(
            200,
            json!({"access_token": "canary-access", "token_type": "bearer", "refresh_token": "canary-new"}),
        ),
        Some("canary-bad") => {
            Reply::json(400, json!({"error": "canary-bad", "error_description": "canary-bad"}))
        }
        Some("canary-client") => {
            Reply::json(400, json!({"error": "invalid_client", "error_description": "canary"}))
        }
        Some("canary-type") => {
            Reply::json(200, json!({"access_token": ["canary-access"], "token_type": "canary"}))
        }
        Some(_) => Reply::json(
            400,
            json!({"error": "invalid_grant", "error_description": "canary", "error_uri": "canary"}),
        ),
    })
    .await;
    let (peaka, _) = client(&double, &[("PEAKA_CLIENT_SECRET", "canary-secret")]);
    let callback = Url::parse("https://gw.example/oauth/callback").unwrap();
    let secret = |text: &str| SecretString::from(text);
    let mut told = format!("{peaka:?}");
    let credential = peaka
        .sign_in
        .exchange_code(&secret("canary-code"), &secret("canary-verifier"), &callback)
        .await
        .unwrap();
    told += &format!("{credential:?}");
    for token in ["canary-bad", "canary-client", "canary-type", "canary-dead"] {
        let error = peaka.sign_in.refresh(&secret(token)).await.unwrap_err();
        told += &format!("{error:?} {error}");
    }
    let error = peaka.partner_api.who_is(&credential.access_token).await.unwrap_err();
    told += &format!("{error:?} {error}");
    told += &String::from_utf8_lossy(&log.0.lock().unwrap());
    assert!(told.contains("invalid_client"), "the log was not caught");
    let basic = BASE64_STANDARD.encode("gateway%3A1:canary-secret");
    for secret in ["canary", &basic] {
        let place = told.find(secret).map(|at| &told[at.saturating_sub(300)..(at + 100).min(told.len())]);
        assert_eq!(place, None);
    }
}
