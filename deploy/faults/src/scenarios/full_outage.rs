use std::time::Duration;

use super::outage::{self, Watch};
use crate::{
    Error,
    audit::Excuse,
    link::Weather,
    load::Plan,
    settings::Settings,
    stage::Layout,
    trial::{Findings, Trial},
};

/// Not stopped but unreachable: connections hang, which is worse than being refused.
pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    let mut trial = Trial::begin(settings, &Layout::default(), Plan::default()).await?;
    trial.go_on(Duration::from_secs(1)).await;
    let length = settings.pick(Duration::from_secs(5), Duration::from_secs(60));
    trial.trouble_begins(Excuse { control: true, tools: true, ..Excuse::default() });
    let from = trial.record.now();
    weather(&trial, Weather::Blackhole);
    let watch = Watch::of(&trial.stage, length).await?;
    outage::tokens_worked(&mut trial, from);
    weather(&trial, Weather::Reset);
    weather(&trial, Weather::Fair);
    trial.trouble_ends(Duration::from_secs(5));
    trial.fact("unreachable", format!("{} s", length.as_secs()));
    watch.judge(&mut trial);
    outage::all_is_well_again(&mut trial, Duration::from_secs(5)).await?;
    trial.judge().await
}

fn weather(trial: &Trial, weather: Weather) {
    trial.stage.to_postgres.weather(weather);
    if let Some(redis) = &trial.stage.to_redis {
        redis.weather(weather);
    }
}
