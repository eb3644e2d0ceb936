use std::time::Duration;

use crate::{
    Error,
    load::Plan,
    settings::Settings,
    stage::Layout,
    trial::{Findings, Trial},
};

/// Seconds by which clocks are off, each way: the furthest apart differ by half a minute.
const OFF: i64 = 15;

/// One gateway's clock is ahead, the other's behind, and the backends' the other way round or right. Nothing is excused.
pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    let layout =
        Layout { backends: 3, skew: vec![OFF, -OFF], backend_skew: vec![0, -OFF, OFF], ..Layout::default() };
    let mut trial = Trial::begin(settings, &layout, Plan::default()).await?;
    // So that nobody takes a library that was not loaded for a system that stands it. Everybody has just signed in.
    let seen = "SELECT (max(created_at_ms) - min(created_at_ms)) / 1000 FROM sessions";
    let seen = trial.stage.postgres.number(seen).await?;
    trial.fact("clocks differ by", format!("{seen} s, as sessions tell"));
    trial.promise(seen >= 2 * OFF - 2, "the clocks were not skewed");
    trial.go_on(settings.pick(Duration::from_secs(4), Duration::from_secs(120))).await;
    trial.judge().await
}
