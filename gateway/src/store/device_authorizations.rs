//! Table `device_authorizations` (RFC 8628): every step is one conditional update, so it is taken once however many
//! replicas try.

use std::time::Duration;

use shared::{assertion::Projects, clock::Timestamp, scope::Scopes};
use sqlx::Row as _;

use super::{
    FetchCommitted as _, Store, StoreError, audit,
    authorizations::{life_to_seconds, read_terms},
    projects_from_text, projects_to_text, sessions,
};
use crate::domain::{
    audit::Event,
    authorization::{Approval, AuthorizationRequest, SignedIn, Terms},
    grant::Grant,
    session::Session,
};

const TABLE: &str = "device_authorizations";
/// A device that asks too soon waits so much longer from then on (RFC 8628 §3.5).
const SLOWER: Duration = Duration::from_secs(5);

/// A device's request, and where it stands.
#[derive(Debug)]
pub struct DeviceAuthorization {
    /// By the hash of its device code.
    pub id_hash: String,
    /// The client that began it.
    pub client_id: String,
    /// Where it stands.
    pub stage: DeviceStage,
    /// When its codes end.
    pub expires_at: Timestamp,
}

/// Where a device's request stands.
#[derive(Debug)]
pub enum DeviceStage {
    /// Nobody has decided.
    Pending,
    /// A person allowed it.
    Approved(Box<DeviceApproval>),
    /// A person did not allow it.
    Denied,
    /// It became a session.
    Exchanged,
}

/// What a person allowed a device.
#[derive(Debug)]
pub struct DeviceApproval {
    /// What was asked.
    pub request: AuthorizationRequest,
    /// By whom it was allowed: Peaka's user id.
    pub subject: String,
    /// Their e-mail address.
    pub email: String,
    /// Their Peaka credential.
    pub credential_id: String,
    /// To do what.
    pub scopes: Scopes,
    /// Where.
    pub projects: Projects,
    /// For how long, and from where it was allowed.
    pub terms: Terms,
}

impl Store {
    /// Begins a device's request. `false` if there is one with this user code.
    pub async fn begin_device(
        &self,
        id_hash: &str,
        user_code_hash: &str,
        request: &AuthorizationRequest,
        interval: Duration,
        life: (Timestamp, Timestamp),
    ) -> Result<bool, StoreError> {
        let text = serde_json::to_string(request)
            .map_err(|_| StoreError::Corrupt { table: TABLE, what: "request" })?;
        let begun = sqlx::query(
            "INSERT INTO device_authorizations (id_hash, user_code_hash, stage, client_id, request, interval_ms, \
             created_at_ms, expires_at_ms) VALUES ($1, $2, 'pending', $3, $4, $5, $6, $7) \
             ON CONFLICT (user_code_hash) DO NOTHING RETURNING id_hash",
        )
        .bind(id_hash)
        .bind(user_code_hash)
        .bind(&request.client_id)
        .bind(text)
        .bind(i64::try_from(interval.as_millis()).unwrap_or(i64::MAX))
        .bind(life.0.millis())
        .bind(life.1.millis())
        .fetch_committed(&self.pool)
        .await?;
        Ok(begun.is_some())
    }

