//! Names to addresses, for the fetcher only. What is handed out here is what the connection goes to; nobody
//! resolves a second time, so a name cannot be public when it is checked and private when it is used.

use std::{
    collections::BTreeMap,
    fmt, io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    sync::Arc,
};

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use super::address::is_public;

/// Asks for the addresses of a name.
pub trait Lookup: fmt::Debug + Send + Sync + 'static {
    /// Every address of `host`, a domain name without trailing dot.
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The system's resolver.
#[derive(Debug)]
pub struct SystemLookup {
    /// The system's resolver blocks a thread, for longer than our deadline if need be; so many of them at most.
    threads: Arc<Semaphore>,
}

impl Default for SystemLookup {
    fn default() -> Self {
        Self { threads: Arc::new(Semaphore::new(32)) }
    }
}

impl Lookup for SystemLookup {
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let threads = self.threads.clone();
        Box::pin(async move {
            let thread = threads.acquire_owned().await.map_err(io::Error::other)?;
            let asking = tokio::task::spawn_blocking(move || {
                let _thread = thread;
                // The final dot keeps the cluster's search list out of it.
                (format!("{host}."), 0).to_socket_addrs().map(|found| found.map(|found| found.ip()).collect())
            });
            asking.await.map_err(io::Error::other)?
        })
    }
}

/// A name was refused for where it leads.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{host} leads to {address}, which is not a public address")]
pub(super) struct LeadsInside {
    pub(super) host: String,
    pub(super) address: IpAddr,
}

/// Hands out a name's addresses if all of them are public, and the configured address of an operator's own host.
#[derive(Clone, Debug)]
pub(super) struct GuardedResolver {
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) private_hosts: Arc<BTreeMap<String, SocketAddr>>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { lookup, private_hosts } = self.clone();
        Box::pin(async move {
            let host = name.as_str().to_owned();
            if let Some(address) = private_hosts.get(&host) {
                return Ok(Box::new(std::iter::once(*address)) as Addrs);
            }
            let addresses = lookup.lookup(host.clone()).await?;
            // One address inside refuses the name: which of several is connected to is not ours to choose.
            if let Some(&address) = addresses.iter().find(|address| !is_public(**address)) {
                return Err(LeadsInside { host, address }.into());
            }
            if addresses.is_empty() {
                return Err(format!("{host} has no address").into());
            }
            // Port 0 stands for the port of the URL.
            Ok(Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}
