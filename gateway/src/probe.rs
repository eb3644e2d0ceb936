//! Two events a second apart, for `gateway doctor`: whoever reads them sees whether something on the way holds events back.
//! Nothing is asked and nothing is told.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{ConnectInfo, State},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use http::{HeaderMap, header};

use crate::{app::App, limits, oauth::error::OAuthError};

/// Between the two events.
const PAUSE: Duration = Duration::from_secs(1);

pub(crate) async fn stream(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Response, OAuthError> {
    app.limit(&limits::PROBE, peer, &headers).await?;
    let events = stream::unfold(0, async |sent| {
        let event = match sent {
            0 => "event: begun\ndata: {}\n\n",
            1 => {
                tokio::time::sleep(PAUSE).await;
                "event: ended\ndata: {}\n\n"
            }
            _ => return None,
        };
        Some((Ok::<_, Infallible>(Bytes::from_static(event.as_bytes())), sent + 1))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, Body::from_stream(events)).into_response())
}
