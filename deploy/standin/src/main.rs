//! The local Peaka: `STANDIN_LISTEN=127.0.0.1:8070 standin`.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::Parser as _;
use standin::{Options, Standin, StandinError};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tracing_subscriber::EnvFilter;

/// A local Peaka: sign-in, Partner API and SQL over sample data.
#[derive(clap::Parser)]
#[command(version)]
struct Settings {
    /// Where to listen.
    #[arg(long, env = "STANDIN_LISTEN", default_value = "127.0.0.1:8070")]
    listen: SocketAddr,
    /// The base URL under which browsers and services reach it; also the issuer.
    #[arg(long, env = "STANDIN_PUBLIC_URL")]
    public_url: Option<String>,
    /// The id of the OAuth client.
    #[arg(long, env = "STANDIN_CLIENT_ID")]
    client_id: Option<String>,
    /// The secret of the OAuth client.
    #[arg(long, env = "STANDIN_CLIENT_SECRET", hide_env_values = true)]
    client_secret: Option<String>,
    /// Where codes may be sent, separated by commas; nothing = any loopback URI with the path /oauth/callback.
    #[arg(long, env = "STANDIN_REDIRECT_URIS", value_delimiter = ',')]
    redirect_uris: Vec<String>,
    /// Where sign-ins are kept over a restart.
    #[arg(long, env = "STANDIN_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).init();
    match run(Settings::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: Settings) -> Result<(), StandinError> {
    let defaults = Options::default();
    let options = Options {
        issuer: settings.public_url.filter(|url| !url.is_empty()),
        client_id: settings.client_id.unwrap_or(defaults.client_id),
        client_secret: settings.client_secret.unwrap_or(defaults.client_secret),
        redirect_uris: settings.redirect_uris.into_iter().filter(|uri| !uri.is_empty()).collect(),
        data_dir: settings.data_dir,
        ..Options::default()
    };
    let listener = TcpListener::bind(settings.listen).await.map_err(StandinError::Listen)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(StandinError::Listen)?;
    let standin = Standin::start_on(options, listener).await?;
    tracing::info!(url = standin.url(), "the local Peaka is up");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    standin.shutdown().await;
    Ok(())
}
