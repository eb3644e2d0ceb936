//! Everything that runs: databases, the local Peaka, backends, gateways, and a link that can fail before each.
//!
//! ```text
//! load ──▶ public balancer ──▶ gateways ──▶ link ──▶ backends ──▶ link ──▶ Peaka
//!                                │  │                   └──▶ inner balancer ──▶ gateways
//!                              link link
//!                                │  └──▶ Redis
//!                                └──▶ PostgreSQL
//! ```

mod balancer;
mod ports;
mod postgres;
mod program;
mod redis;
mod redis_set;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use shared::http_client::{self, Deadlines};
use tempfile::TempDir;

pub use self::{
    balancer::Balancer,
    postgres::Postgres,
    program::Program,
    redis::Redis,
    redis_set::{RedisKind, RedisSet},
};
use self::{balancer::Member, program::Start};
use crate::{Error, link::Link};

/// How long a program may take to get ready at the first start, when all start at once.
const FIRST_START: Duration = Duration::from_secs(60);

/// What a scenario wants to have.
#[derive(Clone, Debug)]
pub struct Layout {
    /// How many gateways.
    pub gateways: usize,
    /// How many backends.
    pub backends: usize,
    /// How Redis is there.
    pub redis: RedisKind,
    /// Whether there is a standby of the database.
    pub standby: bool,
    /// How large the database's disk is, in MiB, if it is to have an end: a file system in memory, which takes root.
    pub disk: Option<u32>,
    /// More of the gateways' environment.
    pub variables: Vec<(String, String)>,
    /// What each gateway's clock is ahead by, in seconds; needs libfaketime.
    pub skew: Vec<i64>,
    /// The same for the backends.
    pub backend_skew: Vec<i64>,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            gateways: 2,
            backends: 2,
            redis: RedisKind::One,
            standby: false,
            disk: None,
            variables: Vec::new(),
            skew: Vec::new(),
            backend_skew: Vec::new(),
        }
    }
}

/// All of it, running.
#[derive(Debug)]
pub struct Stage {
    /// Replicas of the gateway.
    pub gateways: Vec<Program>,
    /// Where each of them listens, as origins.
    pub origins: Vec<String>,
    /// Replicas of the backend.
    pub backends: Vec<Program>,
    /// The local Peaka.
    pub peaka: Program,
    /// Its origin, past the link.
    pub peaka_url: String,
    /// In front of the gateways.
    pub balancer: Balancer,
    /// The issuer: the balancer's address.
    pub issuer: String,
    /// Between gateways and database.
    pub to_postgres: Link,
    /// Between gateways and Redis.
    pub to_redis: Option<Link>,
    /// Between everybody and Peaka.
    pub to_peaka: Link,
    /// The database.
    pub postgres: Postgres,
    /// Redis, if there is one server.
    pub redis: Option<Redis>,
    /// Redis, if there are several.
    pub redis_set: Option<RedisSet>,
    /// For questions that are not part of the load.
    pub http: reqwest::Client,
    inner: Balancer,
    _directory: TempDir,
}

