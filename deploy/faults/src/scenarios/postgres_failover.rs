use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::{
    Error,
    audit::Excuse,
    load::Plan,
    settings::Settings,
    stage::Layout,
    trial::{Findings, Trial},
};

/// What is promised for the time until writing is possible again.
const RECOVERED_WITHIN: Duration = Duration::from_secs(15);

/// The primary crashes for good; the standby, which every commit has waited for, takes its place and its address.
pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    let layout = Layout { standby: true, ..Layout::default() };
    let mut trial = Trial::begin(settings, &layout, Plan::default()).await?;
    trial.go_on(settings.pick(Duration::from_secs(1), Duration::from_secs(10))).await;
    trial.trouble_begins(Excuse { control: true, tools: true, ..Excuse::default() });
    let began = Instant::now();
    trial.stage.postgres.crash().await?;
    // Whoever decides about a failover takes a moment to be sure.
    sleep(Duration::from_secs(1)).await;
    trial.stage.postgres.promote().await?;
    trial.stage.to_postgres.lead_to(vec![trial.stage.postgres.address()]);
    let promoted = began.elapsed();
    let http = trial.stage.http.clone();
    for gateway in &mut trial.stage.gateways {
        gateway.ready(&http, Duration::from_secs(60)).await?;
    }
    let recovered = began.elapsed();
    trial.trouble_ends(Duration::from_secs(3));
    trial.fact("the standby was promoted after", format!("{} ms", promoted.as_millis()));
    trial.fact("every gateway was ready again after", format!("{} ms", recovered.as_millis()));
    trial.promise(recovered <= settings.within(RECOVERED_WITHIN), "it took longer than 15 s");
    trial.go_on(settings.pick(Duration::from_secs(4), Duration::from_secs(15))).await;
    trial.judge().await
}
