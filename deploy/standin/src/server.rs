//! The accept loop. Ours, because a fault on demand can be a connection reset without an answer.

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

use crate::faults::Reset;

/// What a shutdown leaves to an answer under way.
const LAST_ANSWER: Duration = Duration::from_secs(5);

/// Why a connection is given up.
#[derive(Debug, thiserror::Error)]
#[error("reset on demand")]
struct ResetOnDemand;

/// Serves until `shutdown`, then lets the requests under way finish.
pub(crate) async fn serve(listener: TcpListener, app: Router, shutdown: CancellationToken) {
    let connections = TaskTracker::new();
    let app = Arc::new(app);
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, Arc::clone(&app), shutdown.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn connection(stream: TcpStream, app: Arc<Router>, shutdown: CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "could not set TCP_NODELAY");
    }
    let service = service_fn(move |request| answer(Arc::clone(&app), request));
    let mut served =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    let ended = tokio::select! {
        ended = &mut served => ended,
        () = shutdown.cancelled() => {
            std::pin::Pin::new(&mut served).graceful_shutdown();
            match tokio::time::timeout(LAST_ANSWER, &mut served).await {
                Ok(ended) => ended,
                Err(_) => return,
            }
        }
    };
    if ended.is_err_and(|error| error.is_user()) {
        let stream = served.into_parts().io.into_inner();
        // With nothing lingering, closing sends RST instead of FIN.
        if let Err(error) = stream.set_zero_linger() {
            tracing::debug!(%error, "could not reset a connection");
        }
    }
}

async fn answer(
    app: Arc<Router>,
    request: Request<Incoming>,
) -> Result<axum::response::Response, ResetOnDemand> {
    let response = match Router::clone(&app).oneshot(request.map(Body::new)).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if response.extensions().get::<Reset>().is_some() { Err(ResetOnDemand) } else { Ok(response) }
}
