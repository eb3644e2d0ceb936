//! The command as a program.

use std::process::{Command, Output};

use super::house::{House, NEW_MASTER, OLD_MASTER};
use crate::store_contract::world::World;

pub(super) fn gateway(world: &World, master: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
    command.env_clear().envs([
        ("GATEWAY_PUBLIC_URL", "https://mcp.example.com"),
        ("GATEWAY_DATABASE_URL", &world.url()),
        ("GATEWAY_DATABASE_CONNECTIONS", "2"),
        ("GATEWAY_MASTER_KEYS", master),
        ("PEAKA_ISSUER", "https://peaka.example"),
        ("PEAKA_CLIENT_ID", "gateway"),
        ("PEAKA_CLIENT_SECRET", "hunter2"),
    ]);
    command
}

pub(super) fn told(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_reseal_and_retire() {
    let world = World::sqlite().await;
    let house = House::new(&world, OLD_MASTER).await;
    house.add_credentials(120).await;
    house.rotate("sealing").await;
    let (old, both) = (house.older("sealing").await, format!("{NEW_MASTER},{OLD_MASTER}"));

    // The command has the real clock; in the rows it is the future, which is as good as just now.
    let refused = gateway(&world, &both).args(["keys", "retire", "sealing", &old]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let reason = String::from_utf8(refused.stderr).unwrap();
    assert!(reason.contains("is alive for another 30 minutes"), "{reason}");

    let done = gateway(&world, &both).args(["keys", "reseal", "--json"]).output().unwrap();
    let done: serde_json::Value = serde_json::from_str(&told(&done)).unwrap();
    let expected = serde_json::json!({ "keys": 5, "credentials": 120, "unreadable": 0, "left": { &old: 0 } });
    assert_eq!(done, expected);

    let again = gateway(&world, NEW_MASTER).args(["keys", "reseal"]).output().unwrap();
    let again = told(&again);
    assert!(again.starts_with("Put 0 key(s) under the newest master key"), "{again}");

    let locked = gateway(&world, OLD_MASTER).args(["serve"]).output().unwrap();
    assert_eq!(locked.status.code(), Some(1), "the older master key alone is not enough any more");
    let list = told(&gateway(&world, NEW_MASTER).args(["keys", "list"]).output().unwrap());
    let newest = list.lines().nth(1).unwrap().rsplit(' ').next().unwrap().to_owned();
    let reason = String::from_utf8(locked.stderr).unwrap();
    assert!(reason.contains(&format!("needs the master key with the fingerprint {newest}")), "{reason}");
}
