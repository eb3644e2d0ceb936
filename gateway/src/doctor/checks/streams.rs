//! Whether events leave when they are written. The gateway has an address that sends one, waits, and sends another.

use std::time::Duration;

use http::StatusCode;
use tokio::time::timeout;

use crate::doctor::{case::Case, fault::Fault};

/// The second event comes a second after the first, so this much of it is quiet unless something held the first back.
const QUIET: Duration = Duration::from_millis(300);
/// A busy machine can look like a buffer; not three times.
const TRIES: u8 = 3;

pub(in crate::doctor) async fn check(case: &mut Case<'_>) {
    for _ in 0..TRIES {
        if !held_back(case).await {
            return;
        }
    }
    case.find(Fault::StreamBuffered, "two events that were sent a second apart arrive together");
}

async fn held_back(case: &mut Case<'_>) -> bool {
    let request = case.get(&case.target.at("/probe/stream")).header("accept", "text/event-stream");
    let Ok(mut response) = request.send().await else { return false };
    // A gateway that has no such address yet, or somebody else's answer: other checks tell.
    if response.status() != StatusCode::OK {
        return false;
    }
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("text/event-stream") {
        let seen = format!("a stream of events is called “{kind}”");
        case.find(Fault::ContentType, seen);
        return false;
    }
    let Ok(Some(first)) = response.chunk().await else { return false };
    if first.windows(5).any(|word| word == b"ended") {
        return true;
    }
    // Nothing more may come for a while.
    timeout(QUIET, response.chunk()).await.is_ok()
}
