//! I5: the tables agree with themselves and with what was acknowledged.

use super::{Breach, Invariant};

/// What was counted in the database and in the record, when all was quiet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rows {
    /// Live sessions without the credential that they act with.
    pub sessions_without_credential: i64,
    /// Redeemed codes without the session that they began.
    pub codes_without_session: i64,
    /// Sessions that more than one code began.
    pub sessions_begun_twice: i64,
    /// Sessions without the event that tells of their beginning.
    pub sessions_unheard_of: i64,
    /// Live sessions.
    pub live: i64,
    /// Live sessions that the load knows of.
    pub acknowledged: i64,
    /// Codes that were presented, and what became of them the load was never told.
    pub in_doubt: i64,
}

/// Holds the counts against each other.
pub fn rows(rows: &Rows) -> Vec<Breach> {
    let nothing = [
        (rows.sessions_without_credential, "live sessions have no credential"),
        (rows.codes_without_session, "redeemed codes have no session"),
        (rows.sessions_begun_twice, "sessions were begun by two codes"),
        (rows.sessions_unheard_of, "sessions began without an audit event"),
    ];
    let mut breaches: Vec<Breach> = nothing
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| Breach::of(Invariant::I5, format!("{count} {what}")))
        .collect();
    if rows.live < rows.acknowledged {
        let seen = format!("{} sessions are live, {} were acknowledged", rows.live, rows.acknowledged);
        breaches.push(Breach::of(Invariant::I2, seen));
    }
    if rows.live > rows.acknowledged + rows.in_doubt {
        let seen = format!(
            "{} sessions are live, {} were acknowledged and {} can be in doubt",
            rows.live, rows.acknowledged, rows.in_doubt
        );
        breaches.push(Breach::of(Invariant::I5, seen));
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_agrees() {
        let counts = Rows { live: 7, acknowledged: 5, in_doubt: 2, ..Rows::default() };
        assert!(rows(&counts).is_empty());
    }

    #[test]
    fn what_does_not() {
        let lost = Rows { live: 4, acknowledged: 5, ..Rows::default() };
        assert_eq!(rows(&lost)[0].against, Invariant::I2);
        let too_many = Rows { live: 6, acknowledged: 5, ..Rows::default() };
        let orphan = Rows { codes_without_session: 1, ..Rows::default() };
        for counts in [too_many, orphan] {
            assert_eq!(rows(&counts)[0].against, Invariant::I5);
        }
    }
}
