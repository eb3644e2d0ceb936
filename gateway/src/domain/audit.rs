//! What is worth noting for those who answer for this server: the one place that knows the kinds of events. A new event is
//! a variant here and a line in [`Event::entry`].

use std::borrow::Cow;

use shared::scope::Scopes;

use super::{
    authorization::{AuthorizationRequest, Person},
    client::Client,
    session::{Because, Session},
};

/// A detail is not longer than this, in characters.
const MAX_DETAIL: usize = 200;
/// Of a client id that nobody vouches for, so much is noted. It still tells sealed ids apart.
const MAX_CLAIMED_ID: usize = 64;

/// The kinds of event that a person is told of; others are for operators.
pub const TOLD: [&str; 7] = [
    "session_began",
    "client_revoked",
    "person_ended",
    "operator",
    "credential_dead",
    "refresh_reused",
    "code_replayed",
];
/// Of these, the ones that mean that somebody had a copy of what was theirs alone.
pub const THEFTS: [&str; 2] = ["refresh_reused", "code_replayed"];

/// Something that happened. Never holds a secret.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A person signed in, to answer a client's request.
    SignedIn {
        /// Who.
        person: &'a Person,
        /// For which request.
        request: &'a AuthorizationRequest,
    },
    /// A person allowed a client something.
    ConsentGiven {
        /// Who.
        person: &'a Person,
        /// Asked by which request.
        request: &'a AuthorizationRequest,
        /// What.
        scopes: Scopes,
    },
    /// A person refused.
    ConsentDenied {
        /// Who.
        person: &'a Person,
        /// Which request.
        request: &'a AuthorizationRequest,
    },
    /// A session began, and with it its first tokens were issued.
    SessionBegan {
        /// Which.
        session: &'a Session,
        /// By which `grant_type`.
        grant: &'a str,
    },
    /// A session's tokens were renewed. Noted once a day for each session; the log has every one.
    Refreshed(&'a Session),
    /// A token was issued to a client in its own name: there is no session.
    TokenIssued {
        /// To whom.
        client: &'a Client,
        /// For whom it acts.
        subject: &'a str,
        /// By which `grant_type`.
        grant: &'a str,
        /// For what.
        scopes: Scopes,
    },
    /// A session was ended.
    SessionEnded {
        /// Which.
        session_id: &'a str,
        /// Whose.
        subject: &'a str,
        /// Of which client.
        client_id: &'a str,
        /// Its name.
        client_name: &'a str,
        /// By whom, or why.
        because: Because,
    },
    /// A key of a ring came into another state.
    KeyChanged {
        /// Which ring.
        ring: &'a str,
        /// The key's id.
        key: &'a str,
        /// Which state.
        state: &'a str,
    },
    /// An operator registered a client by command.
    ClientAdded {
        /// Which.
        client_id: &'a str,
        /// Its name, if its entry can be read.
        client_name: Option<&'a str>,
    },
    /// An operator removed such a client.
    ClientRemoved {
        /// Which.
        client_id: &'a str,
        /// Its name, if its entry can be read.
        client_name: Option<&'a str>,
    },
    /// A person let a client in again that they had kept out.
    ClientLetIn {
        /// Who.
        subject: &'a str,
        /// Which.
        client_id: &'a str,
        /// What it was called.
        client_name: &'a str,
    },
    /// Somebody was refused, `times` times within a minute. Strangers can cause as many as they like, so these come in
    /// aggregate.
    Refused {
        /// What was refused.
        refusal: Refusal,
        /// The client that was claimed.
        client_id: Option<&'a str>,
        /// How often.
        times: u64,
    },
}

/// What strangers are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// A sign-in that was not finished, or in another browser, or answered by somebody else than Peaka.
    SignIn,
    /// A client that is unknown or did not prove itself.
    Client,
    /// A code, refresh token or other grant that is dead or another's.
    Grant,
    /// A proof of possession that proves nothing, or none where there has to be one.
    Proof,
    /// An access token that is not one of ours.
    Token,
    /// A redirect URI that the client did not register.
    RedirectUri,
    /// A client that may not come here at all.
    Admission,
    /// A form that came from another site or browser.
    Form,
    /// Too many requests.
    Flood,
    /// An identity assertion at the internal token endpoint that is not one of ours.
    Assertion,
}

