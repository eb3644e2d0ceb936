//! `GET /metrics`, on the internal listener.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use shared::telemetry::metrics;

use crate::{
    app::App,
    metrics::{ALL, CONNECTIONS, Connections, KEY_AGE, REVOKED, Ring},
};

/// All metrics, as of now.
pub(crate) async fn scrape(State(app): State<Arc<App>>) -> Response {
    let (open, idle, most) = app.store.connections();
    CONNECTIONS.set(Connections::Busy, open.saturating_sub(idle));
    CONNECTIONS.set(Connections::Idle, idle);
    CONNECTIONS.set(Connections::Most, most);
    let now = app.clock.now();
    let ages = app.keys.active_since().map(|since| now.since(since).as_secs().try_into().unwrap_or(i64::MAX));
    for (ring, age) in [Ring::Access, Ring::Identity, Ring::Sealing, Ring::Refresh].into_iter().zip(ages) {
        KEY_AGE.set(ring, age);
    }
    REVOKED.set((), app.revocation.revoked().len());
    metrics::answer(ALL)
}
