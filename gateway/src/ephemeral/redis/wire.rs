//! One connection to Redis, whatever stands at its end: a server, the master that Sentinel names, or a cluster.
//! A command is sent again only if a server has refused it: whether a lost one took effect is not known.

use std::time::Duration;

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, select_ok},
};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, FromRedisValue, Pipeline,
    RedisError, RedisResult, ServerErrorKind, TlsCertificates, Value,
    aio::{ConnectionLike as _, MultiplexedConnection, PubSub},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
    cluster_routing::{RoutingInfo, SingleNodeRoutingInfo},
    cmd,
};

use super::{super::EphemeralError, address::Address};

/// How long making a connection may take.
pub(super) const CONNECT_WITHIN: Duration = Duration::from_millis(500);
/// How often a command goes on to the node that a refusal names.
const REDIRECTS: usize = 3;

/// Where connections are made to.
#[derive(Clone)]
pub(super) enum Target {
    Single(Client),
    Sentinel { sentinels: Vec<Client>, service: String, master: ConnectionInfo },
    Cluster { nodes: Vec<Client>, cluster: ClusterClient },
}

impl Target {
    pub(super) fn at(address: Address) -> Result<Self, EphemeralError> {
        let clients =
            |all: Vec<ConnectionInfo>| all.into_iter().map(Client::open).collect::<RedisResult<Vec<_>>>();
        let target = match address {
            Address::Single(info) => Client::open(info).map(Self::Single),
            Address::Sentinel { sentinels, service, master } => {
                clients(sentinels).map(|sentinels| Self::Sentinel { sentinels, service, master })
            }
            Address::Cluster { seeds, certificates } => clients(seeds.clone())
                .and_then(|nodes| Ok(Self::Cluster { nodes, cluster: cluster(seeds, certificates)? })),
        };
        // The error's own text is dropped, as it can repeat the password.
        target.map_err(|_| EphemeralError::Address("should be one that can be connected to".to_owned()))
    }

    /// A connection that has answered: making one succeeds with a server that is stopped, too.
    pub(super) async fn connect(&self) -> RedisResult<Wire> {
        match self {
            Self::Single(client) => answering(client.clone()).await.map(Wire::Server),
            Self::Sentinel { sentinels, service, master } => {
                let reach = |client| answering_master(client).boxed();
                led_by(sentinels, service, master, reach).await.map(Wire::Server)
            }
            Self::Cluster { cluster, .. } => {
                let mut connection = cluster.get_async_connection().await?;
                cmd("PING").query_async::<()>(&mut connection).await?;
                Ok(Wire::Cluster(connection))
            }
        }
    }

    /// A connection that can subscribe. In a cluster every node hears what is published at any other; `turn` says which is
    /// tried.
    pub(super) async fn listen(&self, turn: usize) -> RedisResult<PubSub> {
        match self {
            Self::Single(client) => client.get_async_pubsub().await,
            Self::Sentinel { sentinels, service, master } => {
                let reach = |client: Client| async move { client.get_async_pubsub().await }.boxed();
                led_by(sentinels, service, master, reach).await
            }
            Self::Cluster { nodes, .. } => match nodes.get(turn % nodes.len().max(1)) {
                Some(node) => node.get_async_pubsub().await,
                None => Err((ErrorKind::ClusterConnectionNotFound, "the cluster has no nodes").into()),
            },
        }
    }
}

/// Deadlines are kept by whoever calls; the library's own would compete with them.
async fn open(client: &Client) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
    client.get_multiplexed_async_connection_with_config(&config).await
}

async fn answering(client: Client) -> RedisResult<MultiplexedConnection> {
    let mut connection = open(&client).await?;
    cmd("PING").query_async::<()>(&mut connection).await?;
    Ok(connection)
}

/// A sentinel that has missed a failover names the former master, which is a replica by now.
async fn answering_master(client: Client) -> RedisResult<MultiplexedConnection> {
    let mut connection = open(&client).await?;
    let role: Vec<Value> = cmd("ROLE").query_async(&mut connection).await?;
    match role.first() {
        Some(Value::BulkString(role)) if role == b"master" => Ok(connection),
        _ => Err((ErrorKind::MasterNameNotFoundBySentinel, "it is no master any more").into()),
    }
}

