use std::time::{Duration, Instant};

use crate::{
    Error,
    audit::Excuse,
    chance::Chance,
    load::{ISSUING, Plan},
    record::micros,
    settings::Settings,
    stage::Layout,
    tally::Quantiles,
    trial::{Findings, Trial},
};

/// What is promised for a start.
const READY_WITHIN: Duration = Duration::from_secs(2);

pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    let plan = Plan { people: 24, mix: ISSUING, ..Plan::default() };
    let mut trial = Trial::begin(settings, &Layout::default(), plan).await?;
    let mut chance = Chance::new(settings.seed, u64::MAX);
    let kills = settings.pick(5, 300);
    let (mut starts, mut given_up) = (Vec::new(), Vec::new());
    trial.go_on(Duration::from_millis(500)).await;
    trial.trouble_begins(Excuse { broken: true, tools: true, ..Excuse::default() });
    for n in 0..kills {
        trial.go_on(Duration::from_millis(chance.below(200))).await;
        let http = trial.stage.http.clone();
        let victims = trial.stage.gateways.len();
        let victim = &mut trial.stage.gateways[n % victims];
        victim.kill()?;
        let killed = Instant::now();
        victim.restart()?;
        // One that gives up is started again, as whoever watches over it would.
        while let Err(gave_up) = victim.ready(&http, Duration::from_secs(30)).await {
            given_up.push(gave_up.to_string().lines().last().unwrap_or_default().to_owned());
            if given_up.len() > kills {
                return Err(gave_up);
            }
            victim.kill()?;
            victim.restart()?;
        }
        starts.push(micros(killed.elapsed()));
    }
    trial.trouble_ends(Duration::from_secs(1));
    let starts = Quantiles::of(&mut starts);
    trial.fact("kills", kills);
    let lost = trial.since(0, |event| event.reply.status == 0, |events| events.len());
    trial.fact("answers lost", lost);
    trial.promise(lost > 0, "no kill met a request: nothing was tested");
    for reason in given_up {
        trial.promise(false, format!("a start was given up: {reason}"));
    }
    trial.fact("ready again after (p50/p99/max)", starts);
    let in_time = starts.max <= micros(settings.within(READY_WITHIN));
    trial.promise(in_time, format!("a gateway was ready after {starts} only"));
    trial.judge().await
}
