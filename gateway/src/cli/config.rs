//! `gateway config`.

use clap::Subcommand;
use gateway::{
    Config,
    config::{Origin, Variable},
};
use serde_json::json;
use shared::env::Env;

use super::{Failure, table};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Report everything that is wrong with it.
    Check {
        /// For machines.
        #[arg(long)]
        json: bool,
    },
    /// Show every value and where it comes from; no secret. Fails as `check` does if something is wrong.
    Show {
        /// For machines.
        #[arg(long)]
        json: bool,
    },
}

impl Command {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Check { json } => check(json),
            Self::Show { json } => {
                show(&Env::of_process(), json)?;
                Ok(Config::read(Env::of_process()).map(drop)?)
            }
        }
    }
}

fn check(as_json: bool) -> Result<(), Failure> {
    let read = Config::read(Env::of_process()).map(drop);
    if as_json {
        let mistakes = read.as_ref().err().map(|mistakes| mistakes.0.as_slice()).unwrap_or_default();
        let mistakes: Vec<_> = mistakes
            .iter()
            .map(|mistake| json!({ "variable": mistake.variable, "problem": mistake.problem }))
            .collect();
        say!("{}", serde_json::to_string_pretty(&json!({ "sound": read.is_ok(), "mistakes": mistakes }))?);
    }
    read?;
    if !as_json {
        say!("The configuration is sound.");
    }
    Ok(())
}

fn show(env: &Env, as_json: bool) -> Result<(), Failure> {
    let rows: Vec<[String; 3]> = Variable::all()?
        .into_iter()
        .map(|variable| {
            let (value, origin) = variable.effective(env);
            let value = if origin == Origin::Nowhere && !as_json { "-".to_owned() } else { value };
            [variable.name, value, origin.as_str().to_owned()]
        })
        .collect();
    table::print(["variable", "value", "from"], &rows, as_json)
}
