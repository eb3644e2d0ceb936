use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    Error,
    audit::Excuse,
    load::Plan,
    record::{Call, micros},
    settings::Settings,
    stage::Layout,
    tally::Quantiles,
    trial::{Findings, Trial},
};

/// How long a killed backend's clients may be left in the dark.
const TOLD_WITHIN: Duration = Duration::from_secs(1);
/// How long a query takes here; it is killed in the middle.
const QUERY: Duration = Duration::from_millis(1500);

pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    let streams = 4;
    let plan = Plan { people: 12, sessions: 1, ..Plan::default() };
    let (mut trial, mut people) = Trial::quiet(settings, &Layout::default(), plan).await?;
    let mut streaming = people.split_off(people.len() - streams);
    trial.work(people);
    let kills = settings.pick(2, 200);
    let (mut cut, mut sent) = (Vec::new(), 0);
    trial.trouble_begins(Excuse { broken: true, tools: true, backend: true, ..Excuse::default() });
    for n in 0..kills {
        // Only the queries of those who stream are slow, and so many of them as there are.
        let slow = json!({"fault": "slow", "match": "/queries/execute", "times": 1000, "delay_ms": QUERY.as_millis() as u64});
        trial.stage.switch_peaka("faults", slow).await?;
        let calls: Vec<_> = streaming
            .drain(..)
            .map(|mut person| {
                tokio::spawn(async move {
                    let session = person.sessions[0].clone();
                    let reply = person.knock(&session, Call::Stream).await;
                    (person, reply, Instant::now())
                })
            })
            .collect();
        sent += calls.len();
        trial.go_on(QUERY / 5).await;
        let victims = trial.stage.backends.len();
        trial.stage.backends[n % victims].kill()?;
        let killed = Instant::now();
        trial.stage.http.delete(format!("{}/control/faults", trial.stage.peaka_url)).send().await?;
        for call in calls {
            let (person, reply, ended) = call.await?;
            streaming.push(person);
            // Those on the other backend end well, later.
            if reply.status == 0 || reply.status >= 500 {
                cut.push(micros(ended.saturating_duration_since(killed)));
            }
        }
        let http = trial.stage.http.clone();
        let victim = &mut trial.stage.backends[n % victims];
        victim.restart()?;
        victim.ready(&http, Duration::from_secs(30)).await?;
    }
    trial.trouble_ends(Duration::from_secs(2));
    trial.rest(streaming);
    trial.fact("kills", kills);
    trial.fact("streams opened", sent);
    trial.fact("streams cut", cut.len());
    trial.promise(!cut.is_empty(), "no stream was cut: nothing was tested");
    let cut = Quantiles::of(&mut cut);
    trial.fact("cut streams ended after the kill (p50/p99/max)", cut);
    trial.promise(
        cut.max <= micros(settings.within(TOLD_WITHIN)),
        format!("a cut stream ended after {cut} only"),
    );
    trial.judge().await
}
