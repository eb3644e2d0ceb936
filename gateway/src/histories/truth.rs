//! What the rows say, and what must hold of them at all times.

use std::collections::BTreeMap;

use sqlx::{AnyPool, Row as _};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SessionRow {
    pub(super) subject: String,
    pub(super) generation: i64,
    pub(super) revoked_at: Option<i64>,
    /// The earlier of its two ends.
    pub(super) ends_at: i64,
    credential_id: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AuthorizationRow {
    pub(super) stage: String,
    pub(super) session_id: Option<String>,
    pub(super) expires_at: i64,
    pub(super) attempts: i64,
}

/// The rows at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Truth {
    pub(super) sessions: BTreeMap<String, SessionRow>,
    /// By the hash of the code, or of the handle while there is none.
    pub(super) authorizations: BTreeMap<String, AuthorizationRow>,
    began: BTreeMap<String, i64>,
    credentials: Vec<String>,
}

impl Truth {
    pub(super) async fn read(rows: &AnyPool) -> Self {
        let sessions = sqlx::query(
            "SELECT id, subject, generation, revoked_at_ms, idle_expires_at_ms, expires_at_ms, credential_id FROM sessions",
        );
        let authorizations = sqlx::query(
            "SELECT COALESCE(code_hash, id_hash) AS name, stage, session_id, expires_at_ms, code_attempts \
             FROM authorizations",
        );
        let began = sqlx::query(
            "SELECT session_id, COUNT(*) AS times FROM audit_events WHERE kind = 'session_began' GROUP BY session_id",
        );
        let credentials = sqlx::query_scalar("SELECT id FROM credentials ORDER BY id");
        Self {
            sessions: (sessions.fetch_all(rows).await.unwrap().iter())
                .map(|row| {
                    let (idle, end): (i64, i64) = (row.get("idle_expires_at_ms"), row.get("expires_at_ms"));
                    let session = SessionRow {
                        subject: row.get("subject"),
                        generation: row.get("generation"),
                        revoked_at: row.get("revoked_at_ms"),
                        ends_at: idle.min(end),
                        credential_id: row.get("credential_id"),
                    };
                    (row.get("id"), session)
                })
                .collect(),
            authorizations: (authorizations.fetch_all(rows).await.unwrap().iter())
                .map(|row| {
                    let authorization = AuthorizationRow {
                        stage: row.get("stage"),
                        session_id: row.get("session_id"),
                        expires_at: row.get("expires_at_ms"),
                        attempts: row.get("code_attempts"),
                    };
                    (row.get("name"), authorization)
                })
                .collect(),
            began: (began.fetch_all(rows).await.unwrap().iter())
                .map(|row| (row.get("session_id"), row.get("times")))
                .collect(),
            credentials: credentials.fetch_all(rows).await.unwrap(),
        }
    }

    /// Nothing hangs in the air, whatever failed.
    pub(super) fn is_whole(&self) {
        for (id, session) in &self.sessions {
            let codes =
                self.authorizations.values().filter(|row| row.session_id.as_ref() == Some(id)).count();
            assert!(codes <= 1, "session {id} came of {codes} codes");
            assert_eq!(self.began.get(id), Some(&1), "session {id} began as often");
            assert!(self.credentials.contains(&session.credential_id), "session {id} has no credential");
        }
        for (name, authorization) in &self.authorizations {
            let exchanged = authorization.stage == "exchanged";
            assert_eq!(authorization.session_id.is_some(), exchanged, "authorization {name}");
            if let Some(id) = &authorization.session_id {
                assert!(self.sessions.contains_key(id), "code {name} was spent for no session");
            }
        }
    }

    /// What may become of the rows in one step that sweeps nothing.
    pub(super) fn follows(&self, before: &Self) {
        for (id, was) in &before.sessions {
            let is = self.sessions.get(id).unwrap_or_else(|| panic!("session {id} is gone"));
            assert!((0..=1).contains(&(is.generation - was.generation)), "{was:?} became {is:?}");
            if was.revoked_at.is_some() {
                assert_eq!(is, was, "an ended session changed");
            }
        }
        for (id, is) in self.sessions.iter().filter(|(id, _)| !before.sessions.contains_key(*id)) {
            assert_eq!(is.generation, 1, "{is:?}");
            let spent = self.authorizations.iter().find(|(_, row)| row.session_id.as_ref() == Some(id));
            let (name, _) = spent.unwrap_or_else(|| panic!("session {id} came of no code"));
            assert_eq!(before.authorizations[name].stage, "approved");
        }
    }
}
