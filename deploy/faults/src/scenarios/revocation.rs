use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::{
    Error,
    load::Plan,
    record::{Call, micros},
    settings::Settings,
    stage::{Layout, RedisKind},
    tally::Quantiles,
    trial::{Findings, Trial},
};

/// What is promised.
const BOUND: Duration = Duration::from_secs(1);

pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    let mut all = Findings::default();
    for redis in [true, false] {
        let found = measure(settings, redis).await?;
        all.facts.extend(found.facts);
        all.breaches.extend(found.breaches);
    }
    Ok(all)
}

/// From the acknowledgement at one replica to the first 401 of each other one.
async fn measure(settings: &Settings, redis: bool) -> Result<Findings, Error> {
    let redis_kind = if redis { RedisKind::One } else { RedisKind::Without };
    let layout = Layout { gateways: 3, redis: redis_kind, ..Layout::default() };
    let rounds = settings.pick(6, 300);
    // So many that nobody signs in more often than twice a second.
    let plan = Plan { people: 16, sessions: 1, ..Plan::default() };
    let (mut trial, mut people) = Trial::quiet(settings, &layout, plan).await?;
    let origins = trial.stage.origins.clone();
    let mut lags = Vec::new();
    for round in 0..rounds {
        let n = round % people.len();
        let person = &mut people[n];
        if person.sessions.is_empty() && !person.begin().await {
            return Err("somebody could not sign in".into());
        }
        let session = person.sessions[0].clone();
        for origin in &origins {
            person.wire.only(origin);
            trial
                .promise(person.knock(&session, Call::Tools).await.is_success(), "a fresh token was refused");
        }
        person.wire.only(&origins[round % origins.len()]);
        if !person.revoke(0).await.is_success() {
            return Err("a revocation was not taken".into());
        }
        let acknowledged = Instant::now();
        // Another pace each time, so that the replicas' polls are met at any moment.
        let mut waiting: Vec<&String> = origins.iter().collect();
        while !waiting.is_empty() && acknowledged.elapsed() < BOUND * 5 {
            let mut still = Vec::new();
            for origin in waiting {
                person.wire.only(origin);
                if person.knock(&session, Call::Tools).await.status == 401 {
                    lags.push(micros(acknowledged.elapsed()));
                } else {
                    still.push(origin);
                }
            }
            waiting = still;
            sleep(Duration::from_millis(2)).await;
        }
        trial.promise(waiting.is_empty(), "an ended session is still served after 5 s");
        sleep(Duration::from_millis((round as u64 * 37) % 211)).await;
    }
    trial.rest(people);
    let lags = Quantiles::of(&mut lags);
    let with = if redis { "with Redis" } else { "without Redis" };
    trial.fact(&format!("sessions ended, {with}"), rounds);
    trial.fact(&format!("refused by every replica after, {with} (p50/p99/max)"), lags);
    trial.promise(lags.max <= micros(settings.within(BOUND)), format!("{with} it took {lags}"));
    trial.judge().await
}