    /// What the device with this user code asks for, as long as nobody has decided.
    pub async fn device_by_user_code(
        &self,
        user_code_hash: &str,
        now: Timestamp,
    ) -> Result<Option<AuthorizationRequest>, StoreError> {
        let row = sqlx::query(
            "SELECT request FROM device_authorizations \
             WHERE user_code_hash = $1 AND stage = 'pending' AND expires_at_ms > $2",
        )
        .bind(user_code_hash)
        .bind(now.millis())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| request(row.try_get("request")?)).transpose()
    }

    /// A device's request by its device code.
    pub async fn device(&self, id_hash: &str) -> Result<Option<DeviceAuthorization>, StoreError> {
        let row = sqlx::query(
            "SELECT client_id, stage, request, subject, email, credential_id, scopes, projects, session_seconds, \
             device, expires_at_ms FROM device_authorizations WHERE id_hash = $1",
        )
        .bind(id_hash)
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            let stage: String = row.try_get("stage")?;
            let stage = match stage.as_str() {
                "pending" => DeviceStage::Pending,
                "denied" => DeviceStage::Denied,
                "exchanged" => DeviceStage::Exchanged,
                "approved" => {
                    let scopes: String = row.try_get("scopes")?;
                    DeviceStage::Approved(Box::new(DeviceApproval {
                        request: request(row.try_get("request")?)?,
                        subject: row.try_get("subject")?,
                        email: row.try_get("email")?,
                        credential_id: row.try_get("credential_id")?,
                        scopes: scopes
                            .parse()
                            .map_err(|_| StoreError::Corrupt { table: TABLE, what: "scopes" })?,
                        projects: projects_from_text(row.try_get("projects")?),
                        terms: read_terms(&row)?,
                    }))
                }
                _ => return Err(StoreError::Corrupt { table: TABLE, what: "stage" }),
            };
            Ok(DeviceAuthorization {
                id_hash: id_hash.to_owned(),
                client_id: row.try_get("client_id")?,
                stage,
                expires_at: Timestamp::from_millis(row.try_get("expires_at_ms")?),
            })
        })
        .transpose()
    }

    /// Notes that the device asked. `false` if it did so too soon; then it has to wait longer from now on.
    pub async fn poll_device(&self, id_hash: &str, now: Timestamp) -> Result<bool, StoreError> {
        let in_time = sqlx::query(
            "UPDATE device_authorizations SET polled_at_ms = $1 WHERE id_hash = $2 \
             AND (polled_at_ms IS NULL OR polled_at_ms + interval_ms <= $1) RETURNING id_hash",
        )
        .bind(now.millis())
        .bind(id_hash)
        .fetch_committed(&self.pool)
        .await?;
        if in_time.is_some() {
            return Ok(true);
        }
        sqlx::query(
            "UPDATE device_authorizations SET polled_at_ms = $1, interval_ms = interval_ms + $2 WHERE id_hash = $3",
        )
        .bind(now.millis())
        .bind(i64::try_from(SLOWER.as_millis()).unwrap_or(i64::MAX))
        .bind(id_hash)
        .execute(&self.pool)
        .await?;
        Ok(false)
    }

    /// Takes the consent to a device's request: its authorization in the browser ends with it, all or nothing. `false` if
    /// either was decided before, or the codes have ended.
    pub async fn decide_device(
        &self,
        signed_in: &SignedIn,
        id_hash: &str,
        approval: Option<&Approval>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let decided = sqlx::query(
            "UPDATE device_authorizations SET stage = $1, subject = $2, email = $3, credential_id = $4, scopes = $5, \
             projects = $6, session_seconds = $7, device = $8 \
             WHERE id_hash = $9 AND stage = 'pending' AND expires_at_ms > $10 RETURNING id_hash",
        )
        .bind(if approval.is_some() { "approved" } else { "denied" })
        .bind(&signed_in.person.subject)
        .bind(&signed_in.person.email)
        .bind(&signed_in.credential_id)
        .bind(approval.map(|approval| approval.scopes.to_string()))
        .bind(approval.and_then(|approval| projects_to_text(&approval.projects)))
        .bind(approval.and_then(|approval| life_to_seconds(&approval.terms)))
        .bind(approval.and_then(|approval| approval.terms.device.as_deref()))
        .bind(id_hash)
        .bind(now.millis())
        .fetch_committed(&mut *transaction)
        .await?;
        // The page is spent, too.
        let spent = sqlx::query(
            "UPDATE authorizations SET stage = 'denied' WHERE id_hash = $1 AND stage = 'signed_in' RETURNING id_hash",
        )
        .bind(&signed_in.id_hash)
        .fetch_committed(&mut *transaction)
        .await?;
        if decided.is_none() || spent.is_none() {
            transaction.rollback().await?;
            return Ok(false);
        }
        let (person, request) = (&signed_in.person, &signed_in.request);
        let event = match approval {
            Some(approval) => Event::ConsentGiven { person, request, scopes: approval.scopes },
            None => Event::ConsentDenied { person, request },
        };
        audit::commit_if(true, transaction, &event, now).await
    }

    /// Redeems a device code for a session and notes it, all or nothing. Of all who try at once one is let through.
    pub async fn redeem_device(
        &self,
        id_hash: &str,
        session: &Session,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let won = sqlx::query(
            "UPDATE device_authorizations SET stage = 'exchanged', session_id = $1 \
             WHERE id_hash = $2 AND stage = 'approved' AND expires_at_ms > $3 RETURNING device",
        )
        .bind(&session.id)
        .bind(id_hash)
        .bind(now.millis())
        .fetch_committed(&mut *transaction)
        .await?;
        let Some(row) = won else {
            transaction.rollback().await?;
            return Ok(false);
        };
        let device: Option<String> = row.try_get("device")?;
        sessions::insert(&mut transaction, session, device.as_deref(), now).await?;
        let event = Event::SessionBegan { session, grant: Grant::Device.as_str() };
        audit::commit_if(true, transaction, &event, now).await
    }
}

fn request(text: &str) -> Result<AuthorizationRequest, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt { table: TABLE, what: "request" })
}
