//! A real PostgreSQL: a primary and, where a scenario wants one, a standby that every commit waits for.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use sqlx::{Connection as _, PgConnection, Row as _};

use super::ports;
use crate::Error;

/// A cluster of one or two servers.
#[derive(Debug)]
pub struct Postgres {
    /// Unmounted in the end.
    disk: Option<Disk>,
    bin: PathBuf,
    directory: PathBuf,
    primary: Server,
    standby: Option<Server>,
}

#[derive(Debug)]
struct Server {
    data: PathBuf,
    port: u16,
    runs: bool,
}

impl Postgres {
    /// Starts a primary with its data below `directory`. Root has it run as the user that the package brings.
    ///
    /// # Errors
    ///
    /// If there is no PostgreSQL, or it does not start.
    pub async fn start(directory: &Path, disk: Option<u32>) -> Result<Self, Error> {
        let directory = directory.join("postgres");
        std::fs::create_dir(&directory)?;
        let disk = disk.map(|mib| Disk::at(&directory, mib)).transpose()?;
        if is_root()? {
            run(Command::new("chown").arg("postgres:postgres").arg(&directory))?;
        }
        let primary = Server { data: directory.join("primary"), port: ports::free()?, runs: false };
        let mut this = Self { disk, bin: bin()?, directory, primary, standby: None };
        let data = this.primary.data.clone();
        this.tool("initdb", &["-A", "trust", "-U", "postgres", "--no-sync", "--locale=C.UTF-8"], &data)
            .await?;
        this.resume().await?;
        Ok(this)
    }

