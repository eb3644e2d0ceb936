//! `gateway keys reseal`.

use std::{sync::Arc, time::Duration};

use gateway::{
    keys::Keys,
    resealing::{Moved, Pass, Resealing},
    store::Store,
};
use shared::clock::SystemClock;

use super::Failure;

/// How soon to ask again whether another replica is done.
const ASK_AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn run(store: Store, keys: Arc<Keys>, json: bool) -> Result<(), Failure> {
    let under_master = keys.reseal_under_newest_master().await?;
    let resealing = Resealing::new(store, keys, Arc::new(SystemClock))?;
    let due: i64 = resealing.outstanding().await?.iter().map(|(_, count)| count).sum();
    let mut pass = begin(&resealing, json).await?;
    let mut all = Moved::default();
    while let Some(moved) = pass.batch().await? {
        all += moved;
        tell(json, &format!("{} of {due} credential(s)", all.credentials));
    }
    pass.end().await?;
    let left = resealing.outstanding().await?;
    report(under_master, all, &left, json)?;
    if left.iter().any(|(_, count)| *count > 0) { Err(Failure::LeftSealed) } else { Ok(()) }
}

async fn begin(resealing: &Resealing, json: bool) -> Result<Pass<'_>, Failure> {
    let mut told = false;
    loop {
        if let Some(pass) = resealing.begin().await? {
            return Ok(pass);
        }
        if !told {
            tell(json, "a replica is at it; waiting for it");
            told = true;
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
}

/// Progress, which is no part of the answer.
#[expect(clippy::print_stderr, reason = "a command tells where it was called how far it is")]
fn tell(json: bool, progress: &str) {
    if !json {
        eprintln!("re-sealing: {progress}");
    }
}

fn report(under_master: u64, moved: Moved, left: &[(String, i64)], json: bool) -> Result<(), Failure> {
    if json {
        let left: serde_json::Map<_, _> =
            left.iter().map(|(key, count)| (key.clone(), (*count).into())).collect();
        let report = serde_json::json!({
            "keys": under_master, "credentials": moved.credentials, "unreadable": moved.unreadable, "left": left,
        });
        say!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(());
    }
    say!(
        "Put {under_master} key(s) under the newest master key: the older ones may leave GATEWAY_MASTER_KEYS."
    );
    say!("Re-sealed {} credential(s) under the sealing key in use.", moved.credentials);
    if moved.unreadable > 0 {
        say!(
            "{} credential(s) cannot be opened with any key; their sessions can only be ended.",
            moved.unreadable
        );
    }
    for (key, count) in left {
        say!("The key {key} seals {count} credential(s).");
    }
    Ok(())
}
