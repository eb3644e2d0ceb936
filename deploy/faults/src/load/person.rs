//! A person with a client: some sessions, and what is done with them, one thing after another.

use std::{collections::VecDeque, sync::Arc};

use serde_json::Value;
use standin::demo;

use super::{
    Shared,
    browser::{Browser, REDIRECT_URI, VERIFIER, Walk},
    call,
    wire::{Answer, Wire},
};
use crate::{
    chance::Chance,
    record::{Call, Event, Micros, Reply, Says, What, mark},
};

/// Ended sessions that are tried again.
const ENDED: usize = 20;
/// An access token with less time left is refreshed first, in microseconds.
const SPARE: Micros = 5_000_000;

/// A session, as its client knows it.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) number: u32,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    pub(crate) valid_until: Micros,
    /// Its end was asked for and is not acknowledged yet.
    pub(crate) ending: bool,
}

/// A person.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) number: u16,
    pub(crate) wire: Wire,
    pub(crate) sessions: Vec<Session>,
    pub(crate) ended: VecDeque<Session>,
    /// Codes that were presented, and no answer said what became of them.
    pub(crate) in_doubt: i64,
    pub(super) chance: Chance,
    who: &'static demo::Person,
    browser: Browser,
    client_id: Option<String>,
    shared: Arc<Shared>,
}

impl Person {
    pub(super) fn new(number: u16, wire: Wire, chance: Chance, shared: Arc<Shared>) -> Option<Self> {
        let who = demo::crowd().get(usize::from(number))?;
        Some(Self {
            number,
            wire,
            chance,
            shared,
            who,
            sessions: Vec::new(),
            ended: VecDeque::new(),
            in_doubt: 0,
            browser: Browser::default(),
            client_id: None,
        })
    }

