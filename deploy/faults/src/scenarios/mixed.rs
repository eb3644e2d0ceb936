use std::time::{Duration, Instant};

use crate::{
    Error,
    load::{Mix, Plan},
    settings::Settings,
    stage::Layout,
    tally,
    trial::{Findings, Trial},
};

/// Half of it names the person.
const MIX: Mix = Mix { tools: 30, projects: 10, who_am_i: 45, stream: 5, refresh: 6, revoke: 1, knock: 3 };

/// Nothing fails. Nobody may be answered as somebody else.
pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    let calls = settings.pick(3_000, 1_000_000);
    let layout = Layout { gateways: 3, backends: 3, ..Layout::default() };
    let plan = Plan {
        people: settings.pick(20, 200),
        sessions: 1,
        mix: MIX,
        pause: Duration::ZERO,
        keeps_secrets: false,
        ..Plan::default()
    };
    let mut trial = Trial::begin(settings, &layout, plan).await?;
    let began = Instant::now();
    while trial.record.look(<[_]>::len) < calls {
        trial.go_on(Duration::from_millis(100)).await;
    }
    let pace = calls as f64 / began.elapsed().as_secs_f64();
    trial.fact("requests in a second", format!("{pace:.0}"));
    let (named, people) = trial.record.look(tally::named);
    trial.fact("answers that name their person", format!("{named}, {people} people"));
    trial.judge().await
}
