//! `gateway audit`.

use std::{
    collections::HashSet,
    io::{IsTerminal as _, Write as _},
    time::Duration,
};

use chrono::{DateTime, NaiveDate};
use clap::{Args, Subcommand};
use gateway::store::{AuditFilter, AuditRow, Store};
use serde_json::{Map, Value};
use shared::clock::Timestamp;

use super::{Failure, now, open, table};

/// Events read at a time.
const PAGE: u32 = 500;
/// How often `--follow` looks.
const LOOK: Duration = Duration::from_secs(1);
/// `--follow` looks back by so much: an event is dated before it is committed, and replicas' clocks differ.
const LOOK_BACK: Duration = Duration::from_secs(120);

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show the newest events, oldest of them first.
    Tail {
        #[command(flatten)]
        which: Selection,
        /// Go on with those that come.
        #[arg(long, short)]
        follow: bool,
        /// How many at most to begin with.
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// A JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Write all events, oldest first, as one JSON object a line.
    Export {
        #[command(flatten)]
        which: Selection,
        /// Before: a date, a moment as RFC 3339, or an age such as 90m, 24h or 7d.
        #[arg(long, value_parser = moment)]
        until: Option<Timestamp>,
    },
}

/// Which events.
#[derive(Debug, Args)]
pub(super) struct Selection {
    /// Those of a person, by Peaka's user id, or by the e-mail address of a session that is still known.
    #[arg(long, default_value = "", hide_default_value = true)]
    person: String,
    /// Those of a client, by its client id.
    #[arg(long, default_value = "", hide_default_value = true)]
    client: String,
    /// Those of a session, by its id.
    #[arg(long, default_value = "", hide_default_value = true)]
    session: String,
    /// Those of a kind, such as session_began.
    #[arg(long, default_value = "", hide_default_value = true)]
    kind: String,
    /// Since: a date, a moment as RFC 3339, or an age such as 90m, 24h or 7d.
    #[arg(long, value_parser = moment)]
    since: Option<Timestamp>,
}

impl Selection {
    fn filter(&self) -> AuditFilter<'_> {
        AuditFilter {
            person: &self.person,
            client: &self.client,
            session: &self.session,
            kind: &self.kind,
            since: self.since,
            until: None,
        }
    }
}

impl Command {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (store, _) = open().await?;
        match self {
            Self::Tail { which, follow, limit, json } => {
                // Before the first are shown: what comes meanwhile is then shown with them, or after them.
                let before = if follow { recent(&store, &which).await? } else { Vec::new() };
                let mut rows = store.audit_newest(&which.filter(), limit).await?;
                rows.reverse();
                print(&rows, json)?;
                if !follow {
                    return Ok(());
                }
                let known = before.into_iter().chain(rows).map(|row| row.id).collect();
                follow_on(&store, &which, known, json).await
            }
            Self::Export { which, until } => {
                let filter = AuditFilter { until, ..which.filter() };
                let mut last: Option<AuditRow> = None;
                let mut written = 0;
                loop {
                    let after = last.as_ref().map(|row| (row.at, row.id.as_str()));
                    let rows = store.audit_page(&filter, after, PAGE).await?;
                    print(&rows, true)?;
                    written += rows.len();
                    progress(written);
                    last = rows.into_iter().next_back();
                    if last.is_none() {
                        return Ok(());
                    }
                }
            }
        }
    }
}

/// The events of the time that `--follow` looks back.
async fn recent(store: &Store, which: &Selection) -> Result<Vec<AuditRow>, Failure> {
    let since = now().minus(LOOK_BACK);
    let since = which.since.map_or(since, |asked| asked.max(since));
    let filter = AuditFilter { since: Some(since), ..which.filter() };
    let mut all: Vec<AuditRow> = Vec::new();
    loop {
        let after = all.last().map(|row| (row.at, row.id.as_str()));
        let rows = store.audit_page(&filter, after, PAGE).await?;
        if rows.is_empty() {
            return Ok(all);
        }
        all.extend(rows);
    }
}

