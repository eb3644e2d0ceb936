//! Sessions that go on for as long as the same is asked for, in table `sessions`.

use shared::clock::Timestamp;

use super::{
    FetchCommitted as _, Store, StoreError, audit, projects_to_text,
    sessions::{columns, read},
};
use crate::domain::{audit::Event, session::Session};

/// What may be used once over all replicas, and until when it has to be remembered.
#[derive(Clone, Copy, Debug)]
pub struct Once<'a> {
    /// Its name.
    pub id_hash: &'a str,
    /// When nobody would take it any more.
    pub until: Timestamp,
}

/// What came of asking for a session.
#[derive(Debug)]
pub enum Reuse {
    /// The session.
    Session(Box<Session>),
    /// What may be used once was used before; nothing was changed.
    Replayed,
    /// The session was ended meanwhile; nothing was changed.
    Ended,
}

impl Store {
    /// The session that holds `reuse_key`, its idle time begun anew, if it is live and will be until `live_until`;
    /// otherwise `fresh`, which then holds the key. However many ask at once, one session comes of it. In the same
    /// transaction `once` is marked as used: a failure does not use it up, and nothing comes of it twice.
    pub async fn reuse_session(
        &self,
        fresh: &Session,
        reuse_key: &str,
        grant: &str,
        live_until: Timestamp,
        once: Option<Once<'_>>,
        now: Timestamp,
    ) -> Result<Reuse, StoreError> {
        let mut transaction = self.begin().await?;
        if let Some(once) = once {
            let first = sqlx::query(
                "INSERT INTO used_assertions (id_hash, expires_at_ms) VALUES ($1, $2) \
                 ON CONFLICT (id_hash) DO NOTHING RETURNING id_hash",
            )
            .bind(once.id_hash)
            .bind(once.until.millis())
            .fetch_committed(&mut *transaction)
            .await?;
            if first.is_none() {
                transaction.rollback().await?;
                return Ok(Reuse::Replayed);
            }
        }
        sqlx::query(
            "UPDATE sessions SET reuse_key = NULL WHERE reuse_key = $1 \
             AND (revoked_at_ms IS NOT NULL OR idle_expires_at_ms <= $2 OR expires_at_ms <= $3)",
        )
        .bind(reuse_key)
        .bind(now.millis())
        .bind(live_until.millis())
        .execute(&mut *transaction)
        .await?;
        let row = sqlx::query(concat!(
            "INSERT INTO sessions (id, subject, email, client_id, client_name, redirect_uri, scopes, projects, \
             resource, generation, credential_id, created_at_ms, refreshed_at_ms, idle_expires_at_ms, expires_at_ms, \
             reuse_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14, $15) \
             ON CONFLICT (reuse_key) DO UPDATE SET refreshed_at_ms = excluded.refreshed_at_ms, \
             idle_expires_at_ms = excluded.idle_expires_at_ms WHERE sessions.revoked_at_ms IS NULL RETURNING ",
            columns!()
        ))
        .bind(&fresh.id)
        .bind(&fresh.subject)
        .bind(&fresh.email)
        .bind(&fresh.client_id)
        .bind(&fresh.client_name)
        .bind(&fresh.redirect_uri)
        .bind(fresh.scopes.to_string())
        .bind(projects_to_text(&fresh.projects))
        .bind(&fresh.resource)
        .bind(i64::from(fresh.generation))
        .bind(&fresh.credential_id)
        .bind(now.millis())
        .bind(fresh.idle_expires_at.millis())
        .bind(fresh.expires_at.millis())
        .bind(reuse_key)
        .fetch_committed(&mut *transaction)
        .await?;
        let Some(session) = row.as_ref().map(read).transpose()? else {
            transaction.rollback().await?;
            return Ok(Reuse::Ended);
        };
        if session.id == fresh.id {
            let event = Event::SessionBegan { session: &session, grant };
            audit::commit_if(true, transaction, &event, now).await?;
        } else {
            transaction.commit().await?;
        }
        Ok(Reuse::Session(Box::new(session)))
    }
}
