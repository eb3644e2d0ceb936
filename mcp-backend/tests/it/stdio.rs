//! The program itself, over standard input and output.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::block_in_place;
use tokio_util::sync::CancellationToken;

use crate::harness::{PROJECT, Peaka, call};

const KEY: &str = "TtgGcQFq.s3fzs3fzs3fzs3fzs3fzs3fzs3fzs3fz";

/// A running program with a directory of its own, and nothing in its environment but what is given.
struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    _directory: TempDir,
}

impl Program {
    fn start(environment: &[(&str, &str)], dotenv: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(".env"), dotenv).unwrap();
        let mut child = command(directory.path(), environment).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, stdin, stdout, _directory: directory }
    }

    /// Started, and past the handshake.
    fn ready(environment: &[(&str, &str)], dotenv: &str) -> Self {
        let mut program = Self::start(environment, dotenv);
        let answer = program.ask(&json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } } }));
        assert_eq!(answer["result"]["serverInfo"]["name"], "Peaka", "{answer}");
        program.say(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        program
    }

    fn say(&mut self, message: &Value) {
        let stdin = self.stdin.as_mut().unwrap();
        writeln!(stdin, "{message}").unwrap();
        stdin.flush().unwrap();
    }

    fn hear(&mut self) -> Value {
        let mut line = String::new();
        // The doubles run on other threads while this one waits.
        block_in_place(|| self.stdout.read_line(&mut line)).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON on standard output: {line:?}"))
    }

    fn ask(&mut self, message: &Value) -> Value {
        self.say(message);
        self.hear()
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.ask(&call(tool, arguments))["result"].clone()
    }

    fn fails(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments);
        assert_eq!(result["isError"], true, "{result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// Closes standard input; returns the exit code, and what it logged.
    fn leave(mut self) -> (Option<i32>, String) {
        drop(self.stdin.take());
        let mut log = String::new();
        block_in_place(|| self.child.stderr.take().unwrap().read_to_string(&mut log)).unwrap();
        (block_in_place(|| self.child.wait()).unwrap().code(), log)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(directory: &Path, environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-backend"));
    command.arg("stdio").current_dir(directory).env_clear().envs(environment.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

async fn peaka(running: &CancellationToken) -> Peaka {
    let peaka = Peaka::start(running).await;
    peaka
        .has("GET /organizations", json!([{ "id": "o1", "name": "Acme" }, { "id": "o2", "name": "Globex" }]));
    for (organization, workspaces) in [("o1", &["w1", "w2"][..]), ("o2", &["w3"])] {
        let named: Vec<_> = workspaces.iter().map(|id| json!({ "id": id, "name": id })).collect();
        peaka.has(&format!("GET /organizations/{organization}/workspaces"), json!(named));
        for workspace in workspaces {
            let path = format!("GET /organizations/{organization}/workspaces/{workspace}/projects");
            peaka.has(&path, json!([{ "id": format!("{workspace}pp"), "name": "p" }]));
        }
    }
    peaka.has(&format!("GET /data/projects/{PROJECT}/catalogs"), json!([{ "id": "1", "name": "peaka" }]));
    peaka
}

fn as_project_key(peaka: &Peaka) {
    peaka.has(
        "GET /info",
        json!({ "userId": "u", "email": "a@b.c", "projectId": PROJECT, "projectName": "Orders" }),
    );
    peaka.says("GET /organizations", 403, r#"{"message":"project key"}"#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_key_it_starts_lists_and_says_what_to_set() {
    let mut program = Program::ready(&[], "");
    let listed = program.ask(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
    assert_eq!(listed["result"]["tools"].as_array().unwrap().len(), 32);
    for arguments in [json!({ "projectId": PROJECT }), json!({})] {
        let told = program.fails("peaka_list_catalogs", arguments);
        assert!(told.contains("PEAKA_API_KEY"), "{told}");
    }
    assert!(program.fails("peaka_list_projects", json!({})).contains("PEAKA_API_KEY"));
    let (code, log) = program.leave();
    assert_eq!(code, Some(0));
    assert!(log.contains("PEAKA_API_KEY is not set"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_key_has_one_project_and_need_not_name_it() {
    let running = CancellationToken::new();
    let peaka = peaka(&running).await;
    as_project_key(&peaka);
    let mut program = Program::ready(&[("PEAKA_API_KEY", KEY), ("PARTNER_API_BASE_URL", &peaka.url)], "");
    let projects = program.call("peaka_list_projects", json!({}));
    assert_eq!(
        projects["structuredContent"]["projects"],
        json!([{ "projectId": PROJECT, "projectName": "Orders" }])
    );
    for arguments in [json!({}), json!({ "projectId": null }), json!({ "projectId": PROJECT })] {
        let catalogs = program.call("peaka_list_catalogs", arguments);
        assert_eq!(catalogs["structuredContent"]["catalogs"][0]["name"], "peaka");
    }
    let listed = program.ask(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
    for tool in listed["result"]["tools"].as_array().unwrap() {
        let required = tool["inputSchema"]["required"].as_array().cloned().unwrap_or_default();
        assert!(!required.contains(&json!("projectId")), "{tool}");
    }
    assert!(peaka.asked().iter().all(|asked| asked.token == KEY));
    // Once for the list, once to know the project; not for every call.
    assert_eq!(peaka.lines().iter().filter(|line| *line == "GET /info").count(), 2);
    let (code, log) = program.leave();
    assert_eq!(code, Some(0));
    assert!(!log.contains(KEY) && !log.contains("s3fz"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partner_key_has_every_project_of_every_workspace_and_must_name_one() {
    let running = CancellationToken::new();
    let peaka = peaka(&running).await;
    let mut program = Program::ready(&[("PEAKA_API_KEY", KEY), ("PARTNER_API_BASE_URL", &peaka.url)], "");
    let projects = program.call("peaka_list_projects", json!({}));
    let ids: Vec<_> = projects["structuredContent"]["projects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|project| project["projectId"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["w1pp", "w2pp", "w3pp"]);
    let told = program.fails("peaka_list_catalogs", json!({}));
    assert!(told.contains("projectId is missing") && told.contains("peaka_list_projects"), "{told}");
    let catalogs = program.call("peaka_list_catalogs", json!({ "projectId": PROJECT }));
    assert_eq!(catalogs["structuredContent"]["catalogs"][0]["name"], "peaka");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_is_read_and_the_environment_wins() {
    let running = CancellationToken::new();
    let peaka = peaka(&running).await;
    let file = format!("# mine\nPEAKA_API_KEY=from.file\nPARTNER_API_BASE_URL=\"{}\"\n", peaka.url);
    for (environment, token) in [(&[][..], "from.file"), (&[("PEAKA_API_KEY", KEY)], KEY)] {
        let mut program = Program::ready(environment, &file);
        program.call("peaka_list_catalogs", json!({ "projectId": PROJECT }));
        assert_eq!(peaka.asked().pop().unwrap().token, token);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_peaka_refuses_is_told_to_the_model() {
    let running = CancellationToken::new();
    let peaka = peaka(&running).await;
    peaka.refuses(KEY);
    let mut program = Program::ready(&[("PEAKA_API_KEY", KEY), ("PARTNER_API_BASE_URL", &peaka.url)], "");
    for tool in ["peaka_list_projects", "peaka_list_catalogs"] {
        let told = program.fails(tool, json!({}));
        assert!(told.contains("does not accept the API key"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stateless_revision_needs_no_handshake() {
    let running = CancellationToken::new();
    let peaka = peaka(&running).await;
    let mut program = Program::start(&[("PEAKA_API_KEY", KEY), ("PARTNER_API_BASE_URL", &peaka.url)], "");
    let modern = |method: &str, mut params: Value| {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
    };
    let answer = program.ask(&modern("server/discover", json!({})));
    assert!(
        answer["result"]["supportedVersions"].as_array().unwrap().contains(&json!("2026-07-28")),
        "{answer}"
    );
    let answer = program.ask(&modern("tools/list", json!({})));
    assert_eq!(answer["result"]["cacheScope"], "private");
    let params = json!({ "name": "peaka_list_catalogs", "arguments": { "projectId": PROJECT } });
    let answer = program.ask(&modern("tools/call", params));
    assert_eq!(answer["result"]["structuredContent"]["catalogs"][0]["name"], "peaka", "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_comes_before_the_answer() {
    let running = CancellationToken::new();
    let peaka = peaka(&running).await;
    let mut program = Program::ready(&[("PEAKA_API_KEY", KEY), ("PARTNER_API_BASE_URL", &peaka.url)], "");
    let mut message = call("peaka_list_projects", json!({}));
    message["params"]["_meta"] = json!({ "progressToken": "t" });
    program.say(&message);
    let mut told = Vec::new();
    loop {
        let heard = program.hear();
        match heard["params"]["progress"].as_f64() {
            Some(progress) => told.push(progress),
            None => {
                break assert_eq!(
                    heard["result"]["structuredContent"]["projects"].as_array().unwrap().len(),
                    3
                );
            }
        }
    }
    assert_eq!((told.first(), told.last()), (Some(&0.0), Some(&100.0)));
    assert!(told.is_sorted(), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_a_call_ends_it_at_peaka() {
    let running = CancellationToken::new();
    let peaka = peaka(&running).await;
    let mut program = Program::ready(&[("PEAKA_API_KEY", KEY), ("PARTNER_API_BASE_URL", &peaka.url)], "");
    let held = peaka.holds();
    program.say(&call("peaka_list_catalogs", json!({ "projectId": PROJECT })));
    held.arrived().await;
    program
        .say(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 7 } }));
    held.abandoned().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistake_in_the_configuration_ends_it_with_a_sentence() {
    let environment = [("PEAKA_API_KEY", KEY), ("PARTNER_API_BASE_URL", "ftp://x"), ("LOG_FORMAT", "xml")];
    let (code, log) = Program::start(&environment, "").leave();
    assert_eq!(code, Some(1));
    assert!(log.contains("2 mistake(s)") && !log.contains(KEY), "{log}");
    let (code, log) =
        Program::start(&[("PEAKA_API_KEY", KEY)], "PARTNER_API_BASE_URL=https://evil.example/api/v1").leave();
    assert_eq!(code, Some(1));
    assert!(log.contains("set both in one place"), "{log}");
}
