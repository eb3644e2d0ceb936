//! Whether anything answers there, the certificate, and the clock.

use std::time::Duration;

use http::header;
use reqwest::tls::TlsInfo;
use shared::clock::{Clock, Timestamp};

use crate::doctor::{
    Unexamined,
    case::Case,
    fault::Fault,
    http::{Answer, NoAnswer},
    tls,
};

/// Times that differ by more are a fault; the gateway itself bears half of it between its replicas.
const MOST_SKEW: Duration = Duration::from_secs(60);
/// A certificate that is renewed by itself has more than this left.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Goes on unless there is no use in it.
pub(in crate::doctor) async fn check<'a>(
    mut case: Case<'a>,
    clock: &dyn Clock,
) -> Result<Option<Case<'a>>, Unexamined> {
    if !case.target.is_https() && !case.target.is_loopback() {
        case.find(Fault::PlainHttp, format!("the URL is {}", case.target.resource));
    }
    let asked = clock.now();
    let response = match case.get(&case.target.metadata()).send().await {
        Ok(response) => response,
        Err(error) => match NoAnswer::of(&error) {
            NoAnswer::Tls(refused) => {
                case.find(refused.fault, refused.reason());
                return Ok(None);
            }
            other => {
                let (url, reason) = (case.target.origin.clone(), other.reason());
                return Err(Unexamined::Unreachable { url, reason });
            }
        },
    };
    let answered = clock.now();
    let certificate = response.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate);
    if let Some(end) = certificate.and_then(tls::not_after)
        && end < answered.plus(SOON)
    {
        let days = end.since(answered).as_secs() / (24 * 60 * 60);
        case.find(Fault::CertificateEndsSoon, format!("the certificate is good for {days} more day(s)"));
    }
    if let Ok(answer) = Answer::of(response).await
        && let Some(told) = tls::date(&answer.header(header::DATE))
    {
        let skew = skew(told, asked, answered);
        if skew > MOST_SKEW {
            let seen = format!("its clock and this machine's are {} seconds apart", skew.as_secs());
            case.find(Fault::ClockSkew, seen);
        }
    }
    Ok(Some(case))
}

/// How far a moment is from the time between two others.
fn skew(told: Timestamp, asked: Timestamp, answered: Timestamp) -> Duration {
    told.since(answered).max(asked.since(told))
}
