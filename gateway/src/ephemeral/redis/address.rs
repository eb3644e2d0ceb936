//! Where Redis is: the forms that `GATEWAY_REDIS_URL` may have.
//!
//! | | |
//! |---|---|
//! | one server | `redis://[user:password@]host[:6379][/database]` |
//! | Sentinel | `redis+sentinel://[user:password@]host[:26379],host…/service[/database]` |
//! | Cluster | `redis+cluster://[user:password@]host[:6379],host…` |
//!
//! `rediss` in place of `redis` means TLS, to the sentinels as well; `valkey` and `valkeys` mean the same as these two.

use redis::{Client, ConnectionInfo, IntoConnectionInfo as _, RedisResult, TlsCertificates};
use secrecy::{ExposeSecret as _, SecretString};

use super::super::EphemeralError;

/// How Redis is reached.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// Where it is, in one of the forms at the head of this file.
    pub url: SecretString,
    /// Authorities, in PEM, of which one must have signed the server's certificate; `None`: those of the system.
    pub authorities: Option<Vec<u8>>,
    /// The password of the sentinels themselves; that in the URL is Redis'.
    pub sentinel_password: Option<SecretString>,
}

impl From<SecretString> for RedisSettings {
    fn from(url: SecretString) -> Self {
        Self { url, authorities: None, sentinel_password: None }
    }
}

impl RedisSettings {
    /// Whether it can be understood; nothing is connected.
    ///
    /// # Errors
    /// [`EphemeralError::Address`], which repeats nothing of the address.
    pub fn check(&self) -> Result<(), EphemeralError> {
        Address::read(self).map(|_| ())
    }
}

/// An address that was understood.
#[derive(Clone, Debug)]
pub(super) enum Address {
    /// One server.
    Single(ConnectionInfo),
    /// Whichever server the sentinels call the master of `service`. `master` is how to connect to it, but for its address.
    Sentinel { sentinels: Vec<ConnectionInfo>, service: String, master: ConnectionInfo },
    /// Some nodes of a cluster, which know the others.
    Cluster { seeds: Vec<ConnectionInfo>, certificates: Option<TlsCertificates> },
}

const SINGLE: &str = "should be like redis://host:6379/0, redis+sentinel://host:26379,host:26379/service, or \
                      redis+cluster://host:6379,host:6379 (rediss for TLS)";
const AUTHORITIES: &str =
    "should be a rediss URL, as an authority is named, and the file of authorities should be PEM";

fn wrong(what: &str) -> EphemeralError {
    EphemeralError::Address(what.to_owned())
}

impl Address {
    pub(super) fn read(settings: &RedisSettings) -> Result<Self, EphemeralError> {
        let parts = Parts::of(settings.url.expose_secret()).ok_or_else(|| wrong(SINGLE))?;
        let certificates = settings
            .authorities
            .clone()
            .map(|pem| TlsCertificates { client_tls: None, root_cert: Some(pem) });
        // The errors' own text is dropped, as it can repeat the password.
        let info = |url: String| url.into_connection_info().map_err(|_| wrong(SINGLE));
        let trusting = |info| trusting(info, certificates.as_ref()).map_err(|_| wrong(AUTHORITIES));
        let Parts { scheme, kind, login, hosts, path } = parts;
        match kind {
            Kind::Single => {
                Ok(Self::Single(trusting(info(format!("{scheme}://{login}{}{path}", hosts[0]))?)?))
            }
            Kind::Sentinel => {
                let mut segments = path.trim_start_matches('/').splitn(2, '/');
                let service = segments.next().filter(|name| !name.is_empty()).ok_or_else(|| wrong(SINGLE))?;
                let database = segments.next().unwrap_or("");
                let sentinel = |host: &&str| {
                    let mut info = trusting(info(format!("{scheme}://{}/", with_port(host, 26379)))?)?;
                    if let Some(password) = &settings.sentinel_password {
                        let login = info.redis_settings().clone().set_password(password.expose_secret());
                        info = info.set_redis_settings(login);
                    }
                    Ok(info)
                };
                Ok(Self::Sentinel {
                    sentinels: hosts.iter().map(sentinel).collect::<Result<_, EphemeralError>>()?,
                    service: service.to_owned(),
                    master: trusting(info(format!("{scheme}://{login}master/{database}"))?)?,
                })
            }
            Kind::Cluster => {
                if !matches!(path, "" | "/") {
                    return Err(wrong("should end with the nodes of the cluster, which has no databases"));
                }
                let seed = |host: &&str| trusting(info(format!("{scheme}://{login}{host}/"))?);
                let seeds = hosts.iter().map(seed).collect::<Result<_, _>>()?;
                Ok(Self::Cluster { seeds, certificates })
            }
        }
    }
}

