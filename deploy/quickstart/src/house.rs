//! Stand-in, backend and gateway, started and stopped together.

use std::sync::Arc;

use gateway::Gateway;
use shared::{clock::SystemClock, env::Env};
use standin::Standin;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{Error, state::State};

/// Which ports the four listeners get.
#[derive(Clone, Copy, Debug)]
pub enum Ports {
    /// The public one as given; the gateway's internal one is the next, the backend's +10, the stand-in's -10.
    From(u16),
    /// Whichever are free.
    Free,
    /// These: public, internal, backend, stand-in.
    These([u16; 4]),
}

/// All three, running.
#[derive(Debug)]
pub struct House {
    public_url: String,
    ports: [u16; 4],
    standin: Standin,
    shutdown: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl House {
    /// Starts all three. When this returns, all of them serve.
    ///
    /// # Errors
    ///
    /// If a port is taken or a store cannot be opened; nothing is left running then.
    pub async fn start(state: &State, ports: Ports) -> Result<Self, Error> {
        let [public, internal, backend, peaka] = match ports {
            Ports::Free => [0; 4],
            Ports::From(port) => [0, 1, 10, -10].map(|offset| port.checked_add_signed(offset).unwrap_or(0)),
            Ports::These(ports) => ports,
        };
        let (public, internal) = (listen(public).await?, listen(internal).await?);
        let (backend, peaka) = (listen(backend).await?, listen(peaka).await?);
        let ports = [port(&public)?, port(&internal)?, port(&backend)?, port(&peaka)?];
        let public_url = origin(&public)?;
        let shutdown = CancellationToken::new();

        let standin = Standin::start_on(
            standin::Options {
                issuer: Some(origin(&peaka)?),
                data_dir: Some(state.directory().join("standin")),
                ..standin::Options::default()
            },
            peaka,
        )
        .await?;
        let partner_api = standin.partner_api_url();

        let mut env = Env::of([
            ("GATEWAY_INTERNAL_URL", origin(&internal)?),
            ("GATEWAY_ISSUER", public_url.clone()),
            ("PARTNER_API_BASE_URL", partner_api.clone()),
        ]);
        let config = mcp_backend::Config::read(&mut env);
        let config = env.finish(config)?;
        let backend_origin = origin(&backend)?;
        let backend = mcp_backend::router(config, Arc::new(SystemClock)).map(|app| {
            shared::serve::serve(backend, app, shared::serve::Limits::default(), shutdown.clone())
        })?;

        let defaults = standin::Options::default();
        let config = gateway::Config::read(Env::of([
            ("GATEWAY_PUBLIC_URL", public_url.clone()),
            ("GATEWAY_BACKEND_URL", backend_origin),
            ("GATEWAY_DATABASE_URL", state.database_url()),
            ("GATEWAY_MASTER_KEYS", state.master_key().to_owned()),
            ("PEAKA_ISSUER", standin.url().to_owned()),
            ("PEAKA_CLIENT_ID", defaults.client_id),
            ("PEAKA_CLIENT_SECRET", defaults.client_secret),
            ("PARTNER_API_BASE_URL", partner_api),
        ]))?;
        let gateway = Gateway::start(config, Arc::new(SystemClock)).await?;
        let tasks =
            vec![tokio::spawn(backend), tokio::spawn(gateway.serve(public, internal, shutdown.clone()))];
        Ok(Self { public_url, ports, standin, shutdown, tasks })
    }

    /// The one URL to paste.
    pub fn mcp_url(&self) -> String {
        format!("{}/mcp", self.public_url)
    }

    /// The ports in use, to start it again where it was.
    pub const fn ports(&self) -> Ports {
        Ports::These(self.ports)
    }

    /// The gateway's origin.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The local Peaka's origin.
    pub fn peaka_url(&self) -> &str {
        self.standin.url()
    }

    /// Where its Partner API is.
    pub fn partner_api_url(&self) -> String {
        self.standin.partner_api_url()
    }

    /// Drains and ends all three.
    pub async fn stop(self) {
        self.shutdown.cancel();
        for task in self.tasks {
            let _ = task.await;
        }
        self.standin.shutdown().await;
    }
}

async fn listen(port: u16) -> Result<TcpListener, Error> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
        format!(
            "cannot listen on 127.0.0.1:{port} ({error}); end what uses it, or choose another with --port"
        )
        .into()
    })
}

/// `localhost`, not 127.0.0.1: clients compare the URL they were given with the one in the metadata, letter by letter.
fn origin(listener: &TcpListener) -> Result<String, Error> {
    Ok(format!("http://localhost:{}", port(listener)?))
}

fn port(listener: &TcpListener) -> Result<u16, Error> {
    Ok(listener.local_addr()?.port())
}
