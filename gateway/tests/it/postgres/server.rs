//! A PostgreSQL server of a test's own.

use std::{
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;

use crate::replicas::process::free_port;

pub(crate) struct Server {
    pub(crate) port: u16,
    dir: TempDir,
}

impl Server {
    /// An empty one, with these lines in its configuration.
    pub(crate) fn primary(configuration: &str) -> Self {
        let server = Self::prepare();
        run(
            "initdb",
            &["-D", &server.data(), "-A", "trust", "-U", "postgres", "--no-sync", "--locale=C.UTF-8"],
        );
        server.start(configuration);
        server
    }

    /// One that follows `primary`, once it has all that is there.
    pub(crate) fn standby_of(primary: &Self) -> Self {
        let server = Self::prepare();
        let port = primary.port.to_string();
        let data = server.data();
        let from = ["-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-c", "fast", "--no-sync"];
        run("pg_basebackup", &[&from[..], &["-R", "-X", "stream", "-D", &data]].concat());
        server.start("");
        server
    }

    fn prepare() -> Self {
        let dir = tempfile::tempdir().unwrap();
        // The server runs as another user, who must get through.
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        Self { port: free_port(), dir }
    }

    fn start(&self, configuration: &str) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1,::1 -c unix_socket_directories={} -c fsync=off {configuration}",
            self.port,
            self.dir.path().display()
        );
        let log = self.dir.path().join("log").display().to_string();
        run("pg_ctl", &["-D", &self.data(), "-l", &log, "-w", "-t", "60", "-o", &options, "start"]);
    }

    /// Ends it at once, as a crash does.
    pub(crate) fn kill(&self) {
        run("pg_ctl", &["-D", &self.data(), "-m", "immediate", "stop"]);
    }

    /// From now on it takes the writes.
    pub(crate) fn promote(&self) {
        run("pg_ctl", &["-D", &self.data(), "-w", "promote"]);
    }

    /// From now on it refuses writes, and goes on running with all the connections to it.
    pub(crate) async fn takes_no_writes(&self) {
        self.run("ALTER SYSTEM SET default_transaction_read_only = on").await;
        self.run("SELECT pg_reload_conf()").await;
        self.until_it_has(
            "SELECT COUNT(*) FROM pg_settings WHERE name = 'default_transaction_read_only' AND setting = 'on'",
            1,
        )
        .await;
    }

    /// Its address as a URL names it.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Runs SQL behind the store's back.
    pub(crate) async fn run(&self, sql: &str) {
        let mut connection = self.connect().await;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// The one number that a query gives.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        let mut connection = self.connect().await;
        let number = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        number
    }

    /// Waits until a query gives this number, which a standby may learn a moment later.
    pub(crate) async fn until_it_has(&self, sql: &'static str, number: i64) {
        while self.number(sql).await != number {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap()
    }

    /// Takes a lock, which is held until the connection is dropped.
    pub(crate) async fn lock(&self, sql: &str) -> PgConnection {
        let mut connection = self.connect().await;
        sqlx::raw_sql("BEGIN").execute(&mut connection).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        connection
    }

    async fn connect(&self) -> PgConnection {
        PgConnection::connect(&format!("postgres://postgres@{}/postgres", self.host())).await.unwrap()
    }

    fn data(&self) -> String {
        self.dir.path().join("data").display().to_string()
    }

    /// A file that only the server may read.
    pub(crate) fn secret_file(dir: &Path, name: &str, text: &str) -> PathBuf {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        if is_root() {
            let chown = Command::new("chown").arg("postgres").arg(&path).status().unwrap();
            assert!(chown.success());
        }
        path
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been ended already.
        let _ = command("pg_ctl", &["-D", &self.data(), "-m", "immediate", "stop"]).status();
        // What belongs to the server's user goes by its own hand, if need be.
        let _ = command("rm", &["-rf", &self.data()]).status();
    }
}

fn run(program: &str, arguments: &[&str]) {
    let output = command(program, arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Postgres refuses to run as root: root runs it as the user that its package brings.
fn command(program: &str, arguments: &[&str]) -> Command {
    let program = programs().join(program);
    let program = if program.exists() { program } else { PathBuf::from(program.file_name().unwrap()) };
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--reset-env"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    // A server that lives on must not hold the pipe of the test's output.
    command.args(arguments).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Debian keeps its server programs off the PATH.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok()).max();
    newest.map_or_else(PathBuf::new, |version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")))
}