impl Stage {
    /// Starts everything, from the programs in `bin`. When this returns, all of it is ready.
    ///
    /// # Errors
    ///
    /// If something cannot be started; nothing is left running then.
    pub async fn set(bin: &Path, layout: &Layout) -> Result<Self, Error> {
        let directory = TempDir::with_prefix("faults-")?;
        let at = directory.path();
        // The database runs as another user, who must get through.
        std::fs::set_permissions(at, std::os::unix::fs::PermissionsExt::from_mode(0o711))?;
        let deadlines = Deadlines { connect: Duration::from_secs(2), total: Some(Duration::from_secs(30)) };
        let http = http_client::builder("faults", deadlines).build()?;

        let mut postgres = Postgres::start(at, layout.disk).await?;
        if layout.standby {
            postgres.add_standby().await?;
        }
        let (mut redis, mut redis_set) = (None, None);
        match layout.redis {
            RedisKind::Without => {}
            RedisKind::One => redis = Some(Redis::start(at).await?),
            RedisKind::Sentinel => redis_set = Some(RedisSet::sentinel(at).await?),
            RedisKind::Cluster => redis_set = Some(RedisSet::cluster(at).await?),
        }
        let to_postgres = Link::to(vec![postgres.address()]).await?;
        let to_redis = match &redis {
            Some(redis) => Some(Link::to(vec![redis.address()]).await?),
            None => None,
        };
        let (public, inner) = (balancer::reserve().await?, balancer::reserve().await?);
        let issuer = format!("http://localhost:{}", public.port());

        let peaka_port = ports::free()?;
        let to_peaka = Link::to(vec![local(peaka_port)]).await?;
        let peaka_issuer = format!("http://127.0.0.1:{}", to_peaka.port());
        let variables = [
            ("STANDIN_LISTEN", local(peaka_port).to_string()),
            ("STANDIN_PUBLIC_URL", peaka_issuer.clone()),
            // What it leaves there when it is killed goes with the rest.
            ("TMPDIR", at.display().to_string()),
            ("RUST_LOG", "warn".to_owned()),
        ];
        let peaka_url = format!("http://127.0.0.1:{peaka_port}");
        let peaka = Program::start(of("standin", bin, &variables, format!("{peaka_url}/healthz")), at)?;

        let (mut backends, mut backend_origins) = (Vec::new(), Vec::new());
        for n in 0..layout.backends {
            let port = ports::free()?;
            let origin = format!("http://127.0.0.1:{port}");
            let mut variables = vec![
                ("BACKEND_LISTEN", local(port).to_string()),
                ("GATEWAY_INTERNAL_URL", format!("http://127.0.0.1:{}", inner.port())),
                ("GATEWAY_ISSUER", issuer.clone()),
                ("PARTNER_API_BASE_URL", format!("{peaka_issuer}/api/v1")),
                ("LOG_FILTER", "info,rmcp=error".to_owned()),
            ];
            variables.extend(skewed(layout.backend_skew.get(n).copied().unwrap_or(0))?);
            let start =
                of("mcp-backend", bin, &variables, format!("{origin}/readyz")).called(format!("backend {n}"));
            backends.push(Program::start(start, at)?);
            backend_origins.push(origin);
        }

        let one = to_redis.as_ref().map(|link| format!("redis://127.0.0.1:{}", link.port()));
        let redis_url = one.or_else(|| redis_set.as_ref().map(|set| set.url.clone()));
        let peaka_client = standin::Options::default();
        let (mut gateways, mut origins, mut members, mut inner_members) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for n in 0..layout.gateways {
            let (port, internal) = (ports::free()?, ports::free()?);
            let internal_origin = format!("http://127.0.0.1:{internal}");
            let mut variables = vec![
                ("GATEWAY_PUBLIC_URL", issuer.clone()),
                ("GATEWAY_LISTEN", local(port).to_string()),
                ("GATEWAY_INTERNAL_LISTEN", local(internal).to_string()),
                ("GATEWAY_BACKEND_URL", backend_origins.join(",")),
                (
                    "GATEWAY_DATABASE_URL",
                    format!("postgres://postgres@127.0.0.1:{}/postgres", to_postgres.port()),
                ),
                ("GATEWAY_MASTER_KEYS", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".to_owned()),
                // Each person of the load has an address of their own, as people have.
                ("GATEWAY_TRUSTED_PROXIES", "127.0.0.0/8".to_owned()),
                ("PEAKA_ISSUER", peaka_issuer.clone()),
                ("PEAKA_CLIENT_ID", peaka_client.client_id.clone()),
                ("PEAKA_CLIENT_SECRET", peaka_client.client_secret.clone()),
                ("PARTNER_API_BASE_URL", format!("{peaka_issuer}/api/v1")),
                ("LOG_FORMAT", "json".to_owned()),
            ];
            if let Some(url) = &redis_url {
                variables.push(("GATEWAY_REDIS_URL", url.clone()));
            }
            variables.extend(skewed(layout.skew.get(n).copied().unwrap_or(0))?);
            let start = of("gateway", bin, &variables, format!("{internal_origin}/readyz"));
            let mut start = start.called(format!("gateway {n}"));
            start.variables.extend(layout.variables.iter().cloned());
            gateways.push(Program::start(start, at)?);
            origins.push(format!("http://127.0.0.1:{port}"));
            members.push(Member { address: local(port), health: internal_origin.clone() });
            inner_members.push(Member { address: local(internal), health: internal_origin });
        }
        let mut stage = Self {
            balancer: Balancer::over(public, members, http.clone()),
            inner: Balancer::over(inner, inner_members, http.clone()),
            gateways,
            origins,
            backends,
            peaka,
            peaka_url,
            issuer,
            to_postgres,
            to_redis,
            to_peaka,
            postgres,
            redis,
            redis_set,
            http,
            _directory: directory,
        };
        let http = stage.http.clone();
        for program in stage.programs_mut() {
            program.ready(&http, FIRST_START).await?;
        }
        for balancer in [&stage.balancer, &stage.inner] {
            balancer.leads_to(layout.gateways).await;
        }
        Ok(stage)
    }

    /// Everything of ours that runs.
    pub fn programs(&self) -> impl Iterator<Item = &Program> {
        self.gateways.iter().chain(&self.backends).chain(std::iter::once(&self.peaka))
    }

    fn programs_mut(&mut self) -> impl Iterator<Item = &mut Program> {
        std::iter::once(&mut self.peaka).chain(&mut self.backends).chain(&mut self.gateways)
    }

    /// Works a switch of the local Peaka.
    ///
    /// # Errors
    ///
    /// If it does not take it.
    pub async fn switch_peaka(&self, path: &str, body: serde_json::Value) -> Result<(), Error> {
        let request = self.http.post(format!("{}/control/{path}", self.peaka_url)).json(&body);
        request.send().await?.error_for_status()?;
        Ok(())
    }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

fn of(program: &str, bin: &Path, variables: &[(&str, String)], ready_at: String) -> Start {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Start { name: program.to_owned(), binary: bin.join(program), variables, ready_at }
}

impl Start {
    fn called(mut self, name: String) -> Self {
        self.name = name;
        self
    }
}

/// The environment in which a program's clock is ahead.
fn skewed(seconds: i64) -> Result<Vec<(&'static str, String)>, Error> {
    if seconds == 0 {
        return Ok(Vec::new());
    }
    let mut library = PathBuf::from(format!("/usr/lib/{}-linux-gnu/faketime", std::env::consts::ARCH));
    library.push("libfaketimeMT.so.1");
    if !library.exists() {
        return Err("there is no libfaketime: install it, on Debian with apt-get install faketime".into());
    }
    Ok(vec![
        ("LD_PRELOAD", library.to_string_lossy().into_owned()),
        ("FAKETIME", format!("{seconds:+}s")),
        // Timers must not see it: they would all be due, or never.
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ])
}
