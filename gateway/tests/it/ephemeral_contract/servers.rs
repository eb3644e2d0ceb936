//! Redis servers of a test's own, which it may kill: masters with replicas, sentinels, a cluster.

use std::{
    fs::File,
    hash::{BuildHasher as _, RandomState},
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use redis::{Client, FromRedisValue, cmd};
use tempfile::TempDir;

use crate::replicas::process::free_port;

const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Server {
    pub(crate) port: u16,
    child: Child,
}

impl Server {
    /// Starts `redis-server` with these options beside those that every one gets.
    pub(crate) fn start(dir: &Path, options: &[&str]) -> Self {
        Self::start_on(free_port(), dir, options)
    }

    fn start_on(port: u16, dir: &Path, options: &[&str]) -> Self {
        let mut all = vec![dir.join(format!("{port}.conf")).display().to_string()];
        // A sentinel writes its state into its file; a server does not mind an empty one.
        File::create(&all[0]).unwrap();
        let port_text = port.to_string();
        let usual =
            ["--port", &port_text, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"];
        all.extend(usual.iter().map(|text| (*text).to_owned()));
        all.push(dir.display().to_string());
        all.extend(["--repl-diskless-sync-delay", "0"].map(str::to_owned));
        all.extend(options.iter().map(|text| (*text).to_owned()));
        Self { port, child: spawn(&all) }
    }

    /// A sentinel that watches over the master as `main`.
    pub(crate) fn sentinel(dir: &Path, master: &Self) -> Self {
        let port = free_port();
        let file = dir.join(format!("{port}.conf"));
        let text = format!(
            "port {port}\nbind 127.0.0.1\ndir {}\nsentinel monitor main 127.0.0.1 {} 2\n\
             sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 3000\n",
            dir.display(),
            master.port
        );
        std::fs::write(&file, text).unwrap();
        Self { port, child: spawn(&[file.display().to_string(), "--sentinel".to_owned()]) }
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// What it answers to this command.
    pub(crate) async fn ask<T: FromRedisValue>(&self, words: &[&str]) -> redis::RedisResult<T> {
        let mut connection =
            Client::open(("127.0.0.1", self.port))?.get_multiplexed_async_connection().await?;
        let mut command = cmd(words[0]);
        command.arg(&words[1..]);
        command.query_async(&mut connection).await
    }

    /// Waits until its answer to this command satisfies `enough`.
    pub(crate) async fn until(&self, words: &[&str], enough: impl Fn(&str) -> bool) {
        let latest = Instant::now() + PATIENCE;
        loop {
            let answer = self.ask::<redis::Value>(words).await.map(|value| text(&value));
            if answer.as_ref().is_ok_and(|answer| enough(answer)) {
                return;
            }
            assert!(Instant::now() < latest, "{words:?} of {}: {answer:?}", self.port);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Everything in an answer that is text or a number.
fn text(value: &redis::Value) -> String {
    match value {
        redis::Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(" "),
        redis::Value::Map(pairs) => pairs
            .iter()
            .map(|(name, value)| format!("{}={}", text(name), text(value)))
            .collect::<Vec<_>>()
            .join(" "),
        other => String::from_redis_value(other.clone()).unwrap_or_default(),
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(arguments: &[String]) -> Child {
    Command::new("redis-server")
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is not installed; `deploy/test` installs it")
}

/// A master and its replica, with three sentinels.
pub(crate) struct Watched {
    pub(crate) master: Server,
    pub(crate) replica: Server,
    pub(crate) sentinels: Vec<Server>,
    #[expect(dead_code, reason = "held until the test ends")]
    dir: TempDir,
}

impl Watched {
    /// Starts them and waits until a failover can succeed.
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let master = Server::start(dir.path(), &[]);
        let of = format!("127.0.0.1 {}", master.port);
        let replica = Server::start(dir.path(), &["--replicaof", &of]);
        replica.until(&["INFO", "replication"], |told| told.contains("master_link_status:up")).await;
        let sentinels: Vec<_> = (0..3).map(|_| Server::sentinel(dir.path(), &master)).collect();
        for sentinel in &sentinels {
            let knows_all = |told: &str| {
                told.contains("num-slaves=1 ") && told.contains("num-other-sentinels=2 ")
                    || told.contains("num-slaves 1 ") && told.contains("num-other-sentinels 2 ")
            };
            sentinel.until(&["SENTINEL", "MASTER", "main"], knows_all).await;
        }
        Self { master, replica, sentinels, dir }
    }

    pub(crate) fn url(&self) -> String {
        let hosts: Vec<String> = self.sentinels.iter().map(|it| format!("127.0.0.1:{}", it.port)).collect();
        format!("redis+sentinel://{}/main", hosts.join(","))
    }
}

/// A port that is free together with the one 10,000 above it, where the nodes of a cluster talk to each other.
fn cluster_port() -> u16 {
    let free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    let random = RandomState::new();
    (0..1000_u32)
        // Both below the range from which the kernel hands out ports by itself.
        .map(|n| 20_000 + (random.hash_one(n) % 2_700) as u16)
        .find(|port| free(*port) && free(port + 10_000))
        .unwrap()
}

/// Three masters and a replica of each.
pub(crate) struct Nodes {
    pub(crate) nodes: Vec<Server>,
    #[expect(dead_code, reason = "held until the test ends")]
    dir: TempDir,
}

impl Nodes {
    /// Starts them and waits until a failover can succeed.
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let nodes: Vec<_> = (0..6)
            .map(|n| {
                let file = format!("nodes-{n}.conf");
                let options = [
                    "--cluster-enabled",
                    "yes",
                    "--cluster-config-file",
                    &file,
                    "--cluster-node-timeout",
                    "1500",
                ];
                Server::start_on(cluster_port(), dir.path(), &options)
            })
            .collect();
        for node in &nodes {
            node.until(&["PING"], |answer| answer == "PONG").await;
        }
        let hosts = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port));
        let made = Command::new("redis-cli")
            .args(["--cluster", "create"])
            .args(hosts)
            .args(["--cluster-replicas", "1", "--cluster-yes"])
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success());
        for node in &nodes {
            node.until(&["CLUSTER", "INFO"], |told| told.contains("cluster_state:ok")).await;
        }
        for replica in &nodes[3..] {
            replica.until(&["INFO", "replication"], |told| told.contains("master_link_status:up")).await;
        }
        Self { nodes, dir }
    }

    /// With all of its nodes, the first one first.
    pub(crate) fn url(&self) -> String {
        let hosts: Vec<String> = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
        format!("redis+cluster://{}", hosts.join(","))
    }
}
