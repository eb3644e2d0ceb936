//! A real Redis that keeps nothing on disk.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::{ports, program::send_signal};
use crate::Error;

/// One server.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    directory: PathBuf,
    /// What it is started with besides.
    arguments: Vec<String>,
    child: Child,
}

impl Redis {
    /// Starts one and waits until it answers.
    ///
    /// # Errors
    ///
    /// If there is none, or it does not start.
    pub async fn start(directory: &Path) -> Result<Self, Error> {
        Self::start_with(directory, ports::free()?, Vec::new()).await
    }

    /// The same on a port, with these arguments besides.
    pub(super) async fn start_with(
        directory: &Path,
        port: u16,
        arguments: Vec<String>,
    ) -> Result<Self, Error> {
        let child = spawn(port, directory, &arguments)?;
        let this = Self { port, directory: directory.to_owned(), arguments, child };
        this.answers().await?;
        Ok(this)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// One command, written in a line; the beginning of its answer.
    ///
    /// # Errors
    ///
    /// If it is away.
    pub async fn ask(&self, command: &str) -> Result<String, Error> {
        let mut stream = TcpStream::connect(self.address()).await?;
        stream.write_all(format!("{command}\r\n").as_bytes()).await?;
        let mut answer = vec![0; 4096];
        let n = timeout(Duration::from_secs(2), stream.read(&mut answer)).await??;
        Ok(String::from_utf8_lossy(&answer[..n]).into_owned())
    }

    async fn answers(&self) -> Result<(), Error> {
        for _ in 0..500 {
            if self.ask("PING").await.is_ok_and(|answer| answer.starts_with("+PONG")) {
                return Ok(());
            }
            sleep(Duration::from_millis(10)).await;
        }
        Err("Redis does not start".into())
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

    /// Starts it again, empty.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub async fn resume(&mut self) -> Result<(), Error> {
        self.child = spawn(self.port, &self.directory, &self.arguments)?;
        self.answers().await
    }

    /// `STOP` has it hang, `CONT` ends that.
    ///
    /// # Errors
    ///
    /// If it is gone.
    pub fn signal(&self, signal: &str) -> Result<(), Error> {
        send_signal(self.child.id(), signal)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(port: u16, directory: &Path, arguments: &[String]) -> Result<Child, Error> {
    // A configuration file goes first, and what is said besides goes before it.
    let (file, arguments) = match arguments.first() {
        Some(first) if !first.starts_with("--") => (Some(first), &arguments[1..]),
        _ => (None, arguments),
    };
    let started = Command::new("redis-server")
        .args(file)
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .arg("--dir")
        .arg(directory)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    started.map_err(|error| format!("there is no Redis ({error}): install it, on Debian with apt-get").into())
}
