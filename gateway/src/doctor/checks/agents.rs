//! Whether this client's programs are let through at all, where a browser is.

use http::{Method, StatusCode, header};

use crate::doctor::{
    case::{Case, is_blocking},
    fault::Fault,
    http::Answer,
    players::BROWSER,
};

/// Whether it is of use to go on.
pub(in crate::doctor) async fn check(case: &mut Case<'_>) -> bool {
    let mut usual = None;
    let mut goes_on = true;
    for agent in [BROWSER].iter().chain(case.player().agents) {
        let request = case
            .http
            .client
            .request(Method::POST, &case.target.resource)
            .header(header::USER_AGENT, *agent)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .body("{}");
        let status = match Answer::to(request).await {
            Ok(answer) => Some(answer.status),
            Err(_) => None,
        };
        match &usual {
            None => usual = Some(status),
            // A browser that is not let through either is told of by the other checks.
            Some(Some(usual)) if is_refusal(*usual) => {}
            Some(Some(usual)) if status.is_none_or(|status| status != *usual && is_blocking(status)) => {
                let status = status.map_or("not at all".to_owned(), |status| status.as_u16().to_string());
                let seen = format!("“{agent}” is answered {status}, a browser {}", usual.as_u16());
                case.find(Fault::AgentBlocked, seen);
                goes_on &= *agent != case.player().agents[0];
            }
            Some(_) => {}
        }
    }
    goes_on
}

fn is_refusal(status: StatusCode) -> bool {
    status != StatusCode::UNAUTHORIZED && is_blocking(status)
}
