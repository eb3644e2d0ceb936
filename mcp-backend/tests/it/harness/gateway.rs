//! A double of the gateway's internal listener: keys and token exchange.

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Form, Json, Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures_util::stream;
use serde_json::{Value, json};
use shared::{
    assertion::{Identity, Minter},
    clock::Clock,
    jws::{Algorithm, SigningKey},
};
use tokio_util::sync::CancellationToken;

use super::{ISSUER, listen};

/// What the gateway answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    /// The session is over.
    InvalidGrant,
    /// Its database is away.
    Outage,
    /// It is killed in the middle of an answer, once.
    HangsUpOnce,
    /// The same with every answer.
    HangsUp,
    /// It is restarted: what comes over a connection that was used before is lost.
    HangsUpOnKept,
}

pub(crate) struct Gateway {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<Inside>,
}

struct Inside {
    key: SigningKey,
    jwks_mood: Mood,
    exchange_mood: Mood,
    key_requests: usize,
    exchanges: Vec<HashMap<String, String>>,
    minted: usize,
    /// From where exchanges came: one for each connection.
    peers: HashSet<SocketAddr>,
}

impl Gateway {
    pub(crate) async fn start(running: &CancellationToken) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(Inside {
                key: SigningKey::generate(Algorithm::Ed25519, "k1").unwrap(),
                jwks_mood: Mood::Well,
                exchange_mood: Mood::Well,
                key_requests: 0,
                exchanges: Vec::new(),
                minted: 0,
                peers: HashSet::new(),
            }),
        });
        let app = Router::new()
            .route("/internal/jwks", get(jwks))
            .route("/internal/token", post(token))
            .with_state(Arc::clone(&shared));
        Self { url: format!("http://{}", listen(app, running).await), shared }
    }

    pub(crate) fn assertion(&self, identity: &Identity, clock: &dyn Clock) -> String {
        let mut inside = self.shared.state.lock().unwrap();
        inside.minted += 1;
        let jti = format!("j{}", inside.minted);
        Minter { key: &inside.key, issuer: ISSUER }.mint(identity, clock.now(), jti).unwrap()
    }

    /// Signs claims of any kind with the gateway's key.
    pub(crate) fn sign(&self, typ: &str, claims: &Value) -> String {
        self.shared.state.lock().unwrap().key.sign(typ, claims).unwrap()
    }

    /// Signs with a new key from now on, and publishes no other.
    pub(crate) fn rotate(&self, algorithm: Algorithm, kid: &str) {
        self.shared.state.lock().unwrap().key = SigningKey::generate(algorithm, kid).unwrap();
    }

    pub(crate) fn keys_are(&self, mood: Mood) {
        self.shared.state.lock().unwrap().jwks_mood = mood;
    }

    pub(crate) fn exchange_is(&self, mood: Mood) {
        self.shared.state.lock().unwrap().exchange_mood = mood;
    }

    /// How often the keys were asked for.
    pub(crate) fn key_requests(&self) -> usize {
        self.shared.state.lock().unwrap().key_requests
    }

    /// The forms that were sent to the exchange.
    pub(crate) fn exchanges(&self) -> Vec<HashMap<String, String>> {
        self.shared.state.lock().unwrap().exchanges.clone()
    }

    /// Over how many connections exchanges came.
    pub(crate) fn exchange_connections(&self) -> usize {
        self.shared.state.lock().unwrap().peers.len()
    }
}

async fn jwks(State(shared): State<Arc<Shared>>) -> Response {
    let mut inside = shared.state.lock().unwrap();
    inside.key_requests += 1;
    match inside.jwks_mood {
        Mood::Well => Json(json!({ "keys": [inside.key.public_jwk()] })).into_response(),
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn token(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let mut inside = shared.state.lock().unwrap();
    inside.exchanges.push(form);
    let kept = !inside.peers.insert(peer);
    let mood = match inside.exchange_mood {
        Mood::HangsUpOnKept if kept => Mood::HangsUp,
        Mood::HangsUpOnKept => Mood::Well,
        mood => mood,
    };
    if mood == Mood::HangsUpOnce {
        inside.exchange_mood = Mood::Well;
    }
    match mood {
        Mood::HangsUp | Mood::HangsUpOnce | Mood::HangsUpOnKept => {
            let broken: Result<Bytes, _> = Err(std::io::Error::other("hung up"));
            Body::from_stream(stream::iter([Ok(Bytes::from_static(b"{")), broken])).into_response()
        }
        Mood::Well => Json(json!({
            "access_token": format!("peaka-token-{}", inside.exchanges.len()),
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_type": "Bearer",
            "expires_in": 240,
        }))
        .into_response(),
        Mood::InvalidGrant => {
            (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response()
        }
        Mood::Outage => (
            StatusCode::SERVICE_UNAVAILABLE,
            [("retry-after", "17")],
            Json(json!({ "error": "temporarily_unavailable" })),
        )
            .into_response(),
    }
}
