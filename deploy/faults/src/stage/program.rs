//! A program of ours, as a process.

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    time::{Duration, Instant},
};

use tokio::time::sleep;

use crate::Error;

/// A process and how it was started.
#[derive(Debug)]
pub struct Program {
    name: String,
    binary: PathBuf,
    variables: Vec<(String, String)>,
    log: PathBuf,
    /// Where it says whether it is ready.
    ready_at: String,
    child: Child,
}

/// What is started.
#[derive(Debug)]
pub struct Start {
    /// What it is called in reports.
    pub name: String,
    /// The program.
    pub binary: PathBuf,
    /// All of its environment.
    pub variables: Vec<(String, String)>,
    /// The URL at which it says whether it is ready.
    pub ready_at: String,
}

impl Program {
    /// Starts it; it is not ready yet.
    ///
    /// # Errors
    ///
    /// If it cannot be run.
    pub fn start(start: Start, logs: &Path) -> Result<Self, Error> {
        let log = logs.join(format!("{}.log", start.name));
        let child = spawn(&start.binary, &start.variables, &log)?;
        let Start { name, binary, variables, ready_at } = start;
        Ok(Self { name, binary, variables, log, ready_at, child })
    }

    /// What it is called in reports.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Waits until it is ready; tells how long that took.
    ///
    /// # Errors
    ///
    /// If it ends instead, or takes longer than `patience`.
    pub async fn ready(&mut self, http: &reqwest::Client, patience: Duration) -> Result<Duration, Error> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("{} ended with {status}:\n{}", self.name, self.last_words()).into());
            }
            if self.says_ready(http).await {
                return Ok(began.elapsed());
            }
            if began.elapsed() > patience {
                return Err(format!("{} does not get ready:\n{}", self.name, self.last_words()).into());
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Whether it says now that it is ready.
    pub async fn says_ready(&self, http: &reqwest::Client) -> bool {
        let asked = http.get(&self.ready_at).timeout(Duration::from_secs(3)).send().await;
        asked.is_ok_and(|answer| answer.status().is_success())
    }

    /// Ends it as `kill -9` does.
    ///
    /// # Errors
    ///
    /// If the system does not let us.
    pub fn kill(&mut self) -> Result<(), Error> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts it again, as it was.
    ///
    /// # Errors
    ///
    /// If it cannot be run.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.child = spawn(&self.binary, &self.variables, &self.log)?;
        Ok(())
    }

    /// The URL at which it says whether it is ready.
    pub fn ready_at(&self) -> &str {
        &self.ready_at
    }

    /// Sends it a signal, such as `TERM` or `STOP`.
    ///
    /// # Errors
    ///
    /// If it is gone.
    pub fn signal(&self, signal: &str) -> Result<(), Error> {
        send_signal(self.child.id(), signal)
    }

    /// Runs the same program once more, in the same environment, with these arguments, to its end.
    ///
    /// # Errors
    ///
    /// If it fails.
    pub async fn run(&self, arguments: &[&str]) -> Result<(), Error> {
        let mut command = Command::new(&self.binary);
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value))).args(arguments);
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(format!("{} {}: {said}", self.name, arguments.join(" ")).into())
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    ///
    /// If it takes longer than `patience`.
    pub async fn ended(&mut self, patience: Duration) -> Result<ExitStatus, Error> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if began.elapsed() > patience {
                return Err(format!("{} does not end", self.name).into());
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Its memory in KiB, and how many descriptors it has open.
    pub fn size(&self) -> Option<(u64, usize)> {
        let proc = PathBuf::from(format!("/proc/{}", self.child.id()));
        let status = std::fs::read_to_string(proc.join("status")).ok()?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib = resident.trim().trim_end_matches("kB").trim().parse().ok()?;
        Some((kib, std::fs::read_dir(proc.join("fd")).ok()?.count()))
    }

    /// What it counts, by series.
    ///
    /// # Errors
    ///
    /// If it does not tell.
    pub async fn metrics(&self, http: &reqwest::Client) -> Result<BTreeMap<String, f64>, Error> {
        let at = self.ready_at.replace("/readyz", "/metrics");
        let told = http.get(at).send().await?.error_for_status()?.text().await?;
        let samples = told.lines().filter(|line| !line.starts_with('#'));
        Ok(samples
            .filter_map(|line| {
                let (series, value) = line.rsplit_once(' ')?;
                Some((series.to_owned(), value.parse().ok()?))
            })
            .collect())
    }

    /// All that it has logged.
    pub fn told(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn last_words(&self) -> String {
        let told = self.told();
        let lines: Vec<&str> = told.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(binary: &Path, variables: &[(String, String)], log: &Path) -> Result<Child, Error> {
    let log = File::options().create(true).append(true).open(log)?;
    let child = Command::new(binary)
        .env_clear()
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(std::process::Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn();
    child.map_err(|error| format!("cannot run {}: {error}", binary.display()).into())
}

/// The shell has `kill` built in.
pub(crate) fn send_signal(pid: u32, signal: &str) -> Result<(), Error> {
    let done = Command::new("sh").args(["-c", &format!("kill -{signal} {pid}")]).status()?;
    if done.success() { Ok(()) } else { Err(format!("{pid} took no {signal}").into()) }
}