/// The same server, if its certificate comes from these authorities.
fn trusting(info: ConnectionInfo, certificates: Option<&TlsCertificates>) -> RedisResult<ConnectionInfo> {
    match certificates {
        Some(certificates) => {
            Ok(Client::build_with_tls(info, certificates.clone())?.get_connection_info().clone())
        }
        None => Ok(info),
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Single,
    Sentinel,
    Cluster,
}

struct Parts<'a> {
    /// `redis` or `rediss`.
    scheme: &'static str,
    kind: Kind,
    /// Empty, or with its `@`.
    login: &'a str,
    hosts: Vec<&'a str>,
    path: &'a str,
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (scheme, kind) = match scheme.split_once('+') {
            None => (scheme, Kind::Single),
            Some((scheme, "sentinel")) => (scheme, Kind::Sentinel),
            Some((scheme, "cluster")) => (scheme, Kind::Cluster),
            Some(_) => return None,
        };
        let scheme = match scheme {
            "redis" | "valkey" => "redis",
            "rediss" | "valkeys" => "rediss",
            _ => return None,
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (login, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        let hosts: Vec<&str> = hosts.split(',').collect();
        let well_formed = hosts.iter().all(|host| !host.is_empty());
        (well_formed && (hosts.len() == 1 || !matches!(kind, Kind::Single))).then_some(Self {
            scheme,
            kind,
            login,
            hosts,
            path,
        })
    }
}

fn with_port(host: &str, port: u16) -> String {
    // The colons of an IPv6 address stand in brackets.
    let after_address = host.rfind(']').map_or(host, |end| &host[end..]);
    if after_address.contains(':') { host.to_owned() } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Address, EphemeralError> {
        Address::read(&SecretString::from(url).into())
    }

    #[test]
    fn one_server() {
        let Ok(Address::Single(info)) = read("rediss://:s%40cret@cache.example:6380/2") else { panic!() };
        assert_eq!(info.addr().to_string(), "cache.example:6380");
        assert_eq!((info.redis_settings().password(), info.redis_settings().db()), (Some("s@cret"), 2));
        assert!(matches!(read("valkey://cache.example"), Ok(Address::Single(_))));
    }

    #[test]
    fn sentinels_and_the_service_they_watch() {
        let address = read("redis+sentinel://app:secret@a:1,b,[::1]/main/3");
        let Ok(Address::Sentinel { sentinels, service, master }) = address else { panic!() };
        let at: Vec<String> = sentinels.iter().map(|info| info.addr().to_string()).collect();
        assert_eq!(at, ["a:1", "b:26379", "::1:26379"]);
        assert!(sentinels.iter().all(|info| info.redis_settings().password().is_none()));
        assert_eq!(service, "main");
        let login = master.redis_settings();
        assert_eq!((login.username(), login.password(), login.db()), (Some("app"), Some("secret"), 3));
    }

    #[test]
    fn nodes_of_a_cluster() {
        let Ok(Address::Cluster { seeds, .. }) = read("rediss+cluster://:secret@a:1,b") else { panic!() };
        let at: Vec<String> = seeds.iter().map(|info| info.addr().to_string()).collect();
        assert_eq!(at, ["a:1", "b:6379"]);
        assert!(seeds.iter().all(|info| info.redis_settings().password() == Some("secret")));
    }

    #[test]
    fn what_cannot_be_understood_is_not_repeated() {
        for url in [
            "secret",
            "http://secret",
            "redis://secret,b",
            "redis://secret:port",
            "redis+cluster://secret/1",
            "redis+cluster://secret,",
            "redis+sentinel://secret",
            "redis+sentinel://secret/",
            "redis+other://secret/x",
        ] {
            let error = read(url).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn authorities_need_tls_and_must_be_some() {
        let settings = |url: &str, pem: &str| RedisSettings {
            authorities: Some(pem.as_bytes().to_vec()),
            ..SecretString::from(url).into()
        };
        assert!(settings("redis://a", "").check().is_err());
        assert!(
            settings("rediss://a", "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----")
                .check()
                .is_err()
        );
    }
}
