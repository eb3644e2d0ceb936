use std::time::Duration;

use super::redis_use;
use crate::{
    Error,
    link::Weather,
    load::Plan,
    settings::Settings,
    stage::Layout,
    trial::{Findings, Trial},
};

/// Nothing is excused: what lies in Redis may be lost.
pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    let mut trial = Trial::begin(settings, &Layout::default(), Plan::default()).await?;
    let pause = settings.pick(Duration::from_millis(1000), Duration::from_secs(60));
    trial.go_on(Duration::from_secs(1)).await;
    let Some(mut redis) = trial.stage.redis.take() else { return Err("there is no Redis".into()) };
    redis_use::again(&mut trial, "in the beginning").await?;
    let (mut slowest, mut found, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for fault in ["emptied", "restarted", "hanging", "unreachable", "resetting"] {
        let (from, before) = (trial.record.now(), redis_use::failed(&trial.stage).await?);
        match fault {
            "emptied" => drop(redis.ask("FLUSHALL").await?),
            "restarted" => {
                redis.kill()?;
                trial.go_on(pause).await;
                redis.resume().await?;
            }
            "hanging" => {
                redis.signal("STOP")?;
                trial.go_on(pause).await;
                redis.signal("CONT")?;
            }
            _ => {
                let link = trial.stage.to_redis.as_ref().ok_or("there is no link to Redis")?;
                link.weather(if fault == "resetting" { Weather::Reset } else { Weather::Blackhole });
                trial.go_on(pause).await;
                trial.stage.to_redis.as_ref().ok_or("there is no link to Redis")?.weather(Weather::Fair);
            }
        }
        found.push(format!("{fault} {} ms", redis_use::again(&mut trial, fault).await?.as_millis()));
        let longest =
            trial.since(from, |_| true, |events| events.iter().map(|event| event.to - event.from).max());
        let lost = redis_use::failed(&trial.stage).await? - before;
        // Else the fault was none.
        trial.promise(lost > 0.0 || fault == "emptied", format!("{fault}: no command failed"));
        failed.push(format!("{fault} {lost}"));
        slowest.push(format!("{fault} {} ms", longest.unwrap_or_default() / 1000));
    }
    trial.fact("each for", format!("{:.1} s", pause.as_secs_f64()));
    trial.fact("slowest answer while", slowest.join(", "));
    trial.fact("commands for Redis that failed", failed.join(", "));
    trial.fact("Redis in use again by every gateway after", found.join(", "));
    trial.stage.redis = Some(redis);
    trial.judge().await
}
