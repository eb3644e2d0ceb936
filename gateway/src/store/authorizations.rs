//! Table `authorizations`: every step is one conditional update, so it is taken once however many replicas try.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use shared::{assertion::Projects, clock::Timestamp};
use sqlx::{Row as _, any::AnyRow};

use super::{
    Browser, FetchCommitted as _, Store, StoreError, Which, audit, projects_from_text, projects_to_text,
    sessions,
};
use crate::domain::{
    audit::Event,
    authorization::{Approval, AuthorizationRequest, Coded, Person, Returned, SignedIn, Terms},
    session::Session,
};

const TABLE: &str = "authorizations";

impl Store {
    /// Begins an authorization whose person is sent to Peaka's sign-in. Until they return it goes by the hash of the
    /// `state` that went with them.
    pub async fn begin_authorization(
        &self,
        state_hash: &str,
        request: &AuthorizationRequest,
        browser_hash: &str,
        sealed_verifier: &SecretString,
        life: (Timestamp, Timestamp),
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO authorizations (id_hash, stage, request, browser_hash, login_verifier, \
             code_attempts, created_at_ms, expires_at_ms, client_id) \
             VALUES ($1, 'pending', $2, $3, $4, 0, $5, $6, $7)",
        )
        .bind(state_hash)
        .bind(write_request(request)?)
        .bind(browser_hash)
        .bind(sealed_verifier.expose_secret())
        .bind(life.0.millis())
        .bind(life.1.millis())
        .bind(&request.client_id)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Begins an authorization whose person is signed in to the gateway already.
    pub async fn begin_signed_in(
        &self,
        id_hash: &str,
        request: &AuthorizationRequest,
        browser_hash: &str,
        browser: &Browser,
        life: (Timestamp, Timestamp),
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO authorizations (id_hash, stage, request, browser_hash, subject, email, name, credential_id, \
             code_attempts, created_at_ms, expires_at_ms, client_id) \
             VALUES ($1, 'signed_in', $2, $3, $4, $5, $6, $7, 0, $8, $9, $10)",
        )
        .bind(id_hash)
        .bind(write_request(request)?)
        .bind(browser_hash)
        .bind(&browser.person.subject)
        .bind(&browser.person.email)
        .bind(browser.person.name.as_deref())
        .bind(&browser.credential_id)
        .bind(life.0.millis())
        .bind(life.1.millis())
        .bind(&request.client_id)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Takes the authorization that Peaka's answer belongs to. Its `state` is spent, whatever follows.
    pub async fn return_from_login(
        &self,
        state_hash: &str,
        now: Timestamp,
    ) -> Result<Option<Returned>, StoreError> {
        let row = sqlx::query(
            "UPDATE authorizations SET stage = 'returned' \
             WHERE id_hash = $1 AND stage = 'pending' AND expires_at_ms > $2 \
             RETURNING id_hash, browser_hash, login_verifier",
        )
        .bind(state_hash)
        .bind(now.millis())
        .fetch_committed(&self.pool)
        .await?;
        row.map(|row| {
            Ok(Returned {
                id_hash: row.try_get("id_hash")?,
                browser_hash: row.try_get("browser_hash")?,
                login_verifier: SecretString::from(row.try_get::<String, _>("login_verifier")?),
            })
        })
        .transpose()
    }

    /// Notes at `now` who signed in, and gives the authorization a new name: whoever knew the old one has nothing.
    /// `false` if the authorization is no longer waiting for it.
    pub async fn sign_in(
        &self,
        returned: Returned,
        id_hash: &str,
        browser: &Browser,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query(
            "UPDATE authorizations SET stage = 'signed_in', login_verifier = NULL, id_hash = $1, subject = $2, \
             email = $3, name = $4, credential_id = $5 WHERE id_hash = $6 AND stage = 'returned' RETURNING request",
        )
        .bind(id_hash)
        .bind(&browser.person.subject)
        .bind(&browser.person.email)
        .bind(browser.person.name.as_deref())
        .bind(&browser.credential_id)
        .bind(&returned.id_hash)
        .fetch_committed(&mut *transaction)
        .await?;
        let Some(row) = done else { return Ok(false) };
        let request = read_request(&row)?;
        let event = Event::SignedIn { person: &browser.person, request: &request };
        audit::commit_if(true, transaction, &event, now).await
    }