    /// One session more, if all goes well.
    pub(crate) async fn begin(&mut self) -> bool {
        let Some(client_id) = self.registered().await else { return false };
        let record = Arc::clone(&self.shared.record);
        let mut walk = Walk {
            wire: &mut self.wire,
            record: &record,
            person: self.number,
            who: self.who,
            client_id: &client_id,
        };
        let Some(code) = self.browser.code(&mut walk).await else { return false };
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("client_id", &client_id),
            ("code_verifier", VERIFIER),
            ("redirect_uri", REDIRECT_URI),
        ];
        // A client that hears nothing asks again.
        for _ in 0..3 {
            let from = record.now();
            let answer = self.post("/oauth/token", &form).await;
            let tokens = tokens(answer.as_ref());
            let reply = reply(answer.as_ref());
            let number = if tokens.is_some() { self.shared.next_session() } else { 0 };
            self.add(from, number, What::Redeemed { code: mark(&code) }, reply);
            if let Some((access_token, refresh_token, seconds)) = tokens {
                let valid_until = from + seconds * 1_000_000;
                self.keep_secrets(&access_token, &refresh_token);
                self.sessions.push(Session {
                    number,
                    access_token,
                    refresh_token,
                    valid_until,
                    ending: false,
                });
                return true;
            }
            if reply.status != 0 && reply.status != 503 {
                break;
            }
        }
        self.in_doubt += 1;
        false
    }

    /// Calls the resource in a session.
    pub(crate) async fn call(&mut self, at: usize, call: Call) -> Reply {
        if self.sessions[at].valid_until < self.shared.record.now() + SPARE {
            let refreshed = self.refresh(at).await;
            if !refreshed.is_success() {
                return refreshed;
            }
        }
        let session = self.sessions[at].clone();
        let reply = self.knock(&session, call).await;
        if reply.status == 401 {
            // Whether it may be is the audit's to judge.
            self.sessions.swap_remove(at);
        }
        reply
    }

    /// Calls the resource with a session's token, whatever is known of it.
    pub(crate) async fn knock(&mut self, session: &Session, call: Call) -> Reply {
        let from = self.shared.record.now();
        let called = call::call(&mut self.wire, call, &session.access_token).await;
        let what = What::Called { call, valid_until: session.valid_until, about: called.about };
        self.add(from, session.number, what, called.reply);
        called.reply
    }

    /// Trades the refresh token in. One that is not answered is presented again the next time.
    pub(crate) async fn refresh(&mut self, at: usize) -> Reply {
        let presented = self.sessions[at].refresh_token.clone();
        let (number, from) = (self.sessions[at].number, self.shared.record.now());
        let answer = self.present(&presented).await;
        let (tokens, reply) = (tokens(answer.as_ref()), reply(answer.as_ref()));
        let successor = tokens.as_ref().map(|(_, refresh_token, _)| mark(refresh_token));
        self.add(from, number, What::Refreshed { presented: mark(&presented), successor }, reply);
        if let Some((access_token, refresh_token, seconds)) = tokens {
            self.keep_secrets(&access_token, &refresh_token);
            let session = &mut self.sessions[at];
            session.valid_until = from + seconds * 1_000_000;
            (session.access_token, session.refresh_token) = (access_token, refresh_token);
        } else if reply.is_dead_grant() {
            self.sessions.swap_remove(at);
        }
        reply
    }

    /// Presents the refresh token of a session that is over.
    pub(crate) async fn try_ended(&mut self, session: &Session) -> Reply {
        let from = self.shared.record.now();
        let answer = self.present(&session.refresh_token).await;
        let successor = tokens(answer.as_ref()).map(|(_, refresh_token, _)| mark(&refresh_token));
        let what = What::Refreshed { presented: mark(&session.refresh_token), successor };
        let reply = reply(answer.as_ref());
        self.add(from, session.number, what, reply);
        reply
    }

    /// Ends a session. One whose end is not acknowledged is good for nothing but another try.
    pub(crate) async fn revoke(&mut self, at: usize) -> Reply {
        self.sessions[at].ending = true;
        let (number, token) = (self.sessions[at].number, self.sessions[at].refresh_token.clone());
        let client_id = self.client_id.clone().unwrap_or_default();
        let from = self.shared.record.now();
        let answer = self.post("/oauth/revoke", &[("token", &token), ("client_id", &client_id)]).await;
        let reply = reply(answer.as_ref());
        self.add(from, number, What::Revoked, reply);
        if reply.is_success() {
            let session = self.sessions.swap_remove(at);
            self.ended.push_back(session);
            if self.ended.len() > ENDED {
                self.ended.pop_front();
            }
        }
        reply
    }

    /// The last thing that this person was answered, for whoever asks why.
    pub(super) fn last_heard(&self) -> String {
        self.shared.record.look(|events| {
            let last = events.iter().rev().find(|event| event.person == self.number);
            last.map_or_else(|| "none".to_owned(), |event| format!("{event:?}"))
        })
    }

    async fn present(&mut self, refresh_token: &str) -> Option<Answer> {
        let client_id = self.client_id.clone().unwrap_or_default();
        let form =
            [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("client_id", &client_id)];
        self.post("/oauth/token", &form).await
    }

    async fn registered(&mut self) -> Option<String> {
        if self.client_id.is_none() {
            let metadata = serde_json::json!({"client_name": "Fault load", "redirect_uris": [REDIRECT_URI]});
            let from = self.shared.record.now();
            let answer = self
                .wire
                .send(|http, origin| http.post(format!("{origin}/oauth/register")).json(&metadata))
                .await;
            self.add(from, 0, What::Page, reply(answer.as_ref()));
            self.client_id = json(answer.as_ref()?)["client_id"].as_str().map(str::to_owned);
        }
        self.client_id.clone()
    }

    async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Option<Answer> {
        self.wire.send(|http, origin| http.post(format!("{origin}{path}")).form(form)).await
    }

    fn keep_secrets(&self, access_token: &str, refresh_token: &str) {
        if self.shared.keeps_secrets {
            self.shared.record.keep_secret(access_token);
            self.shared.record.keep_secret(refresh_token);
        }
    }

    fn add(&self, from: Micros, session: u32, what: What, reply: Reply) {
        let (to, person) = (self.shared.record.now(), self.number);
        self.shared.record.add(Event { from, to, person, session, what, reply });
    }
}

fn json(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

fn reply(answer: Option<&Answer>) -> Reply {
    let Some(answer) = answer else { return Reply::BROKEN };
    let dead = answer.status == 400 && json(answer)["error"] == "invalid_grant";
    answer.reply(if dead { Says::InvalidGrant } else { Says::Nothing })
}

/// Access token, refresh token, and for how many seconds the former is good.
fn tokens(answer: Option<&Answer>) -> Option<(String, String, u64)> {
    let body = json(answer.filter(|answer| answer.status == 200)?);
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    Some((text("access_token")?, text("refresh_token")?, body["expires_in"].as_u64()?))
}
