//! What the plain port says where https is served at the usual one.

use crate::doctor::{case::Case, fault::Fault, http::Answer};

pub(in crate::doctor) async fn check(case: &mut Case<'_>) {
    if !case.target.is_https() || case.target.url.port().is_some() {
        return;
    }
    let url = case.target.metadata().replacen("https://", "http://", 1);
    // Nobody there is as good as a redirect.
    let Ok(answer) = Answer::to(case.get(&url)).await else { return };
    if answer.status.is_success() {
        let seen = format!("http is answered {}", answer.told());
        case.find(Fault::PlainHttpAnswered, seen);
    }
}
