//! A session: what a person allowed a client, and the one refresh token generation that advances it.

use std::time::Duration;

use shared::{assertion::Projects, clock::Timestamp, scope::Scopes};

use super::dpop::Thumbprint;

/// A live or ended session.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its id, base64url of 16 random bytes.
    pub id: String,
    /// The person, by Peaka's user id.
    pub subject: String,
    /// The person's e-mail address when the session began.
    pub email: String,
    /// The client.
    pub client_id: String,
    /// What the client calls itself.
    pub client_name: String,
    /// Where the code was sent.
    pub redirect_uri: String,
    /// What it may do.
    pub scopes: Scopes,
    /// Where.
    pub projects: Projects,
    /// The canonical resource its tokens are for.
    pub resource: String,
    /// The generation of the newest refresh token; 0 if it has none.
    pub generation: u32,
    /// The key that its refresh tokens are bound to (RFC 9449 §5).
    pub key_thumbprint: Option<Thumbprint>,
    /// The Peaka credential it acts with.
    pub credential_id: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When its tokens were last renewed.
    pub refreshed_at: Timestamp,
    /// When it ends unless refreshed before.
    pub idle_expires_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// How long things live.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// Access tokens.
    pub access_token: Duration,
    /// A session that is not refreshed.
    pub session_idle: Duration,
    /// Any session.
    pub session: Duration,
}

impl Lifetimes {
    /// When a session that begins now ends at the latest: not later than its person said.
    pub fn end(&self, now: Timestamp, picked: Option<Duration>) -> Timestamp {
        now.plus(picked.map_or(self.session, |life| life.min(self.session)))
    }
}

/// No access token may live longer: ended sessions and old keys are remembered for so long.
pub const MAX_ACCESS_TOKEN_LIFETIME: Duration = Duration::from_secs(60 * 60);
/// From the request's page to the code.
pub const AUTHORIZATION_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// An authorization code (RFC 6749 §4.1.2 allows ten minutes).
pub const CODE_LIFETIME: Duration = Duration::from_secs(60);
/// A code is honoured for so much longer, as access tokens are: replicas' clocks may be off by half a minute each way, and
/// one that is ahead must not refuse what one that is behind has just made.
pub const CODE_LEEWAY: Duration = Duration::from_secs(30);
/// Tries with a wrong proof after which a code is burnt.
pub const MAX_CODE_ATTEMPTS: i64 = 5;

/// What the subject of a client that acts for itself begins with. No person's does: see the sign-in.
const MACHINE: &str = "client:";

/// The subject of a session that a client has for itself (RFC 9068 §2.2).
pub fn machine_subject(client_id: &str) -> String {
    format!("{MACHINE}{client_id}")
}

/// The client that a subject is, if it is no person.
pub fn machine_client(subject: &str) -> Option<&str> {
    subject.strip_prefix(MACHINE)
}

/// What a presented refresh generation means (design: races and lost answers are harmless).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// The newest: the session advances.
    Current,
    /// The one before, so the newest has never been used: its holder lost the answer or the race, and gets the newest.
    Previous,
    /// An older one: somebody copied it.
    Reused,
    /// One that was never issued.
    Unknown,
}

/// Judges a presented generation against the session's newest.
pub const fn judge(current: u32, presented: u32) -> Presented {
    if presented == 0 || presented > current {
        Presented::Unknown
    } else if presented == current {
        Presented::Current
    } else if presented + 1 == current {
        Presented::Previous
    } else {
        Presented::Reused
    }
}

/// Why a session was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// The client revoked a token of it (RFC 7009).
    ClientRevoked,
    /// An authorization code was presented a second time with its proof.
    CodeReplayed,
    /// An old refresh token was presented.
    RefreshReused,
    /// Peaka no longer honours the person's credential.
    CredentialDead,
    /// An operator ended it.
    Operator,
    /// Its person ended it.
    Person,
}

impl Because {
    /// The name in the store and the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientRevoked => "client_revoked",
            Self::CodeReplayed => "code_replayed",
            Self::RefreshReused => "refresh_reused",
            Self::CredentialDead => "credential_dead",
            Self::Operator => "operator",
            Self::Person => "person_ended",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations() {
        assert_eq!(judge(3, 3), Presented::Current);
        assert_eq!(judge(3, 2), Presented::Previous);
        assert_eq!(judge(3, 1), Presented::Reused);
        assert_eq!(judge(3, 4), Presented::Unknown);
        assert_eq!(judge(1, 0), Presented::Unknown);
        assert_eq!(judge(0, 0), Presented::Unknown);
        assert_eq!(judge(u32::MAX, u32::MAX - 2), Presented::Reused);
    }
}
