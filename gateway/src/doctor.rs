//! `gateway doctor`: plays the well-known clients against a deployment, from outside, knowing nothing but its URL, and
//! names what would go wrong, for whom, and the cure. It sends no secret and leaves nothing behind but lines in the audit
//! log: a registration writes nothing, and the codes and tokens it shows were never given out.

mod case;
mod checks;
mod fault;
mod http;
mod players;
mod report;
mod target;
mod tls;

use std::time::Duration;

use shared::clock::Clock;

use self::{
    case::{Case, Findings},
    http::Http,
    players::PLAYERS,
};
pub use self::{
    fault::{Fault, Severity},
    http::Unusable,
    report::{Finding, Report},
    target::{NotATarget, Target},
};

/// How a deployment is asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long one answer may take.
    pub timeout: Duration,
    /// PEM certificates of authorities to trust besides those of this machine.
    pub authorities: Option<Vec<u8>>,
}

/// Why there is nothing to report.
#[derive(Debug, thiserror::Error)]
pub enum Unexamined {
    /// Nothing answers there.
    #[error("{url} cannot be reached: {reason}")]
    Unreachable {
        /// Where.
        url: String,
        /// What happened instead.
        reason: String,
    },
    /// The options make no client.
    #[error(transparent)]
    Unusable(#[from] Unusable),
}

/// Every check, in order: first what concerns all, then each client's whole way, as far as it gets.
///
/// # Errors
/// If nothing answers at all, or the options are of no use.
pub async fn examine(target: &Target, options: &Options, clock: &dyn Clock) -> Result<Report, Unexamined> {
    let http = Http::new(options)?;
    let mut findings = Findings::default();
    let everyone = Case::of_everyone(&http, target, &mut findings);
    let Some(mut everyone) = checks::connection::check(everyone, clock).await? else {
        return Ok(Report::of(target, findings));
    };
    checks::versions::check(&mut everyone, options).await?;
    checks::plain_http::check(&mut everyone).await;
    checks::well_known::check(&mut everyone).await;
    checks::streams::check(&mut everyone).await;
    for player in &PLAYERS {
        let mut case = Case::of(player, &http, target, &mut findings);
        if checks::agents::check(&mut case).await {
            play(&mut case).await;
        }
    }
    Ok(Report::of(target, findings))
}

/// A client's way from the first request to the token endpoint. What depends on a step that failed is not tried.
async fn play(case: &mut Case<'_>) {
    let named = checks::challenge::check(case).await;
    let Some(issuer) = checks::resource::check(case, named).await else { return };
    let Some(server) = checks::server::check(case, &issuer).await else { return };
    checks::pages::check(case, &server).await;
    let registered = checks::registration::check(case, &server).await;
    checks::document::check(case, &server).await;
    if let Some(client_id) = registered {
        checks::authorization::check(case, &server, &client_id).await;
        checks::token::check(case, &server, &client_id).await;
    }
}