/// Shows what comes. `known` are the events that were there before.
async fn follow_on(
    store: &Store,
    which: &Selection,
    mut known: HashSet<String>,
    json: bool,
) -> Result<(), Failure> {
    loop {
        tokio::time::sleep(LOOK).await;
        let rows = recent(store, which).await?;
        let seen = rows.iter().map(|row| row.id.clone()).collect();
        let fresh: Vec<AuditRow> = rows.into_iter().filter(|row| !known.contains(&row.id)).collect();
        print(&fresh, json)?;
        known = seen;
    }
}

/// How far an export is, for a person who waits for it: events are no part of what they see if they go to a file.
#[expect(clippy::print_stderr, reason = "a command tells where it was called how far it is")]
fn progress(written: usize) {
    let (out, err) = (std::io::stdout(), std::io::stderr());
    if !out.is_terminal() && err.is_terminal() {
        eprintln!("exporting: {written} event(s)");
    }
}

/// Each row on a line. Nobody reading any more is an ordinary end.
fn print(rows: &[AuditRow], json: bool) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for row in rows {
        if json {
            writeln!(out, "{}", Value::Object(object(row)))?;
        } else {
            writeln!(out, "{}", line(row))?;
        }
    }
    Ok(out.flush()?)
}

fn fields(row: &AuditRow) -> [(&'static str, Option<&str>); 8] {
    [
        ("kind", Some(&row.kind)),
        ("outcome", row.outcome.as_deref()),
        ("person", row.subject.as_deref()),
        ("client", row.client_name.as_deref()),
        ("client_id", row.client_id.as_deref()),
        ("session", row.session_id.as_deref()),
        ("from", row.origin.as_deref()),
        ("detail", row.detail.as_deref()),
    ]
}

fn object(row: &AuditRow) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("at".to_owned(), table::moment(row.at).into());
    object.insert("at_ms".to_owned(), row.at.millis().into());
    object.insert("id".to_owned(), row.id.as_str().into());
    for (name, value) in fields(row) {
        if let Some(value) = value {
            object.insert(name.to_owned(), value.into());
        }
    }
    object
}

fn line(row: &AuditRow) -> String {
    let mut line = format!("{}  {:<20}", table::moment(row.at), row.kind);
    // The id of a client is long, and its name says enough here.
    for (name, value) in fields(row).into_iter().skip(1).filter(|(name, _)| *name != "client_id") {
        if let Some(value) = value {
            line.push_str(&format!("  {name}={value:?}"));
        }
    }
    line
}

/// A date, a moment as RFC 3339, or how long ago.
fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Ok(Timestamp::from_millis(moment.timestamp_millis()));
    }
    if let Some(midnight) = text.parse::<NaiveDate>().ok().and_then(|date| date.and_hms_opt(0, 0, 0)) {
        return Ok(Timestamp::from_millis(midnight.and_utc().timestamp_millis()));
    }
    let unit = |c| match c {
        'm' => Some(60),
        'h' => Some(60 * 60),
        'd' => Some(24 * 60 * 60),
        _ => None,
    };
    text.chars()
        .last()
        .and_then(unit)
        .zip(text.get(..text.len().saturating_sub(1)).and_then(|number| number.parse::<u64>().ok()))
        .map(|(unit, number)| now().minus(Duration::from_secs(unit * number.min(1_000_000))))
        .ok_or_else(|| {
            "write a date (2026-11-23), a moment (2026-11-23T17:00:00Z) or an age (90m, 24h, 7d)".to_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_three_ways() {
        let at = |text| moment(text).unwrap();
        assert_eq!(at("2026-11-23"), at("2026-11-23T00:00:00Z"));
        assert_eq!(at("2026-11-23T03:00:00+03:00"), at("2026-11-23"));
        assert!(at("7d") < at("24h") && at("24h") < at("90m"));
        for wrong in ["", "d", "7", "7w", "-1d", "yesterday", "2026-13-01", "é"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
