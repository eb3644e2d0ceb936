//! What the examination ends in.

use serde_json::{Value, json};

use super::{
    case::Findings,
    fault::{Fault, Severity},
    players::PLAYERS,
    target::Target,
};

/// Everything that was found.
#[derive(Debug)]
pub struct Report {
    /// The URL that people paste.
    pub url: String,
    /// The clients that were played.
    pub clients: Vec<&'static str>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// One thing that is wrong.
#[derive(Debug)]
pub struct Finding {
    /// What.
    pub fault: Fault,
    /// Which clients meet it.
    pub clients: Vec<&'static str>,
    /// What was seen.
    pub seen: Vec<String>,
}

impl Report {
    pub(super) fn of(target: &Target, findings: Findings) -> Self {
        let clients: Vec<_> = PLAYERS.iter().map(|player| player.name).collect();
        let findings = findings.0.into_iter().map(|(fault, found)| Finding {
            fault,
            clients: clients.iter().copied().filter(|name| found.clients.contains(name)).collect(),
            seen: found.seen.into_iter().collect(),
        });
        Self { url: target.resource.clone(), findings: findings.collect(), clients: clients.clone() }
    }

    /// Nothing but warnings.
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| finding.fault.severity() == Severity::Warning)
    }

    /// The faults that a client meets, warnings aside.
    pub fn faults_of(&self, client: &str) -> Vec<&'static str> {
        let of_client = self.findings.iter().filter(|finding| {
            finding.fault.severity() == Severity::Fault && finding.clients.contains(&client)
        });
        of_client.map(|finding| finding.fault.name()).collect()
    }

    /// For machines.
    pub fn to_json(&self) -> Value {
        let severity = |severity| match severity {
            Severity::Fault => "fault",
            Severity::Warning => "warning",
        };
        json!({
            "url": self.url,
            "sound": self.is_sound(),
            "clients": self.clients.iter().map(|client| {
                let faults = self.faults_of(client);
                json!({ "client": client, "sound": faults.is_empty(), "faults": faults })
            }).collect::<Vec<_>>(),
            "findings": self.findings.iter().map(|finding| json!({
                "name": finding.fault.name(),
                "severity": severity(finding.fault.severity()),
                "clients": finding.clients,
                "seen": finding.seen,
                "cure": finding.fault.cure(),
            })).collect::<Vec<_>>(),
        })
    }
}
