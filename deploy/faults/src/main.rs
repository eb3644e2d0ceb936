//! `faults short`, `faults long`: lets things fail and tells what held.
#![expect(clippy::print_stdout, reason = "what this program prints is what it is for")]

use std::{io::Write as _, path::PathBuf, process::ExitCode, time::Instant};

use clap::{Parser, ValueEnum};
use faults::{
    Error,
    report::{self, Outcome},
    scenarios::{ALL, Scenario},
    settings::{Settings, Size},
};
use tokio::task::JoinSet;

/// Starts real databases and several replicas of everything, lets things fail under load, and audits what was answered.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// What to play.
    what: Selection,
    /// Play these scenarios alone.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Where gateway, mcp-backend and standin are; beside this program, unless said otherwise.
    #[arg(long, value_name = "DIRECTORY")]
    bin_dir: Option<PathBuf>,
    /// Append each scenario's findings to this file, in Markdown.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Play so many scenarios at a time, each on a stage of its own.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    jobs: usize,
    /// Let everything take so many times as long as is promised, for a machine that has other things to do. Long runs are
    /// held to what is promised unless this says otherwise, short ones to four times as much.
    #[arg(long, value_name = "TIMES")]
    slack: Option<u32>,
    /// Where chance begins: the same seed, the same choices.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Selection {
    /// Tell which scenarios there are.
    List,
    /// The short form of those that are quick.
    Short,
    /// All, at full length.
    Long,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("It did not work: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<bool, Error> {
    if arguments.what == Selection::List {
        for Scenario { name, about, short, .. } in ALL {
            println!("{name:<18} {} {about}", if *short { "short, long" } else { "       long" });
        }
        return Ok(true);
    }
    let size = if arguments.what == Selection::Short { Size::Short } else { Size::Long };
    let bin_dir = match &arguments.bin_dir {
        Some(directory) => std::path::absolute(directory)?,
        None => std::env::current_exe()?.parent().ok_or("this program lies nowhere")?.to_owned(),
    };
    let slack = arguments.slack.unwrap_or(if size == Size::Short { 4 } else { 1 });
    let settings = Settings { bin_dir, size, slack, seed: arguments.seed };
    let mut all_hold = true;
    if let Some(path) = arguments.report.as_ref().filter(|path| !path.exists()) {
        std::fs::write(path, format!("{}\n", report::heading(&settings)))?;
    }
    let mut waiting = chosen(&arguments)?.into_iter();
    let mut playing = JoinSet::new();
    loop {
        while playing.len() < arguments.jobs.max(1)
            && let Some(scenario) = waiting.next()
        {
            playing.spawn(play(scenario, settings.clone()));
        }
        let Some(outcome) = playing.join_next().await else { break };
        let outcome = outcome?;
        all_hold &= outcome.holds();
        println!("{}", outcome.to_markdown());
        if let Some(path) = &arguments.report {
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
            writeln!(file, "{}", outcome.to_markdown())?;
        }
    }
    Ok(all_hold)
}

async fn play(scenario: Scenario, settings: Settings) -> Outcome {
    let began = Instant::now();
    let found = (scenario.play)(&settings).await;
    Outcome { scenario, took: began.elapsed(), found }
}

fn chosen(arguments: &Arguments) -> Result<Vec<Scenario>, Error> {
    if let Some(unknown) =
        arguments.only.iter().find(|name| !ALL.iter().any(|scenario| scenario.name == **name))
    {
        return Err(format!("there is no scenario {unknown}; `faults list` tells which there are").into());
    }
    let wanted = |scenario: &&Scenario| match arguments.only.as_slice() {
        [] => arguments.what == Selection::Long || scenario.short,
        only => only.iter().any(|name| name == scenario.name),
    };
    Ok(ALL.iter().filter(wanted).copied().collect())
}
