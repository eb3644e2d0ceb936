use std::time::Duration;

use super::outage::{self, Watch};
use crate::{
    Error,
    audit::Excuse,
    load::Plan,
    settings::Settings,
    stage::Layout,
    trial::{Findings, Trial},
};

pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    let mut trial = Trial::begin(settings, &Layout::default(), Plan::default()).await?;
    trial.go_on(Duration::from_secs(1)).await;
    let length = settings.pick(Duration::from_secs(5), Duration::from_secs(60));
    trial.trouble_begins(Excuse { control: true, tools: true, ..Excuse::default() });
    let from = trial.record.now();
    trial.stage.postgres.crash().await?;
    let watch = Watch::of(&trial.stage, length).await?;
    outage::tokens_worked(&mut trial, from);
    trial.stage.postgres.resume().await?;
    trial.trouble_ends(Duration::from_secs(5));
    trial.fact("away", format!("{} s", length.as_secs()));
    watch.judge(&mut trial);
    outage::all_is_well_again(&mut trial, Duration::from_secs(5)).await?;
    trial.judge().await
}
