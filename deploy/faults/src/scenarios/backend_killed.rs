use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;

use crate::{
    Error,
    audit::Excuse,
    load::Plan,
    record::{Call, Micros, Reply, What, micros},
    settings::Settings,
    stage::Layout,
    tally::Quantiles,
    trial::{Findings, Trial},
};

/// How long a killed backend's clients may be left in the dark.
const TOLD_WITHIN: Duration = Duration::from_secs(1);
/// How long a query takes here; it is killed in the middle.
const QUERY: Duration = Duration::from_millis(1500);
/// So long after the trouble the dead backend stays away, and nobody may notice.
const UNNOTICED: Duration = Duration::from_secs(1);

/// What became of the calls of tools.
#[derive(Debug, Default)]
struct Alone {
    /// Lost, of those that were under way when a backend was killed.
    lost: usize,
    /// Lost, of those that were begun within the trouble, when it was dead.
    late: usize,
    /// Served by the other backend alone, after the trouble. That none of them was lost is found by the audit.
    served: usize,
}

impl Alone {
    /// From the end of a backend, at `dead`, to now; the trouble is over at `known`.
    fn look(&mut self, trial: &Trial, dead: Micros, known: Micros) {
        trial.record.look(|events| {
            let since = events.iter().rev().take_while(|event| event.to >= dead);
            let calls = since.filter(|event| matches!(event.what, What::Called { .. }));
            for event in calls {
                match event.reply.status {
                    200 if event.from > known => self.served += 1,
                    0 | 500.. if event.from < dead => self.lost += 1,
                    0 | 500.. if event.from <= known => self.late += 1,
                    _ => {}
                }
            }
        });
    }

    fn tell(&self, trial: &mut Trial) {
        let Self { lost, late, served } = self;
        trial.fact("calls lost that were under way", lost);
        trial.fact("calls lost that were begun in the second after", late);
        trial.fact("calls served after that by the other backend alone", served);
        trial.promise(*served > 0, "nobody called while a backend was dead: nothing was tested");
    }
}

pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    let streams = 4;
    let plan = Plan { people: 12, sessions: 1, ..Plan::default() };
    let (mut trial, mut people) = Trial::quiet(settings, &Layout::default(), plan).await?;
    let mut streaming = people.split_off(people.len() - streams);
    trial.work(people);
    let kills = settings.pick(2, 200);
    let (mut cut, mut sent) = (Vec::new(), 0);
    let mut alone = Alone::default();
    for n in 0..kills {
        // Only the queries of those who stream are slow, and so many of them as there are.
        let slow = json!({"fault": "slow", "match": "/queries/execute", "times": 1000, "delay_ms": QUERY.as_millis() as u64});
        trial.stage.switch_peaka("faults", slow).await?;
        let calls: Vec<_> = streaming
            .drain(..)
            .map(|mut person| {
                tokio::spawn(async move {
                    if person.sessions.is_empty() {
                        person.begin().await;
                    }
                    let reply = match person.sessions.as_slice() {
                        [] => Reply::BROKEN,
                        _ => person.call(0, Call::Stream).await,
                    };
                    (person, reply, Instant::now())
                })
            })
            .collect();
        sent += calls.len();
        trial.go_on(QUERY / 5).await;
        let victims = trial.stage.backends.len();
        // What was under way at the victim is lost, and what is sent to it before its end is known.
        trial.trouble_begins(Excuse { broken: true, tools: true, backend: true, ..Excuse::default() });
        trial.stage.backends[n % victims].kill()?;
        let (killed, dead) = (Instant::now(), trial.record.now());
        trial.trouble_ends(settings.within(TOLD_WITHIN));
        trial.stage.http.delete(format!("{}/control/faults", trial.stage.peaka_url)).send().await?;
        for call in calls {
            let (person, reply, ended) = call.await?;
            streaming.push(person);
            // Those on the other backend end well, later.
            if reply.status == 0 || reply.status >= 500 {
                cut.push(micros(ended.saturating_duration_since(killed)));
            }
        }
        let unnoticed = settings.within(TOLD_WITHIN) + UNNOTICED;
        sleep(unnoticed.saturating_sub(killed.elapsed())).await;
        alone.look(&trial, dead, dead + micros(settings.within(TOLD_WITHIN)));
        let http = trial.stage.http.clone();
        let victim = &mut trial.stage.backends[n % victims];
        victim.restart()?;
        victim.ready(&http, Duration::from_secs(30)).await?;
    }
    trial.rest(streaming);
    trial.fact("kills", kills);
    alone.tell(&mut trial);
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
