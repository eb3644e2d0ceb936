use std::time::Duration;

use crate::{
    Error,
    audit::Excuse,
    chance::Chance,
    link::Weather,
    load::{ISSUING, Plan},
    settings::Settings,
    stage::Layout,
    trial::{Findings, Trial},
};

/// Questions arrive, answers do not: whoever asks again must be none the worse for it.
pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    let plan = Plan { people: 24, mix: ISSUING, balanced: true, ..Plan::default() };
    let mut trial = Trial::begin(settings, &Layout::default(), plan).await?;
    let mut chance = Chance::new(settings.seed, u64::MAX);
    let losses = settings.pick(8, 300);
    trial.trouble_begins(Excuse { broken: true, ..Excuse::default() });
    for _ in 0..losses {
        trial.go_on(Duration::from_millis(100 + chance.below(200))).await;
        trial.stage.balancer.weather(Weather::HalfOpen);
        trial.go_on(Duration::from_millis(20 + chance.below(130))).await;
        trial.stage.balancer.weather(Weather::Reset);
        trial.stage.balancer.weather(Weather::Fair);
    }
    trial.trouble_ends(Duration::from_secs(1));
    let lost = trial.since(0, |event| event.reply.status == 0, |events| events.len());
    trial.fact("cuts", losses);
    trial.fact("answers lost", lost);
    trial.promise(lost > 0, "no answer was lost: nothing was tested");
    trial.judge().await
}
