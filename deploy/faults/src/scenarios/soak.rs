use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::{
    Error,
    load::Plan,
    settings::Settings,
    stage::{Layout, Stage},
    trial::{Findings, Trial},
};

/// Memory may grow by so much after the first third: caches that fill up have a bound, but not yet reached it.
const GROWTH_KIB: u64 = 24 * 1024;
/// Descriptors that may be open more than after the first third.
const MORE_OPEN: usize = 40;

/// What a program holds.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    kib: u64,
    open: usize,
    /// Series of its metrics.
    series: usize,
}

/// The largest of some moments: how much a program holds goes up and down.
#[derive(Debug, Default)]
struct Largest(BTreeMap<String, Size>);

impl Largest {
    async fn look(&mut self, stage: &Stage) -> Result<(), Error> {
        for program in stage.gateways.iter().chain(&stage.backends) {
            let (kib, open) = program.size().ok_or("a program is gone")?;
            let series = program.metrics(&stage.http).await?.len();
            let size = self.0.entry(program.name().to_owned()).or_default();
            *size =
                Size { kib: size.kib.max(kib), open: size.open.max(open), series: size.series.max(series) };
        }
        Ok(())
    }
}

pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    let layout = Layout { gateways: 2, backends: 2, ..Layout::default() };
    let plan = Plan {
        people: 20,
        pause: settings.pick(Duration::from_millis(100), Duration::from_millis(4000)),
        balanced: true,
        keeps_secrets: false,
        ..Plan::default()
    };
    let mut trial = Trial::begin(settings, &layout, plan).await?;
    let third = settings.pick(Duration::from_secs(5), Duration::from_secs(10 * 60));
    let (mut early, mut late) = (Largest::default(), Largest::default());
    let (began, mut looks) = (Instant::now(), 0);
    while began.elapsed() < third * 3 {
        trial.go_on(third / 60).await;
        let size = match began.elapsed() {
            // All that is made once is there by then.
            passed if passed < third / 2 => continue,
            passed if passed < third => &mut early,
            passed if passed < third * 2 => continue,
            _ => &mut late,
        };
        size.look(&trial.stage).await?;
        looks += 1;
    }
    trial.fact("length", format!("{} s, looked {looks} times", began.elapsed().as_secs()));
    for (name, early) in &early.0 {
        let late = late.0.get(name).copied().unwrap_or_default();
        trial.fact(
            &format!("{name}, first third and last"),
            format!(
                "{} and {} KiB, {} and {} descriptors, {} and {} series of metrics",
                early.kib, late.kib, early.open, late.open, early.series, late.series
            ),
        );
        trial.promise(late.kib <= early.kib + GROWTH_KIB, format!("the memory of {name} grew"));
        trial.promise(late.open <= early.open + MORE_OPEN, format!("{name} lost descriptors"));
        trial
            .promise(late.series <= early.series + early.series / 20, format!("{name} has ever more labels"));
    }
    trial.judge().await
}
