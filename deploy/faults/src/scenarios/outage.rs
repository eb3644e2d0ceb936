//! What is looked at while the database is away.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::{
    Error,
    record::{Call, Event, Micros, What},
    stage::Stage,
    trial::Trial,
};

/// What is promised for the time until readiness tells of it.
const TOLD_WITHIN: Duration = Duration::from_secs(3);

/// What the gateways told of themselves.
pub(super) struct Watch {
    told_after: Option<Duration>,
    ready_meanwhile: bool,
    alive: bool,
    says: String,
}

impl Watch {
    /// Looks for as long as the outage is to last.
    pub(super) async fn of(stage: &Stage, length: Duration) -> Result<Self, Error> {
        let began = Instant::now();
        let mut watch = Self { told_after: None, ready_meanwhile: false, alive: true, says: String::new() };
        while began.elapsed() < length {
            let mut all_told = true;
            // All at once: each may keep who asks waiting.
            let asked = stage
                .gateways
                .iter()
                .map(|gateway| tokio::spawn(says(stage.http.clone(), gateway.ready_at().to_owned())));
            for said in asked.collect::<Vec<_>>() {
                let (ready, alive) = said.await?;
                all_told &= !ready;
                watch.ready_meanwhile |= ready && watch.told_after.is_some();
                watch.alive &= alive;
            }
            if all_told && watch.told_after.is_none() {
                watch.told_after = Some(began.elapsed());
            }
            sleep(Duration::from_millis(200)).await;
        }
        if let Some(gateway) = stage.gateways.first() {
            watch.says = stage.http.get(gateway.ready_at()).send().await?.text().await?;
        }
        Ok(watch)
    }

    /// What was promised of it.
    pub(super) fn judge(&self, trial: &mut Trial) {
        let told =
            self.told_after.map_or_else(|| "never".to_owned(), |after| format!("{} ms", after.as_millis()));
        trial.fact("readiness red after", &told);
        trial.fact("readiness says", &self.says);
        let in_time = self.told_after.is_some_and(|after| after <= trial.settings.within(TOLD_WITHIN));
        trial.promise(in_time, format!("readiness was red after: {told}"));
        trial.promise(!self.ready_meanwhile, "a gateway called itself ready in between");
        trial.promise(self.alive, "a gateway did not call itself alive");
    }
}

/// Whether the resource was served since `from`, to those who only needed what the backend has.
pub(super) fn tokens_worked(trial: &mut Trial, from: Micros) {
    // Who was refused although their session lives is found by the audit.
    let alone = |event: &&Event| matches!(event.what, What::Called { call: Call::Tools, .. });
    let (all, served) = trial.since(from, alone, |events| {
        let valid = events.iter().filter(|event| event.reply.status != 401);
        (valid.clone().count(), valid.filter(|event| event.reply.is_success()).count())
    });
    trial.fact(
        "calls with valid tokens that need no credential of Peaka's, meanwhile",
        format!("{served} of {all} served"),
    );
    trial.promise(served > 0 && served == all, "not every valid token worked meanwhile");
}

/// Whether a gateway says that it is ready, and whether that it is alive.
async fn says(http: reqwest::Client, ready_at: String) -> (bool, bool) {
    let says = async |at: String| {
        let asked = http.get(at).timeout(Duration::from_secs(3)).send().await;
        asked.is_ok_and(|answer| answer.status().is_success())
    };
    (says(ready_at.clone()).await, says(ready_at.replace("/readyz", "/healthz")).await)
}

/// Waits until a gateway is ready; says whether it came to that.
async fn ready(http: reqwest::Client, at: String) -> bool {
    for _ in 0..600 {
        let asked = http.get(&at).timeout(Duration::from_secs(3)).send().await;
        if asked.is_ok_and(|answer| answer.status().is_success()) {
            return true;
        }
        sleep(Duration::from_millis(20)).await;
    }
    false
}

/// Everything must succeed again, on the same processes.
pub(super) async fn all_is_well_again(trial: &mut Trial, within: Duration) -> Result<(), Error> {
    let began = Instant::now();
    // All at once: each may keep who asks waiting.
    let asked: Vec<_> = trial
        .stage
        .gateways
        .iter()
        .map(|gateway| tokio::spawn(ready(trial.stage.http.clone(), gateway.ready_at().to_owned())))
        .collect();
    let mut all = true;
    for gateway in asked {
        all &= gateway.await?;
    }
    let ready = began.elapsed();
    trial.promise(all, "a gateway did not get ready again");
    trial.fact("ready again after", format!("{} ms", ready.as_millis()));
    trial.promise(
        ready <= trial.settings.within(within),
        format!("the gateways were ready again after {} ms", ready.as_millis()),
    );
    trial.go_on(within + Duration::from_millis(500)).await;
    Ok(())
}
