use std::time::{Duration, Instant};

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
    let took_over = trial
        .stage
        .postgres
        .number("SELECT count(*) FROM keys WHERE state = 'active' OR state = 'next'")
        .await?;
    let rotated = trial.stage.postgres.number("SELECT count(*) FROM keys").await? - took_over;
    let pace = began.elapsed().as_secs_f64() / rotated.max(1) as f64;
    trial.fact("keys that took over", format!("{rotated}, one every {pace:.1} s"));
    trial.promise(rotated >= 4, "not every ring was rotated");
    trial.judge().await
}
