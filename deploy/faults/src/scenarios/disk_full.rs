use std::time::{Duration, Instant};

use crate::{
    Error,
    audit::Excuse,
    load::Plan,
    settings::Settings,
    stage::Layout,
    trial::{Findings, Trial},
};

/// Enough for an empty database with its log, and for little more.
const DISK_MIB: u32 = 160;

/// A PostgreSQL that cannot write its log any more ends itself; whoever makes room starts it again.
pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    let layout = Layout { disk: Some(DISK_MIB), ..Layout::default() };
    let mut trial = Trial::begin(settings, &layout, Plan::default()).await?;
    let length = settings.pick(Duration::from_secs(5), Duration::from_secs(60));
    trial.go_on(Duration::from_secs(2)).await;
    trial.trouble_begins(Excuse { control: true, tools: true, ..Excuse::default() });
    trial.stage.postgres.fill_disk().await?;
    let full = Instant::now();
    let mut ended = None;
    while full.elapsed() < length {
        if ended.is_none() && !trial.stage.postgres.runs() {
            ended = Some(full.elapsed());
        }
        trial.go_on(Duration::from_millis(100)).await;
    }
    trial.stage.postgres.clear_disk()?;
    if !trial.stage.postgres.runs() {
        trial.stage.postgres.resume().await?;
    }
    let http = trial.stage.http.clone();
    let room = Instant::now();
    for gateway in &mut trial.stage.gateways {
        gateway.ready(&http, Duration::from_secs(60)).await?;
    }
    let ready = room.elapsed();
    trial.trouble_ends(Duration::from_secs(5));
    trial.fact("full for", format!("{} s", length.as_secs()));
    let ended = ended.map_or_else(|| "never".to_owned(), |after| format!("after {} ms", after.as_millis()));
    trial.fact("the server ended itself", ended);
    trial.fact("ready again after", format!("{} ms", ready.as_millis()));
    let failed = trial.since(0, |event| event.reply.status == 503, |events| events.len());
    trial.fact("told 503 meanwhile", failed);
    trial.promise(failed > 0, "nobody noticed that the disk was full: nothing was tested");
    trial.go_on(Duration::from_secs(6)).await;
    trial.judge().await
}
