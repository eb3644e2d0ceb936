//! What the benchmarks present to a gateway: tokens of as many sessions as they want, signed with that gateway's own keys.
//! It is configured as the gateway is.
//!
//! `bench-tokens access COUNT [SESSIONS]` prints a line for each access token: the token, a blank, its subject. Each is of a
//! session of its own, or all of so many sessions, in turn. `bench-tokens refresh COUNT` prints as many refresh tokens with
//! the ids of their sessions, whose rows are the caller's to make. `bench-tokens identity COUNT SESSION SUBJECT CLIENT`
//! prints identity assertions of one session.

use std::{
    error::Error,
    io::{BufWriter, Write as _, stdout},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use gateway::{
    Config,
    domain::{issuer::Issuer, secret::random_text},
    keys::Keys,
    store::Store,
};
use serde_json::json;
use shared::{
    assertion::{Identity, Minter, Projects},
    clock::{Clock as _, SystemClock, Timestamp},
    env::Env,
    scope::Scopes,
};

/// A self-registered client's id is about so long, and with it a token about 700 bytes.
const CLIENT: &str = "pkm_client_bench-bench-bench-bench-bench-bench-bench-bench-bench-bench-bench-bench-bench-bench\
     -bench-bench-bench-bench-bench-bench-bench";
const SCOPES: &str = "peaka:read peaka:query peaka:write";
const LIFETIME: Duration = Duration::from_secs(3600);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let Config { storage, network, .. } = Config::read(Env::of_process())?;
    let issuer = network.issuer;
    let now = SystemClock.now();
    let keys = Keys::open(Store::connect(&storage.store).await?, storage.master_keys, now).await?;
    let mut out = BufWriter::new(stdout().lock());
    match arguments.as_slice() {
        ["access", count, sessions @ ..] => {
            let sessions: u64 = sessions.first().unwrap_or(count).parse()?;
            for index in 0..count.parse()? {
                let subject = format!("d0d3c83f-29ed-4f2e-899d-{:012x}", index % sessions);
                let token = access_token(&keys, &issuer, &subject, session_id(index % sessions), now)?;
                writeln!(out, "{token} {subject}")?;
            }
        }
        ["refresh", count] => {
            for index in 0..count.parse()? {
                let token = keys.refresh_token(session(index), 1).ok_or("no key derives refresh tokens")?;
                writeln!(out, "{} {}", token.encode(), session_id(index))?;
            }
        }
        ["identity", count, session_id, subject, client_id] => {
            let identity = Identity {
                subject: (*subject).to_owned(),
                session_id: (*session_id).to_owned(),
                client_id: (*client_id).to_owned(),
                scopes: SCOPES.split(' ').map(str::parse).collect::<Result<Scopes, _>>()?,
                projects: Projects::All,
            };
            for index in 0..count.parse::<u32>()? {
                let assertion = keys.identity(|ring| {
                    Minter { key: ring.active(), issuer: issuer.as_str() }.mint(
                        &identity,
                        now,
                        format!("bench-{index}"),
                    )
                })?;
                writeln!(out, "{assertion}")?;
            }
        }
        _ => return Err("usage: bench-tokens access|refresh|identity COUNT …".into()),
    }
    Ok(out.flush()?)
}

fn session(index: u64) -> [u8; 16] {
    let mut id = [0xbe; 16];
    id[8..].copy_from_slice(&index.to_be_bytes());
    id
}

fn session_id(index: u64) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(session(index))
}

fn access_token(
    keys: &Keys,
    issuer: &Issuer,
    subject: &str,
    session_id: String,
    now: Timestamp,
) -> Result<String, Box<dyn Error>> {
    let claims = json!({
        "iss": issuer.as_str(),
        "sub": subject,
        "aud": issuer.resource(),
        "client_id": CLIENT,
        "sid": session_id,
        "scope": SCOPES,
        "jti": random_text()?,
        "iat": now.seconds(),
        "exp": now.plus(LIFETIME).seconds(),
    });
    Ok(keys.access(|ring| ring.active().sign("at+jwt", &claims))?)
}
