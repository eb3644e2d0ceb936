use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use crate::{
    Error,
    load::Plan,
    settings::Settings,
    stage::Layout,
    trial::{Findings, Trial},
};

const RINGS: [&str; 4] = ["access", "identity", "sealing", "refresh"];
/// Longer than replicas go without reading the rings.
const READ_BY_ALL: Duration = Duration::from_secs(17);

/// A new key waits for 15 minutes before it takes over. Here the database says that it has waited, as soon as every replica
/// has read it; all else is as an operator does it.
pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    let mut trial = Trial::begin(settings, &Layout::default(), Plan::default()).await?;
    let (began, length) = (Instant::now(), settings.pick(Duration::from_secs(35), Duration::from_secs(300)));
    while began.elapsed() < length {
        for ring in RINGS {
            trial.stage.gateways[0].run(&["keys", "rotate", ring]).await?;
        }
        sleep(READ_BY_ALL).await;
        let waited = "UPDATE keys SET changed_at_ms = changed_at_ms - 900000 WHERE state = 'next'";
        sqlx::query(waited).execute(&mut trial.stage.postgres.connect().await?).await?;
        sleep(READ_BY_ALL).await;
    }
    let length = began.elapsed().as_secs_f64();
    // Each key that took over has sent another to rest.
    let resting = "SELECT ring, count(*) FROM keys WHERE state NOT IN ('active', 'next') GROUP BY ring";
    let rotated: HashMap<String, i64> = sqlx::query_as(resting)
        .fetch_all(&mut trial.stage.postgres.connect().await?)
        .await?
        .into_iter()
        .collect();
    let all: i64 = rotated.values().sum();
    trial.fact("keys that took over", format!("{all}, one every {:.1} s", length / all.max(1) as f64));
    for ring in RINGS {
        let times = rotated.get(ring).copied().unwrap_or_default();
        trial.fact(&format!("of the ring {ring}"), times);
        trial.promise(times > 0, format!("no key of the ring {ring} took over"));
    }
    trial.judge().await
}
