//! Several Redis servers that are one: a master and its replica watched by sentinels, or a cluster.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use tokio::time::sleep;

use super::{ports, redis::Redis};
use crate::Error;

const SENTINELS: usize = 3;
const NODES: usize = 6;

/// How Redis is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RedisKind {
    /// Not at all.
    Without,
    /// One server, behind a link.
    #[default]
    One,
    /// A master and a replica, watched by three sentinels.
    Sentinel,
    /// Three masters with a replica each.
    Cluster,
}

/// Such servers.
#[derive(Debug)]
pub struct RedisSet {
    /// Those that hold data; with sentinels the first is the master.
    pub servers: Vec<Redis>,
    /// How they are reached, as the gateway wants to be told.
    pub url: String,
    _sentinels: Vec<Redis>,
}

impl RedisSet {
    /// A master, its replica and the sentinels; returns when all of them know each other.
    pub(super) async fn sentinel(directory: &Path) -> Result<Self, Error> {
        let master = Redis::start(directory).await?;
        let port = master.address().port();
        let replica = [
            "--replicaof".to_owned(),
            format!("127.0.0.1 {port}"),
            "--repl-diskless-sync-delay".to_owned(),
            "0".to_owned(),
        ];
        let replica = Redis::start_with(directory, ports::free()?, replica.to_vec()).await?;
        let follows = |told: &str| told.contains("master_link_status:up");
        until("the replica follows", &replica, "INFO replication", follows).await?;
        let mut sentinels = Vec::new();
        for n in 0..SENTINELS {
            let file = directory.join(format!("sentinel-{n}.conf"));
            let watch = format!(
                "sentinel monitor faults 127.0.0.1 {port} 2\nsentinel down-after-milliseconds faults 1000\n\
                 sentinel failover-timeout faults 3000\n"
            );
            std::fs::write(&file, watch)?;
            let arguments = vec![file.to_string_lossy().into_owned(), "--sentinel".to_owned()];
            sentinels.push(Redis::start_with(directory, ports::free()?, arguments).await?);
        }
        for sentinel in &sentinels {
            let all = |told: &str| told.contains("slaves=1,sentinels=3");
            until("the sentinels know each other", sentinel, "INFO sentinel", all).await?;
        }
        let hosts: Vec<String> = sentinels.iter().map(|sentinel| sentinel.address().to_string()).collect();
        let url = format!("redis+sentinel://{}/faults", hosts.join(","));
        Ok(Self { servers: vec![master, replica], url, _sentinels: sentinels })
    }

    /// A cluster; returns when it calls itself whole and every replica follows.
    pub(super) async fn cluster(directory: &Path) -> Result<Self, Error> {
        let mut servers = Vec::new();
        for _ in 0..NODES {
            let port = ports::free_for_a_node()?;
            let arguments = [
                "--cluster-enabled",
                "yes",
                "--cluster-config-file",
                &format!("nodes-{port}.conf"),
                "--cluster-node-timeout",
                "1500",
                "--repl-diskless-sync-delay",
                "0",
            ];
            let arguments = arguments.into_iter().map(str::to_owned).collect();
            servers.push(Redis::start_with(directory, port, arguments).await?);
        }
        let hosts: Vec<String> = servers.iter().map(|server| server.address().to_string()).collect();
        let mut create = vec!["create"];
        create.extend(hosts.iter().map(String::as_str));
        create.extend(["--cluster-replicas", "1"]);
        cluster_command(&create).await?;
        for server in &servers {
            let whole = |told: &str| told.contains("cluster_state:ok");
            until("the cluster is whole", server, "CLUSTER INFO", whole).await?;
            let follows = |told: &str| told.contains("role:master") || told.contains("master_link_status:up");
            until("every replica follows", server, "INFO replication", follows).await?;
        }
        Ok(Self { servers, url: format!("redis+cluster://{}", hosts.join(",")), _sentinels: Vec::new() })
    }

    /// Moves slots from one master of a cluster to another.
    ///
    /// # Errors
    ///
    /// If it cannot be done.
    pub async fn reshard(&self, from: usize, to: usize, slots: u32) -> Result<(), Error> {
        let (from, to) = (self.id(from).await?, self.id(to).await?);
        let (at, slots) = (self.servers[0].address().to_string(), slots.to_string());
        // What was moved before has to be known to all.
        let mut tries = 0;
        while let Err(error) = cluster_command(&["check", &at]).await {
            tries += 1;
            if tries > 100 {
                return Err(error);
            }
            sleep(Duration::from_millis(100)).await;
        }
        let moved = ["reshard", &at, "--cluster-from", &from, "--cluster-to", &to, "--cluster-slots", &slots];
        cluster_command(&moved).await
    }

    async fn id(&self, server: usize) -> Result<String, Error> {
        let told = self.servers[server].ask("CLUSTER MYID").await?;
        Ok(told.lines().nth(1).ok_or("a node does not tell its id")?.to_owned())
    }
}

async fn cluster_command(arguments: &[&str]) -> Result<(), Error> {
    let mut command = Command::new("redis-cli");
    command.arg("--cluster").args(arguments).arg("--cluster-yes").stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("redis-cli: {}", String::from_utf8_lossy(&output.stdout)).into())
}

/// Asks until the answer is as it should be.
async fn until(what: &str, server: &Redis, question: &str, holds: fn(&str) -> bool) -> Result<(), Error> {
    for _ in 0..600 {
        if server.ask(question).await.is_ok_and(|told| holds(&told)) {
            return Ok(());
        }
        sleep(Duration::from_millis(50)).await;
    }
    Err(format!("it does not come about that {what}").into())
}
