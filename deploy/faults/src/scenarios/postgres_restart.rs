use std::time::{Duration, Instant};

use crate::{
    Error,
    audit::Excuse,
    load::Plan,
    settings::Settings,
    stage::Layout,
    trial::{Findings, Trial},
};

/// What is promised for the time after the database accepts connections again.
const RECOVERED_WITHIN: Duration = Duration::from_secs(5);

pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    let mut trial = Trial::begin(settings, &Layout::default(), Plan::default()).await?;
    trial.go_on(Duration::from_secs(1)).await;
    let restarts = settings.pick(1, 20);
    let mut away = Duration::ZERO;
    for _ in 0..restarts {
        trial.trouble_begins(Excuse { control: true, tools: true, ..Excuse::default() });
        let began = Instant::now();
        trial.stage.postgres.crash().await?;
        trial.stage.postgres.resume().await?;
        away += began.elapsed();
        trial.trouble_ends(settings.within(RECOVERED_WITHIN));
        trial.go_on(RECOVERED_WITHIN + Duration::from_millis(500)).await;
    }
    trial.fact("restarts", restarts);
    trial.fact("away in all", format!("{:.1} s", away.as_secs_f64()));
    trial.judge().await
}