/// What `reach` gives for the master, by whichever sentinel leads there first. All are asked at once: one that hangs costs
/// no time.
async fn led_by<T>(
    sentinels: &[Client],
    service: &str,
    master: &ConnectionInfo,
    reach: impl Fn(Client) -> BoxFuture<'static, RedisResult<T>> + Copy + Send + Sync,
) -> RedisResult<T>
where
    T: Send,
{
    let ways = sentinels.iter().map(|sentinel| {
        async move { reach(Client::open(named_by(sentinel, service, master).await?)?).await }.boxed()
    });
    Ok(select_ok(ways).await?.0)
}

/// The master that this sentinel names.
async fn named_by(sentinel: &Client, service: &str, master: &ConnectionInfo) -> RedisResult<ConnectionInfo> {
    let mut connection = open(sentinel).await?;
    let named: Option<(String, u16)> =
        cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(service).query_async(&mut connection).await?;
    let Some((host, port)) = named else {
        return Err((ErrorKind::MasterNameNotFoundBySentinel, "a sentinel does not know the service").into());
    };
    let address = match master.addr() {
        ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
            ConnectionAddr::TcpTls { host, port, insecure: *insecure, tls_params: tls_params.clone() }
        }
        _ => ConnectionAddr::Tcp(host, port),
    };
    Ok(master.clone().set_addr(address))
}

/// Without the library's retries: it sends again what may have taken effect.
fn cluster(seeds: Vec<ConnectionInfo>, certificates: Option<TlsCertificates>) -> RedisResult<ClusterClient> {
    let mut builder = ClusterClient::builder(seeds)
        .retries(0)
        .connection_timeout(CONNECT_WITHIN)
        .response_timeout(CONNECT_WITHIN)
        .overall_response_timeout(None);
    if let Some(certificates) = certificates {
        builder = builder.certs(certificates);
    }
    builder.build()
}

/// A connection.
#[derive(Clone)]
pub(super) enum Wire {
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Wire {
    pub(super) async fn send<T: FromRedisValue>(&mut self, command: &Cmd) -> RedisResult<T> {
        match self {
            Self::Server(connection) => command.query_async(connection).await,
            Self::Cluster(connection) => follow(connection, command).await,
        }
    }

    /// Whether this error means that the connection is of no more use.
    pub(super) fn is_lost(&self, error: &RedisError) -> bool {
        match self {
            // A server that became a replica refuses to write; its name may lead to the new one by now.
            Self::Server(_) => error.is_unrecoverable_error() || error.code() == Some("READONLY"),
            // One node's failure is not the cluster's: the library finds the others, and the new master, by itself.
            Self::Cluster(_) => error.kind() == ErrorKind::ClusterConnectionNotFound,
        }
    }
}

/// Sends the command to where the cluster's nodes say that its key is. A refusal names the node: the library asks anew who
/// has what when it meets `MOVED`, but of nodes that may not have heard of it yet.
async fn follow<T: FromRedisValue>(connection: &mut ClusterConnection, command: &Cmd) -> RedisResult<T> {
    let mut answer = connection.req_packed_command(command).await.and_then(Value::extract_error);
    for _ in 0..REDIRECTS {
        let Err(error) = &answer else { break };
        let Some((node, asking)) = redirect(error) else { break };
        answer = if asking {
            let mut pipeline = Pipeline::new();
            pipeline.cmd("ASKING").add_command(command.clone());
            let answers = connection.route_pipeline(pipeline, 0, 2, node).await;
            answers.and_then(|answers| answers.into_iter().nth(1).unwrap_or(Value::Nil).extract_error())
        } else {
            let answer = connection.route_command(command.clone(), RoutingInfo::SingleNode(node)).await;
            answer.and_then(Value::extract_error)
        };
    }
    Ok(T::from_redis_value(answer?)?)
}

/// The node that a refusal names, and whether it is the key's for this one command only (`ASK`).
fn redirect(error: &RedisError) -> Option<(SingleNodeRoutingInfo, bool)> {
    let asking = match error.kind() {
        ErrorKind::Server(ServerErrorKind::Ask) => true,
        ErrorKind::Server(ServerErrorKind::Moved) => false,
        _ => return None,
    };
    let (host, port) = error.redirect_node()?.0.rsplit_once(':')?;
    Some((SingleNodeRoutingInfo::ByAddress { host: host.to_owned(), port: port.parse().ok()? }, asking))
}