    /// Adds a standby, and lets every commit wait for it.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub async fn add_standby(&mut self) -> Result<(), Error> {
        let standby = Server { data: self.directory.join("standby"), port: ports::free()?, runs: true };
        let port = self.primary.port.to_string();
        let copy = ["-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-R", "-X", "stream", "-c", "fast"];
        self.tool("pg_basebackup", &copy, &standby.data).await?;
        self.pg_ctl(&standby, &["start"]).await?;
        self.standby = Some(standby);
        let mut admin = self.connect().await?;
        for statement in ["ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"] {
            sqlx::query(statement).execute(&mut admin).await?;
        }
        Ok(())
    }

    /// Fills the disk to the last byte.
    ///
    /// # Errors
    ///
    /// If it has no end.
    pub async fn fill_disk(&self) -> Result<(), Error> {
        let path = self.disk.as_ref().ok_or("the disk has no end")?.filler();
        let filled = move || -> Result<(), Error> {
            let mut file = std::fs::File::create(path)?;
            while std::io::Write::write(&mut file, &[0; 65536]).is_ok() {}
            Ok(())
        };
        tokio::task::spawn_blocking(filled).await?
    }

    /// Makes room again.
    ///
    /// # Errors
    ///
    /// If it was not filled.
    pub fn clear_disk(&self) -> Result<(), Error> {
        Ok(std::fs::remove_file(self.disk.as_ref().ok_or("the disk has no end")?.filler())?)
    }

    /// Whether the server runs: one that cannot write its log ends by itself.
    pub fn runs(&self) -> bool {
        pid(&self.primary).is_some_and(|pid| Path::new("/proc").join(pid.to_string()).exists())
    }

    /// Where the server that takes writes listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.primary.port))
    }

    /// Ends the primary as a crash does.
    ///
    /// # Errors
    ///
    /// If it does not end.
    pub async fn crash(&mut self) -> Result<(), Error> {
        self.pg_ctl(&self.primary, &["-m", "immediate", "stop"]).await?;
        self.primary.runs = false;
        Ok(())
    }

    /// Starts the primary again.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub async fn resume(&mut self) -> Result<(), Error> {
        self.pg_ctl(&self.primary, &["start"]).await?;
        self.primary.runs = true;
        Ok(())
    }

    /// Lets the standby take the primary's place, which must have crashed.
    ///
    /// # Errors
    ///
    /// If there is none, or it does not.
    pub async fn promote(&mut self) -> Result<(), Error> {
        let standby = self.standby.take().ok_or("there is no standby")?;
        self.pg_ctl(&standby, &["promote"]).await?;
        self.primary = standby;
        let mut admin = self.connect().await?;
        for statement in ["ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"] {
            sqlx::query(statement).execute(&mut admin).await?;
        }
        Ok(())
    }

    /// A connection past all links.
    ///
    /// # Errors
    ///
    /// If it is away.
    pub async fn connect(&self) -> Result<PgConnection, Error> {
        Ok(PgConnection::connect(&format!("postgres://postgres@{}/postgres", self.address())).await?)
    }

    /// The one number that a query gives.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn number(&self, sql: &'static str) -> Result<i64, Error> {
        let mut connection = self.connect().await?;
        let row = sqlx::query(sql).fetch_one(&mut connection).await?;
        Ok(row.try_get(0)?)
    }

    /// The texts that a query gives, one in a row.
    ///
    /// # Errors
    ///
    /// If the query fails.
    pub async fn texts(&self, sql: &'static str) -> Result<Vec<String>, Error> {
        let mut connection = self.connect().await?;
        let rows = sqlx::query(sql).fetch_all(&mut connection).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    async fn pg_ctl(&self, server: &Server, verb: &[&str]) -> Result<(), Error> {
        let log = server.data.with_extension("log");
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c fsync=off -c max_connections=300",
            server.port,
            self.directory.display()
        );
        let log = log.to_string_lossy();
        let mut arguments = vec!["-l", &log, "-w", "-t", "60"];
        if verb == ["start"] {
            arguments.extend(["-o", &options]);
        }
        arguments.extend(verb);
        self.tool("pg_ctl", &arguments, &server.data).await
    }

    async fn tool(&self, tool: &str, arguments: &[&str], data: &Path) -> Result<(), Error> {
        let program = self.bin.join(tool);
        let mut command = if is_root()? {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--reset-env"]);
            command.arg(program);
            command
        } else {
            Command::new(program)
        };
        command.arg("-D").arg(data).args(arguments).current_dir("/");
        tokio::task::spawn_blocking(move || run(&mut command)).await?
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        for server in std::iter::once(&self.primary).chain(&self.standby).filter(|server| server.runs) {
            if let Some(pid) = pid(server) {
                // Ends it at once.
                let _ = super::program::send_signal(pid, "QUIT");
            }
        }
    }
}

/// The first line of this file is the server's process.
fn pid(server: &Server) -> Option<u32> {
    let file = std::fs::read_to_string(server.data.join("postmaster.pid")).ok()?;
    file.lines().next()?.parse().ok()
}

/// A file system in memory.
#[derive(Debug)]
struct Disk(PathBuf);

impl Disk {
    fn at(directory: &Path, mib: u32) -> Result<Self, Error> {
        run(Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "faults"])
            .arg(directory))?;
        Ok(Self(directory.to_owned()))
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: the server may need a moment to end.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn bin() -> Result<PathBuf, Error> {
    let versions = std::fs::read_dir("/usr/lib/postgresql");
    let mut found: Vec<PathBuf> = versions
        .map(|entries| entries.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    found.retain(|bin| bin.join("initdb").exists());
    found.sort();
    if let Some(bin) = found.pop() {
        return Ok(bin);
    }
    let output = Command::new("pg_config").arg("--bindir").output();
    let output = output.map_err(|_| "there is no PostgreSQL: install it, on Debian with apt-get")?;
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}

fn is_root() -> Result<bool, Error> {
    Ok(Command::new("id").arg("-u").output()?.stdout.trim_ascii() == b"0")
}

/// Runs a command to its end.
fn run(command: &mut Command) -> Result<(), Error> {
    // Not piped: a server that is started would keep the pipe open.
    let done = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if done.success() { Ok(()) } else { Err(format!("{command:?} ended with {done}").into()) }
}
