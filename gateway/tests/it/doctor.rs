//! `gateway doctor` against a real gateway behind a relay that does what load balancers, firewalls and CDNs are known to
//! do: each fault is found by its name, and the untouched deployment is called sound.

mod mischief;
mod planted;
mod relay;
mod tls;

use std::process::Command;

use serde_json::Value;

use self::{mischief::Mischief, relay::Relay};
use crate::harness::World;

/// What the program said.
#[derive(Debug)]
struct Diagnosis {
    code: i32,
    report: Value,
    told: String,
}

impl Diagnosis {
    /// The names of what was found, in the report's order.
    fn names(&self) -> Vec<&str> {
        let findings = self.report["findings"].as_array().unwrap_or_else(|| panic!("{self:?}"));
        findings.iter().map(|finding| finding["name"].as_str().unwrap()).collect()
    }

    /// The clients that meet a fault.
    fn clients(&self, name: &str) -> Vec<&str> {
        let findings = self.report["findings"].as_array().unwrap();
        let finding = findings.iter().find(|finding| finding["name"] == name);
        let finding = finding.unwrap_or_else(|| panic!("{name} was not found: {self:?}"));
        finding["clients"].as_array().unwrap().iter().map(|client| client.as_str().unwrap()).collect()
    }

    fn assert_finds(&self, names: &[&str]) {
        assert_eq!(self.names(), names, "{:#}", self.report);
        assert_eq!((self.code, &self.report["sound"]), (1, &Value::Bool(false)));
    }
}

async fn doctor(arguments: &[&str]) -> Diagnosis {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
    command.arg("doctor").args(arguments).env_clear();
    // What it examines is served on these threads.
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    Diagnosis {
        code: output.status.code().unwrap(),
        report: serde_json::from_slice(&output.stdout).unwrap_or_default(),
        told: String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
    }
}

/// A deployment behind a relay that does this.
struct Deployment {
    relay: Relay,
    world: World,
}

impl Deployment {
    async fn with(mischief: Mischief) -> Self {
        Self::of(Relay::bind().await, mischief).await
    }

    async fn of(relay: Relay, mischief: Mischief) -> Self {
        // No document can be fetched from here: clients register.
        Self::configured(relay, mischief, &[("GATEWAY_CIMD_ADMISSION", "off")]).await
    }

    async fn configured(relay: Relay, mischief: Mischief, variables: &[(&str, &str)]) -> Self {
        let public = ("GATEWAY_PUBLIC_URL", relay.origin.as_str());
        let variables: Vec<(&str, &str)> = variables.iter().copied().chain([public]).collect();
        let world = World::start_with(&variables).await;
        relay.lead_to(&world.origin, mischief);
        Self { relay, world }
    }

    async fn examine(&self) -> Diagnosis {
        doctor(&[&format!("{}/mcp", self.relay.origin), "--json"]).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untouched_deployment_is_sound_and_nothing_is_left_behind() {
    let deployment = Deployment::with(Mischief::None).await;
    let before = deployment.world.database.dump().await;
    let diagnosis = deployment.examine().await;
    assert_eq!((diagnosis.code, diagnosis.names()), (0, vec![]), "{diagnosis:#?}");
    assert_eq!(diagnosis.report["sound"], true);
    assert_eq!(diagnosis.report["clients"].as_array().unwrap().len(), 7);
    assert_eq!(deployment.world.database.dump().await, before);

    let told = doctor(&[&deployment.relay.origin]).await.told;
    assert!(told.contains("Claude Code    sound\n") && told.contains("mcp-remote     sound\n"), "{told}");
}

#[tokio::test]
async fn what_is_no_deployment_is_told_apart_from_a_faulty_one() {
    // A port that nobody listens on.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for arguments in [
        &["mcp.example.com"][..],
        &["https://user:password@mcp.example.com"],
        &[&format!("http://127.0.0.1:{port}/mcp")],
        &["http://127.0.0.1/mcp", "--ca", "/nowhere"],
        &["http://127.0.0.1/mcp", "--timeout", "0"],
        &[],
    ] {
        let diagnosis = doctor(arguments).await;
        assert_eq!((diagnosis.code, &diagnosis.report), (2, &Value::Null), "{diagnosis:?}");
    }
}
