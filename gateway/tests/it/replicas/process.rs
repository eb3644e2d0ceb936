//! One process of the gateway.

use std::{
    fs::File,
    hash::{BuildHasher as _, RandomState},
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    process::{Child, Command},
    time::{Duration, Instant},
};

/// A replica, running or killed.
pub(crate) struct Replica {
    /// Its public origin.
    pub(crate) url: String,
    /// The origin of its internal listener.
    pub(crate) internal: String,
    variables: Vec<(String, String)>,
    log: PathBuf,
    child: Child,
}

impl Replica {
    /// Starts one; it is not yet ready. `variables` is all the environment that it gets, beside its own addresses.
    pub(crate) fn start(port: u16, mut variables: Vec<(String, String)>, log: PathBuf) -> Self {
        let internal = free_port();
        variables.push(("GATEWAY_LISTEN".to_owned(), format!("127.0.0.1:{port}")));
        variables.push(("GATEWAY_INTERNAL_LISTEN".to_owned(), format!("127.0.0.1:{internal}")));
        let child = spawn(&variables, &log);
        let (url, internal) = (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{internal}"));
        Self { url, internal, variables, log, child }
    }

    /// Waits until it is ready.
    pub(crate) async fn ready(&mut self, http: &reqwest::Client) {
        let latest = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("a replica ended with {status}:\n{}", self.told());
            }
            let answer = http.get(format!("{}/readyz", self.internal)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            assert!(Instant::now() < latest, "a replica does not get ready:\n{}", self.told());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it to stop, as an orchestrator does.
    pub(crate) fn terminate(&self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    /// Whether it has ended by itself, and how.
    pub(crate) async fn ended(&mut self) -> std::process::ExitStatus {
        let latest = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < latest, "a replica does not end:\n{}", self.told());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Starts it again, as it was, after [`Replica::kill`].
    pub(crate) fn restart(&mut self) {
        self.child = spawn(&self.variables, &self.log);
    }

    /// How many descriptors it has open.
    pub(crate) fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// How much of it is in memory, in MiB.
    pub(crate) fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    }

    /// What it has logged.
    pub(crate) fn told(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Replica {
    #[expect(clippy::print_stderr, reason = "why a test failed may stand there")]
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- what {} told:\n{}", self.url, self.told());
        }
    }
}

fn spawn(variables: &[(String, String)], log: &PathBuf) -> Child {
    let log = File::options().create(true).append(true).open(log).unwrap();
    Command::new(binary())
        .env_clear()
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// The gateway that was built with these tests, or the one that `GATEWAY_BIN` names, such as a release's.
#[expect(clippy::disallowed_methods, reason = "which gateway is tested, not configuration of the gateway")]
fn binary() -> std::ffi::OsString {
    std::env::var_os("GATEWAY_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_gateway").into())
}

/// A port that is free now, below the range from which the kernel hands out ports by itself: it has to stay free until
/// the replica listens on it, and while a killed one starts again.
pub(crate) fn free_port() -> u16 {
    let random = RandomState::new();
    (0..1000_u32)
        .map(|n| 20_000 + (random.hash_one(n) % 12_000) as u16)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .unwrap()
}