impl Refusal {
    /// The kind of its event.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in_failed",
            Self::Client => "client_refused",
            Self::Grant => "grant_refused",
            Self::Proof => "proof_refused",
            Self::Token => "token_forged",
            Self::RedirectUri => "redirect_uri_refused",
            Self::Admission => "admission_refused",
            Self::Form => "form_refused",
            Self::Flood => "limit_exceeded",
            Self::Assertion => "assertion_refused",
        }
    }
}

/// An event as it is written: small, and bounded in every part.
#[derive(Clone, Debug, Default)]
pub struct Entry<'a> {
    /// What happened.
    pub kind: &'static str,
    /// How it ended: `done` or `refused`.
    pub outcome: &'static str,
    /// To whom.
    pub subject: Option<&'a str>,
    /// Through which client.
    pub client_id: Option<Cow<'a, str>>,
    /// What that client calls itself.
    pub client_name: Option<&'a str>,
    /// In which session.
    pub session_id: Option<&'a str>,
    /// A few words more.
    pub detail: Option<String>,
}

impl<'a> Event<'a> {
    /// As it is written.
    pub fn entry(&self) -> Entry<'a> {
        match *self {
            Self::SignedIn { person, request } => of_request("signed_in", person, request),
            Self::ConsentGiven { person, request, scopes } => {
                Entry { detail: Some(scopes.to_string()), ..of_request("consent_given", person, request) }
            }
            Self::ConsentDenied { person, request } => {
                Entry { outcome: "refused", ..of_request("consent_denied", person, request) }
            }
            Self::SessionBegan { session, grant } => Entry {
                detail: said(&format!("{grant}: {}", session.scopes)),
                ..of_session("session_began", session)
            },
            Self::Refreshed(session) => of_session("refreshed", session),
            Self::TokenIssued { client, subject, grant, scopes } => Entry {
                subject: Some(subject),
                client_id: Some(client.id.as_str().into()),
                client_name: Some(&client.metadata.name),
                detail: said(&format!("{grant}: {scopes}")),
                ..done("token_issued")
            },
            Self::SessionEnded { session_id, subject, client_id, client_name, because } => Entry {
                subject: Some(subject),
                client_id: Some(client_id.into()),
                client_name: Some(client_name),
                session_id: Some(session_id),
                ..done(because.as_str())
            },
            Self::KeyChanged { ring, key, state } => {
                Entry { detail: said(&format!("{ring} {key} {state}")), ..done("key_changed") }
            }
            Self::ClientAdded { client_id, client_name } => {
                Entry { client_id: Some(client_id.into()), client_name, ..done("client_added") }
            }
            Self::ClientRemoved { client_id, client_name } => {
                Entry { client_id: Some(client_id.into()), client_name, ..done("client_removed") }
            }
            Self::ClientLetIn { subject, client_id, client_name } => Entry {
                subject: Some(subject),
                client_id: Some(client_id.into()),
                client_name: Some(client_name),
                ..done("client_let_in")
            },
            Self::Refused { refusal, client_id, times } => Entry {
                outcome: "refused",
                client_id: client_id.map(|id| clean(id, MAX_CLAIMED_ID).into()),
                detail: (times > 1).then(|| format!("{times} times")),
                ..done(refusal.as_str())
            },
        }
    }
}

fn done(kind: &'static str) -> Entry<'static> {
    Entry { kind, outcome: "done", ..Entry::default() }
}

fn of_request<'a>(kind: &'static str, person: &'a Person, request: &'a AuthorizationRequest) -> Entry<'a> {
    Entry {
        subject: Some(&person.subject),
        client_id: Some(request.client_id.as_str().into()),
        client_name: Some(&request.client.name),
        ..done(kind)
    }
}

fn of_session<'a>(kind: &'static str, session: &'a Session) -> Entry<'a> {
    Entry {
        subject: Some(&session.subject),
        client_id: Some(session.client_id.as_str().into()),
        client_name: Some(&session.client_name),
        session_id: Some(&session.id),
        ..done(kind)
    }
}

fn said(text: &str) -> Option<String> {
    Some(clean(text, MAX_DETAIL))
}

/// Nothing that could break a line of a log, and not too much of it.
fn clean(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_claim_is_bounded() {
        let long = format!("a\r\nb{}", "x".repeat(5000));
        let event = Event::Refused { refusal: Refusal::Client, client_id: Some(&long), times: 3 };
        let entry = event.entry();
        let id = entry.client_id.unwrap();
        assert!(id.starts_with("abx") && id.len() == MAX_CLAIMED_ID, "{id}");
        assert_eq!((entry.outcome, entry.detail.as_deref()), ("refused", Some("3 times")));
    }
}
