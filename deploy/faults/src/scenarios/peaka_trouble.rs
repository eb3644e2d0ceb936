use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    Error,
    audit::Excuse,
    link::Weather,
    load::Plan,
    record::{Event, What},
    settings::Settings,
    stage::{Layout, Stage},
    trial::{Findings, Trial},
};

/// Where it renews its tokens.
const TOKENS: &str = "/oauth2/token";
/// More than are met.
const MANY: u64 = 1_000_000;

/// A trouble that nobody has met yet goes on for so long.
const MET_WITHIN: Duration = Duration::from_secs(20);

/// What Peaka does, and where.
const TROUBLES: [(&str, &str); 9] = [
    ("slow", "/api/"),
    ("unavailable", "/api/"),
    ("internal", "/api/"),
    ("bad_gateway_html", "/api/"),
    ("reset", "/api/"),
    ("slow", TOKENS),
    ("unavailable", TOKENS),
    ("internal", TOKENS),
    ("bad_gateway_html", TOKENS),
];

/// Its tokens live for seconds here and its refresh tokens rotate, so that every session's credential is renewed again and
/// again in the midst of it. No session may end of it.
pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    let (mut trial, people) = Trial::quiet(settings, &Layout::default(), Plan::default()).await?;
    trial.stage.switch_peaka("options", json!({"access_token_seconds": 5})).await?;
    trial.stage.switch_peaka("expire", json!({})).await?;
    trial.work(people);
    let each = settings.pick(Duration::from_millis(700), Duration::from_secs(15));
    trial.go_on(each).await;
    let mut hits = Vec::new();
    trial.trouble_begins(Excuse { control: true, tools: true, ..Excuse::default() });
    for (fault, place) in TROUBLES {
        let before = renewals(&trial.stage).await?;
        let switch = json!({"fault": fault, "match": place, "times": MANY, "delay_ms": 1500});
        trial.stage.switch_peaka("faults", switch).await?;
        trial.go_on(each).await;
        let met = async |trial: &Trial| {
            let tried = renewals(&trial.stage).await?;
            let renewal =
                if fault == "slow" { tried.done > before.done } else { tried.failed > before.failed };
            Ok::<_, Error>((hit(&trial.stage).await?, place != TOKENS || renewal))
        };
        let (began, mut seen) = (Instant::now(), met(&trial).await?);
        while (seen.0 == 0 || !seen.1) && began.elapsed() < MET_WITHIN {
            trial.go_on(Duration::from_millis(50)).await;
            seen = met(&trial).await?;
        }
        hits.push(format!("{fault} at {place} {}", seen.0));
        let (some, renewal) = (seen.0 > 0, seen.1);
        trial.promise(some, format!("{fault} at {place} hit nobody: nothing was tested"));
        trial.promise(renewal, format!("no renewal met {fault} at {place}: nothing was tested"));
        trial.stage.http.delete(format!("{}/control/faults", trial.stage.peaka_url)).send().await?;
        trial.go_on(each / 3).await;
    }
    // An answer with a new refresh token that is lost on the way leaves nobody with a good one: that Peaka then refuses the
    // old one ends the session, and rightly so.
    trial.stage.switch_peaka("options", json!({"rotate_refresh_tokens": false})).await?;
    trial.go_on(Duration::from_secs(6)).await;
    for weather in [Weather::Blackhole, Weather::Reset] {
        let from = trial.record.now();
        trial.stage.to_peaka.weather(weather);
        trial.go_on(each).await;
        let failed = |event: &&Event| matches!(event.what, What::Called { .. }) && !event.reply.is_success();
        let failed = trial.since(from, failed, |events| events.len());
        hits.push(format!("{weather:?} {failed}"));
        trial.stage.to_peaka.weather(Weather::Reset);
        trial.stage.to_peaka.weather(Weather::Fair);
    }
    trial.trouble_ends(Duration::from_secs(5));
    trial.go_on(Duration::from_secs(6)).await;
    trial.fact("requests that met them", hits.join(", "));
    let Renewals { done, failed } = renewals(&trial.stage).await?;
    trial.fact("credentials renewed", format!("{done}, and {failed} times not"));
    trial.promise(done > 0, "no credential was renewed: nothing was tested");
    trial.fact("troubles", format!("{} of {:.1} s each", TROUBLES.len() + 2, each.as_secs_f64()));
    trial.judge().await
}

/// How often the gateways renewed a credential of Peaka's, and how often they could not.
#[derive(Clone, Copy, Debug, Default)]
struct Renewals {
    done: u64,
    failed: u64,
}

async fn renewals(stage: &Stage) -> Result<Renewals, Error> {
    let mut all = Renewals::default();
    for gateway in &stage.gateways {
        let metrics = gateway.metrics(&stage.http).await?;
        let of = |outcome| {
            let series = format!("gateway_credential_renewals_total{{outcome=\"{outcome}\"}}");
            metrics.get(&series).copied().unwrap_or_default() as u64
        };
        all.done += of("renewed");
        all.failed += of("outage");
    }
    Ok(all)
}

/// How many requests met the fault that waits.
async fn hit(stage: &Stage) -> Result<u64, Error> {
    let told = stage.http.get(format!("{}/control/faults", stage.peaka_url)).send().await?.bytes().await?;
    let told: Value = serde_json::from_slice(&told)?;
    // There is one at a time.
    Ok(told["faults"][0]["times"].as_u64().map_or(0, |left| MANY.saturating_sub(left)))
}
