//! What an operator decides about fetching clients' documents.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use shared::{env::Env, http_client::Deadlines};

use super::{Admission, CimdError, ClientIdUrl, Lookup, NotAllowed, SystemLookup};

const PRIVATE_HOSTS: &str = "GATEWAY_CIMD_PRIVATE_HOSTS";
const CA_FILE: &str = "GATEWAY_CIMD_CA_FILE";
const PORTS: &str = "GATEWAY_CIMD_PORTS";

/// What may be fetched, and within which time.
#[derive(Clone, Debug)]
pub struct FetchPolicy {
    /// `GATEWAY_CIMD_PRIVATE_HOSTS`: hosts of the operator's own that serve documents from an address that is not
    /// public, as `name=address:port`, separated by commas; default none. The name is not looked up.
    pub private_hosts: BTreeMap<String, SocketAddr>,
    /// `GATEWAY_CIMD_CA_FILE`: a PEM file of certificate authorities to trust besides the system's, for the
    /// private hosts; default none.
    pub extra_authorities: Option<Vec<u8>>,
    /// `GATEWAY_CIMD_PORTS`: the ports a client id may name, separated by commas; default `443`. A private host's
    /// own port needs not be among them.
    pub ports: BTreeSet<u16>,
    /// `GATEWAY_CIMD_ADMISSION`: which clients with a metadata document are let in: `open` (every one), `listed` (those of
    /// GATEWAY_CIMD_HOSTS), `report` (every one, logging whom `listed` would have refused) or `off`; default `open`.
    /// `GATEWAY_CIMD_HOSTS`: who is listed: hosts, or hosts with the beginning of a path, separated by commas, such as
    /// `known,app.example.com,docs.example.com/clients`, where `known` stands for well-known vendors; default none.
    pub admission: Admission,
    /// To connect (2 s), and from asking to the last byte (5 s). Waiting for a free slot counts as well.
    pub deadlines: Deadlines,
    /// No failure is told sooner than this. Longer than the deadline for connecting, so that a closed port, a
    /// silent one and a refused address look the same.
    pub failure_floor: Duration,
    /// Who knows the addresses of names.
    pub lookup: Arc<dyn Lookup>,
}

impl Default for FetchPolicy {
    fn default() -> Self {
        Self {
            private_hosts: BTreeMap::new(),
            extra_authorities: None,
            ports: BTreeSet::from([443]),
            admission: Admission::default(),
            deadlines: Deadlines { connect: Duration::from_secs(2), total: Some(Duration::from_secs(5)) },
            failure_floor: Duration::from_millis(2250),
            lookup: Arc::new(SystemLookup::default()),
        }
    }
}

impl FetchPolicy {
    /// Reads the operator's part from the environment.
    pub fn read(env: &mut Env) -> Self {
        let default = Self::default();
        Self {
            private_hosts: private_hosts(env),
            extra_authorities: extra_authorities(env),
            ports: ports(env, default.ports.clone()),
            admission: Admission::read(env),
            ..default
        }
    }

    /// Whether the client id's own words are within the policy.
    pub(super) fn allows(&self, id: &ClientIdUrl) -> Result<(), CimdError> {
        let port = id.port().unwrap_or(443);
        match self.private_hosts.get(id.host()) {
            Some(address) if id.port().is_none() || port == address.port() => Ok(()),
            None if self.ports.contains(&port) => Ok(()),
            _ => Err(CimdError::NotAllowed(NotAllowed::Port(port))),
        }
    }
}

fn private_hosts(env: &mut Env) -> BTreeMap<String, SocketAddr> {
    let mut hosts = BTreeMap::new();
    for pair in
        env.text(PRIVATE_HOSTS).unwrap_or_default().split(',').map(str::trim).filter(|pair| !pair.is_empty())
    {
        let read = pair.split_once('=').and_then(|(host, address)| {
            let host = host.trim();
            // A name that no client id can have would allow nothing.
            ClientIdUrl::parse(&format!("https://{host}/document")).ok()?;
            Some((host.to_owned(), address.trim().parse().ok()?))
        });
        match read {
            Some((host, address)) => {
                hosts.insert(host, address);
            }
            None => {
                env.wrong(PRIVATE_HOSTS, "should be like docs.example.com=10.0.0.7:443, separated by commas")
            }
        }
    }
    hosts
}

fn extra_authorities(env: &mut Env) -> Option<Vec<u8>> {
    let path = env.text(CA_FILE)?;
    let pem = std::fs::read(path).ok();
    let usable = pem.filter(|pem| {
        reqwest::Certificate::from_pem_bundle(pem).is_ok_and(|certificates| !certificates.is_empty())
    });
    if usable.is_none() {
        env.wrong(CA_FILE, "should be the path of a readable PEM file with certificates");
    }
    usable
}

fn ports(env: &mut Env, default: BTreeSet<u16>) -> BTreeSet<u16> {
    let Some(list) = env.text(PORTS) else { return default };
    let ports = list.split(',').map(|port| port.trim().parse().ok().filter(|port| *port != 0)).collect();
    match ports {
        Some(ports) => ports,
        None => {
            env.wrong(PORTS, "should be ports separated by commas, like 443,8443");
            default
        }
    }
}
