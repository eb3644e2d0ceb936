//! The client of Peaka, against doubles on real sockets.

mod deadlines;
mod discovery;
pub(crate) mod double;
mod partner_api;
mod secrets;
mod settings;
mod sign_in;

use std::sync::Arc;

use gateway::peaka::{Peaka, Settings};
use serde_json::json;
use shared::{
    clock::{ManualClock, Timestamp},
    env::Env,
};

use double::{Double, Reply, Seen};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// A client of the double with further variables; a later one replaces an earlier one.
fn client(double: &Double, variables: &[(&str, &str)]) -> (Peaka, Arc<ManualClock>) {
    client_of(&double.origin, variables)
}

fn client_of(origin: &str, variables: &[(&str, &str)]) -> (Peaka, Arc<ManualClock>) {
    let partner_api = format!("{origin}/api/v1");
    let usual = [
        ("PEAKA_ISSUER", origin),
        ("PEAKA_CLIENT_ID", "gateway:1"),
        ("PEAKA_CLIENT_SECRET", "s3cret/+"),
        ("PARTNER_API_BASE_URL", &partner_api),
    ];
    let mut env = Env::of(usual.iter().chain(variables).copied());
    let settings = Settings::read(&mut env);
    let settings = env.finish(settings).unwrap();
    let clock = Arc::new(ManualClock::starting_at(NOW));
    (Peaka::new(settings, clock.clone()).unwrap(), clock)
}

/// What an issuer says about itself.
fn metadata(origin: &str) -> Reply {
    Reply::json(
        200,
        json!({"issuer": origin, "authorization_endpoint": format!("{origin}/authorize?tenant=a"),
            "token_endpoint": format!("{origin}/token"), "userinfo_endpoint": format!("{origin}/userinfo"),
            "authorization_response_iss_parameter_supported": true}),
    )
}

/// An issuer whose token endpoint answers with `token`.
async fn issuer(token: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Double {
    Double::start(move |seen, origin| match seen.path.as_str() {
        "/.well-known/oauth-authorization-server" => metadata(origin),
        "/token" => token(seen),
        _ => Reply::json(404, json!({})),
    })
    .await
}

/// Handlers run on any thread, so what they await must be able to move.
#[test]
fn every_call_can_move_between_threads() {
    fn moves<T: Send>(_: T) {}
    let (peaka, _) = client_of("http://127.0.0.1:1", &[]);
    let (token, callback) = ("t".into(), "https://gw.example/oauth/callback".parse().unwrap());
    moves(peaka.sign_in.authorization_url(&callback, "s", &[]));
    moves(peaka.sign_in.accepts_issuer(None));
    moves(peaka.sign_in.exchange_code(&token, &token, &callback));
    moves(peaka.sign_in.refresh(&token));
    moves(peaka.partner_api.who_is(&token));
    moves(peaka.partner_api.projects(&token));
    moves(peaka);
}
