use std::time::{Duration, Instant};

use super::redis_use;
use crate::{
    Error,
    load::Plan,
    settings::Settings,
    stage::{Layout, RedisKind},
    trial::{Findings, Trial},
};

const SLOTS: u32 = 4000;

/// A cluster moves a quarter of its slots back and forth, and then loses a master. Nothing is excused.
pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    let layout = Layout { redis: RedisKind::Cluster, ..Layout::default() };
    let mut trial = Trial::begin(settings, &layout, Plan::default()).await?;
    trial.go_on(Duration::from_secs(1)).await;
    let Some(mut set) = trial.stage.redis_set.take() else { return Err("there is no Redis".into()) };
    redis_use::again(&mut trial, "in the beginning").await?;
    let (rounds, began) = (settings.pick(1, 5), Instant::now());
    for _ in 0..rounds {
        set.reshard(0, 1, SLOTS).await?;
        set.reshard(1, 0, SLOTS).await?;
    }
    redis_use::again(&mut trial, "after the moves").await?;
    trial.fact("slots moved", format!("{} in {:.1} s", SLOTS * rounds * 2, began.elapsed().as_secs_f64()));
    set.servers[0].kill()?;
    let killed = Instant::now();
    while !set.servers[1].ask("CLUSTER INFO").await?.contains("cluster_state:ok")
        || killed.elapsed() < Duration::from_secs(2)
    {
        if killed.elapsed() > Duration::from_secs(60) {
            return Err("the cluster does not mend itself".into());
        }
        trial.go_on(Duration::from_millis(50)).await;
    }
    trial.fact("whole again after the loss of a master", format!("{} ms", killed.elapsed().as_millis()));
    let found = redis_use::again(&mut trial, "after the loss of a master").await?;
    trial.fact("in use by every gateway after that", format!("{} ms", found.as_millis()));
    trial.go_on(settings.pick(Duration::from_secs(1), Duration::from_secs(10))).await;
    trial.stage.redis_set = Some(set);
    trial.judge().await
}
