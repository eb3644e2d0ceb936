//! The operator's commands, as programs.

mod clients;
mod follow;

use std::process::{Command, Output, Stdio};

use crate::store_contract::{
    samples::{add_session, session},
    world::World,
};

const MASTER: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

fn gateway(database: &str, arguments: &[&str]) -> Output {
    gateway_with(database, &[], arguments)
}

/// With further variables.
fn gateway_with(database: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    command(database, arguments).envs(variables.iter().copied()).output().unwrap()
}

fn command(database: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
    command.args(arguments).env_clear().envs([
        ("GATEWAY_PUBLIC_URL", "https://mcp.example.com"),
        ("GATEWAY_DATABASE_URL", database),
        ("GATEWAY_MASTER_KEYS", MASTER),
        ("PEAKA_ISSUER", "https://peaka.example"),
        ("PEAKA_CLIENT_ID", "gateway"),
        ("PEAKA_CLIENT_SECRET", "hunter2"),
    ]);
    command
}

fn told(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_ended() {
    let world = World::sqlite().await;
    for id in ["one", "two"] {
        add_session(&world.store, &session(id)).await;
    }
    let list = told(&gateway(&world.url(), &["sessions", "list", "--json"]));
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 2);
    let ended = told(&gateway(&world.url(), &["sessions", "revoke", "--session", "one"]));
    assert_eq!(ended, "Ended 1 session(s).\n");
    assert!(world.store.session("one").await.unwrap().unwrap().revoked_at.is_some());
    assert!(world.store.session("two").await.unwrap().unwrap().revoked_at.is_none());
    assert_eq!(told(&gateway(&world.url(), &["sessions", "revoke", "--all"])), "Ended 1 session(s).\n");
    let table = told(&gateway(&world.url(), &["sessions", "list", "--person", "nobody"]));
    assert_eq!(table, "session  person  client  scopes  projects  began  refreshed  state\n");
    let unsaid = gateway(&world.url(), &["sessions", "revoke"]);
    assert!(!unsaid.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_shown_and_exported() {
    let world = World::sqlite().await;
    for id in ["one", "two"] {
        add_session(&world.store, &session(id)).await;
    }
    told(&gateway(&world.url(), &["sessions", "revoke", "--session", "one"]));
    let exported = told(&gateway(&world.url(), &["audit", "export"]));
    let kinds: Vec<String> = exported
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|event| event["kind"].as_str().unwrap().to_owned())
        .collect();
    // The operator's is of today, and the samples' of another time.
    for (kind, times) in [("consent_given", 2), ("session_began", 2), ("operator", 1)] {
        assert_eq!(kinds.iter().filter(|have| *have == kind).count(), times, "{exported}");
    }
    let tail = told(&gateway(&world.url(), &["audit", "tail", "--session", "one", "--kind", "operator"]));
    assert_eq!(tail.lines().count(), 1, "{tail}");
    assert!(tail.contains("  operator  ") && tail.contains("session=\"one\""), "{tail}");
    assert_eq!(told(&gateway(&world.url(), &["audit", "tail", "--limit", "2"])).lines().count(), 2);
    assert_eq!(told(&gateway(&world.url(), &["audit", "export", "--until", "2020-01-01"])), "");
    assert!(!gateway(&world.url(), &["audit", "export", "--since", "yesterday"]).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ring_is_rotated() {
    let world = World::sqlite().await;
    assert!(told(&gateway(&world.url(), &["keys", "rotate", "access"])).contains("takes over in 15 minutes"));
    assert!(told(&gateway(&world.url(), &["keys", "rotate", "access"])).contains("already"));
    let list = told(&gateway(&world.url(), &["keys", "list"]));
    assert_eq!(list.lines().filter(|line| line.starts_with("access")).count(), 2, "{list}");
    assert!(!gateway(&world.url(), &["keys", "rotate", "other"]).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_something_can_say_so_to_machines() {
    let world = World::sqlite().await;
    add_session(&world.store, &session("one")).await;
    let object = |arguments: &[&str]| -> serde_json::Value {
        serde_json::from_str(&told(&gateway(&world.url(), arguments))).unwrap()
    };
    assert_eq!(object(&["migrate", "--json"])["migrated"], true);
    assert_eq!(object(&["sessions", "revoke", "--all", "--json"])["ended"], 1);
    assert_eq!(object(&["keys", "rotate", "access", "--json"])["rotated"], true);
    assert_eq!(object(&["keys", "rotate", "access", "--json"])["rotated"], false);
    assert_eq!(object(&["config", "check", "--json"])["sound"], true);
}

#[test]
fn the_configuration_is_shown_without_its_secrets() {
    let variables = [("GATEWAY_WEBHOOK_SECRET", "hunter2"), ("GATEWAY_ACCESS_TOKEN_SECONDS", "60")];
    let output = gateway_with("postgres://root:hunter3@host/db", &variables, &["config", "show", "--json"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && !shown.contains("hunter") && !shown.contains(MASTER), "{shown}");
    let rows: Vec<serde_json::Value> = serde_json::from_str(&shown).unwrap();
    let row = |name: &str| {
        let row = rows.iter().find(|row| row["variable"] == name).unwrap();
        (row["value"].as_str().unwrap(), row["from"].as_str().unwrap())
    };
    assert_eq!(row("GATEWAY_DATABASE_URL"), ("(not shown)", "environment"));
    assert_eq!(row("GATEWAY_ACCESS_TOKEN_SECONDS"), ("60", "environment"));
    assert_eq!(row("GATEWAY_LISTEN"), ("127.0.0.1:8080", "default"));
    assert_eq!(row("GATEWAY_REDIS_URL"), ("", "not set"));
    // What is wrong is told after what holds.
    let output = gateway("mysql://root:hunter3@host", &["config", "show"]);
    assert_eq!(output.status.code(), Some(78));
    let shown = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(shown.contains("GATEWAY_LISTEN ") && shown.contains("1 mistake(s)"), "{shown}");
    assert!(!shown.contains("hunter"), "{shown}");
}

#[test]
fn shells_are_told_how_to_complete() {
    for shell in ["bash", "zsh", "fish"] {
        let script = told(&gateway("", &["completions", shell]));
        assert!(script.contains("doctor") && script.contains("end-sessions"), "{shell}: {script}");
    }
    assert_eq!(gateway("", &["completions", "other"]).status.code(), Some(2));
}

#[test]
fn mistakes_are_told_at_once_and_no_secret_with_them() {
    let output = gateway("mysql://root:hunter3@host", &["config", "check"]);
    assert_eq!(output.status.code(), Some(78));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("GATEWAY_DATABASE_URL: should be postgres://"), "{told}");
    assert!(!told.contains("hunter"), "{told}");
}

#[test]
fn a_mistake_is_told_once() {
    let output = gateway_with("mysql://x", &[], &["config", "check"]);
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8(told).unwrap();
    assert_eq!(told.matches("GATEWAY_DATABASE_URL").count(), 1, "{told}");
}

#[test]
fn who_has_read_enough_ends_a_command_and_breaks_nothing() {
    let mut command = command("sqlite://x", &["config", "show", "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert!(output.status.success());
}
