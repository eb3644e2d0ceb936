use std::time::{Duration, Instant};

use crate::{
    Error,
    load::{Mix, Plan},
    settings::Settings,
    stage::Layout,
    trial::{Findings, Trial},
};

/// Longer than a gateway drains.
const ENDS_WITHIN: Duration = Duration::from_secs(60);
/// Streams are part of it, and everything else that people do.
const STEADY: Mix =
    Mix { tools: 55, projects: 12, who_am_i: 15, stream: 5, refresh: 10, revoke: 1, knock: 2 };

/// Every gateway in turn is told to end, ends, and is started again. Nothing is excused.
pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    // As an operator tells it: longer than the balancer needs to notice.
    let leaving = ("GATEWAY_SHUTDOWN_DELAY_SECONDS".to_owned(), "3".to_owned());
    let layout = Layout { gateways: 3, variables: vec![leaving], ..Layout::default() };
    let plan = Plan {
        people: settings.pick(12, 40),
        mix: STEADY,
        pause: settings.pick(Duration::from_millis(40), Duration::from_millis(60)),
        balanced: true,
        keeps_secrets: false,
        ..Plan::default()
    };
    let mut trial = Trial::begin(settings, &layout, plan).await?;
    let (rounds, requests) = (settings.pick(1, 5), settings.pick(0, 100_000));
    let (mut slowest, mut unclean) = (Duration::ZERO, 0);
    for round in 0..rounds {
        for n in 0..trial.stage.gateways.len() {
            let http = trial.stage.http.clone();
            let gateway = &mut trial.stage.gateways[n];
            let told = Instant::now();
            gateway.signal("TERM")?;
            let status = gateway.ended(ENDS_WITHIN).await?;
            slowest = slowest.max(told.elapsed());
            unclean += i32::from(!status.success());
            gateway.restart()?;
            gateway.ready(&http, Duration::from_secs(30)).await?;
            // Until the balancer knows.
            trial.go_on(Duration::from_secs(1)).await;
        }
        while trial.record.look(<[_]>::len) < requests * (round + 1) / rounds {
            trial.go_on(Duration::from_millis(100)).await;
        }
    }
    trial.fact("restarts", rounds * trial.stage.gateways.len());
    trial.fact("the slowest end took", format!("{:.1} s", slowest.as_secs_f64()));
    trial.promise(unclean == 0, format!("{unclean} gateways did not end with 0"));
    trial.judge().await
}
