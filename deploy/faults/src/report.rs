//! What a run found, for people.

use std::{fmt::Write as _, time::Duration};

use crate::{
    Error,
    audit::{Breach, Invariant},
    scenarios::Scenario,
    trial::Findings,
};

/// Breaches of one kind that are told; of the others, how many there are.
const TOLD: usize = 5;

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
