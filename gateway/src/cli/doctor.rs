//! `gateway doctor`.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use gateway::doctor::{self, Options, Report, Severity, Target};
use shared::clock::SystemClock;

use super::Failure;

/// Look at a deployment from outside, as its clients do, and say what is wrong, for which of them, and what to do. Needs
/// no configuration.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// The URL that people paste, such as https://mcp.example.com/mcp.
    url: String,
    /// Seconds that one answer may take.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout: u64,
    /// A PEM file of certificate authorities to trust besides those of this machine.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// For machines.
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let target = Target::parse(&self.url).map_err(|error| Failure::Usage(error.to_string()))?;
        let unreadable = |path: &PathBuf| Failure::Usage(format!("{} cannot be read", path.display()));
        let authorities =
            self.ca.as_ref().map(|path| std::fs::read(path).map_err(|_| unreadable(path))).transpose()?;
        let options = Options { timeout: Duration::from_secs(self.timeout), authorities };
        let report = doctor::examine(&target, &options, &SystemClock).await?;
        print(&report, self.json)?;
        if report.is_sound() { Ok(()) } else { Err(Failure::Faults) }
    }
}

fn print(report: &Report, json: bool) -> Result<(), Failure> {
    if json {
        say!("{}", serde_json::to_string_pretty(&report.to_json())?);
        return Ok(());
    }
    say!("{}\n", report.url);
    let width = report.clients.iter().map(|name| name.len()).max().unwrap_or_default();
    for client in &report.clients {
        let faults = report.faults_of(client);
        let verdict = if faults.is_empty() { "sound".to_owned() } else { faults.join(", ") };
        say!("{client:width$}  {verdict}");
    }
    for finding in &report.findings {
        let whose = if finding.clients.len() == report.clients.len() {
            "every client".to_owned()
        } else {
            finding.clients.join(", ")
        };
        let kind = match finding.fault.severity() {
            Severity::Fault => "",
            Severity::Warning => ", a warning",
        };
        say!("\n{} ({whose}{kind})", finding.fault.name());
        for seen in &finding.seen {
            say!("  seen: {seen}");
        }
        say!("  cure: {}", finding.fault.cure());
    }
    Ok(())
}
