//! What a run found, for people.

use std::{fmt::Write as _, process::Command, time::Duration};

use crate::{
    Error,
    audit::{Breach, Invariant},
    scenarios::Scenario,
    settings::Settings,
    trial::Findings,
};

/// Breaches of one kind that are told; of the others, how many there are.
const TOLD: usize = 5;

/// What was run, where, and how: the beginning of a report.
pub fn heading(settings: &Settings) -> String {
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().ok();
        let output = output.filter(|output| output.status.success());
        output.map_or_else(
            || "unknown".to_owned(),
            |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        )
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!(
        "# What was found\n\n\
         Commit {}, programs from `{}`, seed {}, promises about time held to {} times as much. \
         {} cores, {}; load average at the beginning: {}. {}.\n",
        said("git", &["describe", "--always", "--dirty"]),
        settings.bin_dir.file_name().unwrap_or_default().to_string_lossy(),
        settings.seed,
        settings.slack,
        cores,
        said("uname", &["-sm"]),
        load.split(' ').take(3).collect::<Vec<_>>().join(" "),
        said("redis-server", &["--version"]).split(" sha=").next().unwrap_or_default(),
    )
}

/// One scenario's outcome.
#[derive(Debug)]
pub struct Outcome {
    /// Which.
    pub scenario: Scenario,
    /// How long it took.
    pub took: Duration,
    /// What it found, unless the stage fell apart.
    pub found: Result<Findings, Error>,
}

impl Outcome {
    /// Whether everything held.
    pub fn holds(&self) -> bool {
        self.found.as_ref().is_ok_and(|found| found.breaches.is_empty())
    }

    /// In one word.
    pub fn verdict(&self) -> &'static str {
        match &self.found {
            Ok(_) if self.holds() => "holds",
            Ok(_) => "BROKEN",
            Err(_) => "NOT PLAYED",
        }
    }

    /// In Markdown.
    pub fn to_markdown(&self) -> String {
        let mut text = format!(
            "## {}: {}\n\n{}.\n\n| | |\n|---|---|\n",
            self.scenario.name,
            self.verdict(),
            self.scenario.about
        );
        let _ = writeln!(text, "| took | {:.1} s |", self.took.as_secs_f64());
        match &self.found {
            Ok(found) => {
                for (what, value) in &found.facts {
                    let _ = writeln!(text, "| {what} | {} |", value.replace('|', "\\|"));
                }
                let _ = writeln!(text, "| breaches | {} |", found.breaches.len());
                text.push_str(&breaches(&found.breaches));
            }
            Err(error) => {
                let _ = writeln!(text, "\nIt could not be played: {error}");
            }
        }
        text
    }
}

fn breaches(breaches: &[Breach]) -> String {
    let mut text = String::new();
    let mut kinds: Vec<Invariant> = breaches.iter().map(|breach| breach.against).collect();
    kinds.sort();
    kinds.dedup();
    for kind in kinds {
        let of_kind: Vec<&Breach> = breaches.iter().filter(|breach| breach.against == kind).collect();
        let _ = writeln!(text, "\n{} against {kind}:\n", of_kind.len());
        for breach in of_kind.iter().take(TOLD) {
            let _ = writeln!(text, "- {}", breach.seen);
        }
    }
    text
}
