//! Whether Redis is used. Nobody notices that it is away, so that nobody would notice that it is never found again, either:
//! the gateways' own numbers have to tell.

use std::time::{Duration, Instant};

use crate::{Error, stage::Stage, trial::Trial};

/// In such a time no command may fail, and some must be answered.
const LOOK: Duration = Duration::from_secs(1);
/// Longer than a gateway and its subscription need to notice a silent connection, and to make another.
const FOUND_WITHIN: Duration = Duration::from_secs(10);

/// What the gateways did with Redis.
#[derive(Clone, Copy, Debug, Default)]
struct Use {
    connected: bool,
    answered: f64,
    failed: f64,
}

async fn uses(stage: &Stage) -> Result<Vec<Use>, Error> {
    let mut all = Vec::new();
    for gateway in &stage.gateways {
        let metrics = gateway.metrics(&stage.http).await?;
        let of = |series: &str| metrics.get(series).copied().unwrap_or_default();
        let commands = |outcome| of(&format!("gateway_redis_commands_total{{outcome=\"{outcome}\"}}"));
        let connected = |used| of(&format!("gateway_redis_connected{{use=\"{used}\"}}")) == 1.0;
        all.push(Use {
            connected: connected("commands") && connected("subscription"),
            answered: commands("answered"),
            failed: commands("refused") + commands("timeout") + commands("away"),
        });
    }
    Ok(all)
}

/// Commands that failed so far, at all gateways.
pub(super) async fn failed(stage: &Stage) -> Result<f64, Error> {
    Ok(uses(stage).await?.iter().map(|used| used.failed).sum())
}

/// Every gateway must be connected again, be answered, and no command must fail any more. Tells how long that took; the
/// load must go on meanwhile.
pub(super) async fn again(trial: &mut Trial, after: &str) -> Result<Duration, Error> {
    let (began, within) = (Instant::now(), trial.settings.within(FOUND_WITHIN));
    let mut before = uses(&trial.stage).await?;
    loop {
        let looked = began.elapsed();
        trial.go_on(LOOK).await;
        let now = uses(&trial.stage).await?;
        let fine = |(now, before): (&Use, &Use)| {
            now.connected && before.connected && now.answered > before.answered && now.failed <= before.failed
        };
        let not: Vec<usize> = (0..now.len()).filter(|n| !fine((&now[*n], &before[*n]))).collect();
        if not.is_empty() {
            return Ok(looked);
        }
        if looked > within {
            trial.promise(false, format!("{after}: Redis is not used by the gateways {not:?}: {now:?}"));
            return Ok(looked);
        }
        before = now;
    }
}
