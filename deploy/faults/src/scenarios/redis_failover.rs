use std::time::{Duration, Instant};

use super::redis_use;
use crate::{
    Error,
    load::Plan,
    settings::Settings,
    stage::{Layout, RedisKind},
    trial::{Findings, Trial},
};

/// What is promised for the time until there is a master again.
const RECOVERED_WITHIN: Duration = Duration::from_secs(10);

/// The master is lost and the sentinels make the replica one. Nothing is excused.
pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    let layout = Layout { redis: RedisKind::Sentinel, ..Layout::default() };
    let mut trial = Trial::begin(settings, &layout, Plan::default()).await?;
    trial.go_on(settings.pick(Duration::from_secs(1), Duration::from_secs(10))).await;
    redis_use::again(&mut trial, "in the beginning").await?;
    let Some(mut set) = trial.stage.redis_set.take() else { return Err("there is no Redis".into()) };
    set.servers[0].kill()?;
    let killed = Instant::now();
    while !set.servers[1].ask("INFO replication").await?.contains("role:master") {
        if killed.elapsed() > Duration::from_secs(60) {
            return Err("the sentinels make no new master".into());
        }
        trial.go_on(Duration::from_millis(50)).await;
    }
    let promoted = killed.elapsed();
    let found = promoted + redis_use::again(&mut trial, "after the failover").await?;
    trial.fact("a new master after", format!("{} ms", promoted.as_millis()));
    trial.fact("in use by every gateway after", format!("{} ms", found.as_millis()));
    trial.promise(found <= settings.within(RECOVERED_WITHIN), "the new master was not found within 10 s");
    trial.go_on(settings.pick(Duration::from_secs(1), Duration::from_secs(10))).await;
    trial.stage.redis_set = Some(set);
    trial.judge().await
}
