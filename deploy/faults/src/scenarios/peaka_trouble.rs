use std::time::Duration;

use serde_json::json;

use crate::{
    Error,
    audit::Excuse,
    link::Weather,
    load::Plan,
    settings::Settings,
    stage::Layout,
    trial::{Findings, Trial},
};

/// What Peaka does, and where.
const TROUBLES: [(&str, &str); 9] = [
    ("slow", "/api/"),
    ("unavailable", "/api/"),
    ("internal", "/api/"),
    ("bad_gateway_html", "/api/"),
    ("reset", "/api/"),
    ("slow", "/oauth2/token"),
    ("unavailable", "/oauth2/token"),
    ("internal", "/oauth2/token"),
    ("bad_gateway_html", "/oauth2/token"),
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
    trial.trouble_begins(Excuse { control: true, tools: true, ..Excuse::default() });
    for (fault, place) in TROUBLES {
        let fault = json!({"fault": fault, "match": place, "times": 1_000_000, "delay_ms": 1500});
        trial.stage.switch_peaka("faults", fault).await?;
        trial.go_on(each).await;
        trial.stage.http.delete(format!("{}/control/faults", trial.stage.peaka_url)).send().await?;
        trial.go_on(each / 3).await;
    }
    // An answer with a new refresh token that is lost on the way leaves nobody with a good one: that Peaka then refuses the
    // old one ends the session, and rightly so.
    trial.stage.switch_peaka("options", json!({"rotate_refresh_tokens": false})).await?;
    trial.go_on(Duration::from_secs(6)).await;
    for weather in [Weather::Blackhole, Weather::Reset] {
        trial.stage.to_peaka.weather(weather);
        trial.go_on(each).await;
        trial.stage.to_peaka.weather(Weather::Reset);
        trial.stage.to_peaka.weather(Weather::Fair);
    }
    trial.trouble_ends(Duration::from_secs(5));
    trial.go_on(Duration::from_secs(6)).await;
    trial.fact("troubles", format!("{} of {:.1} s each", TROUBLES.len() + 2, each.as_secs_f64()));
    trial.judge().await
}