    /// The authorization that this browser's person is asked to consent to.
    pub async fn signed_in(
        &self,
        id_hash: &str,
        browser_hash: &str,
        now: Timestamp,
    ) -> Result<Option<SignedIn>, StoreError> {
        let row = sqlx::query(
            "SELECT request, subject, email, name, credential_id FROM authorizations \
             WHERE id_hash = $1 AND browser_hash = $2 AND stage = 'signed_in' AND expires_at_ms > $3",
        )
        .bind(id_hash)
        .bind(browser_hash)
        .bind(now.millis())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            Ok(SignedIn {
                id_hash: id_hash.to_owned(),
                request: read_request(&row)?,
                person: read_person(&row)?,
                credential_id: row.try_get("credential_id")?,
            })
        })
        .transpose()
    }

    /// Sends the authorization back to Peaka's sign-in, for somebody else to answer it. `false` if it was answered.
    pub async fn sign_in_again(
        &self,
        signed_in: &SignedIn,
        state_hash: &str,
        sealed_verifier: &SecretString,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE authorizations SET stage = 'pending', id_hash = $1, login_verifier = $2, subject = NULL, \
             email = NULL, name = NULL, credential_id = NULL WHERE id_hash = $3 AND stage = 'signed_in' \
             RETURNING id_hash",
        )
        .bind(state_hash)
        .bind(sealed_verifier.expose_secret())
        .bind(&signed_in.id_hash)
        .fetch_committed(&self.pool)
        .await?;
        Ok(done.is_some())
    }

    /// Takes the consent and puts a code with this life, from now on, in its place. `false` if it was taken or refused before.
    pub async fn approve(
        &self,
        signed_in: &SignedIn,
        approval: &Approval,
        code_hash: &str,
        code_life: (Timestamp, Timestamp),
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query(
            "UPDATE authorizations SET stage = 'approved', scopes = $1, projects = $2, code_hash = $3, \
             expires_at_ms = $4, session_seconds = $5, device = $6 WHERE id_hash = $7 AND stage = 'signed_in' RETURNING id_hash",
        )
        .bind(approval.scopes.to_string())
        .bind(projects_to_text(&approval.projects))
        .bind(code_hash)
        .bind(code_life.1.millis())
        .bind(life_to_seconds(&approval.terms))
        .bind(approval.terms.device.as_deref())
        .bind(&signed_in.id_hash)
        .fetch_committed(&mut *transaction)
        .await?;
        let event = Event::ConsentGiven {
            person: &signed_in.person,
            request: &signed_in.request,
            scopes: approval.scopes,
        };
        audit::commit_if(done.is_some(), transaction, &event, code_life.0).await
    }

    /// Takes the refusal. `false` if consent was given or refused before.
    pub async fn deny(&self, signed_in: &SignedIn, now: Timestamp) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query(
            "UPDATE authorizations SET stage = 'denied' WHERE id_hash = $1 AND stage = 'signed_in' RETURNING id_hash",
        )
        .bind(&signed_in.id_hash)
        .fetch_committed(&mut *transaction)
        .await?;
        let event = Event::ConsentDenied { person: &signed_in.person, request: &signed_in.request };
        audit::commit_if(done.is_some(), transaction, &event, now).await
    }

    /// Drops what could still become a session: answered, unanswered and remembered consents, and, of people, their
    /// sign-ins here.
    pub async fn discard_unfinished(&self, which: Which<'_>) -> Result<(), StoreError> {
        self.forget_consents(which).await?;
        let statements: &[&'static str] = match which {
            Which::Session(_) | Which::Credential(_) => &[],
            Which::Person(_) => &[
                "DELETE FROM authorizations WHERE (subject = $1 OR email = $1) AND stage IN ('signed_in', 'approved')",
                "DELETE FROM device_authorizations WHERE (subject = $1 OR email = $1) AND stage = 'approved'",
                "DELETE FROM browsers WHERE subject = $1 OR email = $1",
            ],
            Which::Subject(_) => &[
                "DELETE FROM authorizations WHERE subject = $1 AND stage IN ('signed_in', 'approved')",
                "DELETE FROM device_authorizations WHERE subject = $1 AND stage = 'approved'",
            ],
            Which::Client(_) => &[
                "DELETE FROM authorizations WHERE client_id = $1 AND stage IN ('signed_in', 'approved')",
                "DELETE FROM device_authorizations WHERE client_id = $1 AND stage IN ('pending', 'approved')",
            ],
            Which::All => &[
                "DELETE FROM authorizations WHERE $1 = '' AND stage IN ('signed_in', 'approved')",
                "DELETE FROM device_authorizations WHERE $1 = '' AND stage IN ('pending', 'approved')",
                "DELETE FROM browsers WHERE $1 = ''",
            ],
        };
        for statement in statements {
            sqlx::query(*statement).bind(which.value()).execute(&self.pool).await?;
        }
        Ok(())
    }

    /// What a code was issued for, redeemed or not.
    pub async fn coded(&self, code_hash: &str) -> Result<Option<Coded>, StoreError> {
        let row = sqlx::query(
            "SELECT id_hash, request, subject, email, name, credential_id, scopes, projects, session_seconds, device, \
             expires_at_ms, code_attempts, session_id FROM authorizations WHERE code_hash = $1",
        )
        .bind(code_hash)
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            let scopes: String = row.try_get("scopes")?;
            Ok(Coded {
                id_hash: row.try_get("id_hash")?,
                request: read_request(&row)?,
                person: read_person(&row)?,
                credential_id: row.try_get("credential_id")?,
                approval: Approval {
                    scopes: scopes
                        .parse()
                        .map_err(|_| StoreError::Corrupt { table: TABLE, what: "scopes" })?,
                    projects: read_projects(&row)?,
                    terms: read_terms(&row)?,
                },
                expires_at: Timestamp::from_millis(row.try_get("expires_at_ms")?),
                failed_attempts: row.try_get("code_attempts")?,
                session_id: row.try_get("session_id")?,
            })
        })
        .transpose()
    }

    /// Counts a presentation of a code with a wrong proof.
    pub async fn count_failed_attempt(&self, id_hash: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE authorizations SET code_attempts = code_attempts + 1 WHERE id_hash = $1")
            .bind(id_hash)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Redeems a code for a session and notes it, all or nothing: a code must not be spent on an answer that is never
    /// given. The conditional update comes first: of all who try at once it lets one through.
    /// `false`: somebody else was faster.
    pub async fn redeem(&self, coded: &Coded, session: &Session, now: Timestamp) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let won = sqlx::query(
            "UPDATE authorizations SET stage = 'exchanged', session_id = $1 \
             WHERE id_hash = $2 AND stage = 'approved' AND expires_at_ms > $3 RETURNING id_hash",
        )
        .bind(&session.id)
        .bind(&coded.id_hash)
        .bind(now.millis())
        .fetch_committed(&mut *transaction)
        .await?;
        if won.is_none() {
            transaction.rollback().await?;
            return Ok(false);
        }
        sessions::insert(&mut transaction, session, coded.approval.terms.device.as_deref(), now).await?;
        let event = Event::SessionBegan { session, grant: "authorization_code" };
        audit::commit_if(true, transaction, &event, now).await
    }
}

fn write_request(request: &AuthorizationRequest) -> Result<String, StoreError> {
    serde_json::to_string(request).map_err(|_| StoreError::Corrupt { table: TABLE, what: "request" })
}

fn read_request(row: &AnyRow) -> Result<AuthorizationRequest, StoreError> {
    serde_json::from_str(row.try_get("request")?)
        .map_err(|_| StoreError::Corrupt { table: TABLE, what: "request" })
}

fn read_person(row: &AnyRow) -> Result<Person, StoreError> {
    Ok(Person { subject: row.try_get("subject")?, email: row.try_get("email")?, name: row.try_get("name")? })
}

pub(super) fn life_to_seconds(terms: &Terms) -> Option<i64> {
    terms.life.and_then(|life| i64::try_from(life.as_secs()).ok())
}

pub(super) fn read_terms(row: &AnyRow) -> Result<Terms, StoreError> {
    let seconds: Option<i64> = row.try_get("session_seconds")?;
    Ok(Terms {
        life: seconds.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs),
        device: row.try_get("device")?,
    })
}

fn read_projects(row: &AnyRow) -> Result<Projects, StoreError> {
    Ok(projects_from_text(row.try_get("projects")?))
}
