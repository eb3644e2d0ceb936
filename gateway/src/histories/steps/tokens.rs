//! Codes and refresh tokens, presented once or by several at a time, in time or late, the newest or an old one.

use std::{net::SocketAddr, sync::Arc};

use axum::extract::{ConnectInfo, State};
use futures_util::future::join_all;
use http::HeaderMap;

use super::{
    super::{
        grants::{Answer, Tokens},
        truth::Truth,
    },
    Held, History,
};
use crate::{
    domain::{
        secret::hash,
        session::{MAX_CODE_ATTEMPTS, Presented, judge},
        token::RefreshToken,
    },
    oauth::{error::OAuthError, params::FormBody, revoke::revoke},
};

/// What a lone presenter must be told, unless something fails.
#[derive(Debug, PartialEq, Eq)]
enum Due {
    /// Tokens of this generation.
    Tokens(i64),
    Refusal,
    /// A refusal, and the session's end.
    End(String),
}

fn outages(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| matches!(answer, Answer::Outage)).count()
}

impl History {
    fn racers(&mut self) -> usize {
        self.lone = !self.chance.once_in(4);
        if self.lone { 1 } else { 3 }
    }

    pub(super) async fn redeem(&mut self, before: &Truth) {
        if self.codes.is_empty() {
            return;
        }
        // Mostly the newest; an old one is a replay.
        let back = if self.chance.once_in(3) { self.chance.below(self.codes.len()) } else { 0 };
        let code = self.codes[self.codes.len() - 1 - back].clone();
        let (proven, racers) = (!self.chance.once_in(6), self.racers());
        let asked = (0..racers).map(|_| self.people.redeem(&self.world, &code, proven));
        let answers = join_all(asked).await;
        let due = self.due_for_code(before, &code, proven);
        let given = self.settled(answers, due, racers).await;
        assert!(given.len() <= 1, "a code was spent twice");
        let after = Truth::read(&self.world.rows).await;
        for tokens in given {
            let authorization = &after.authorizations[&hash(&code)];
            assert_eq!(authorization.session_id.as_ref(), Some(&tokens.session_id));
            self.hold(tokens);
        }
    }

    fn due_for_code(&self, before: &Truth, code: &str, proven: bool) -> Due {
        let Some(row) = before.authorizations.get(&hash(code)) else { return Due::Refusal };
        if !proven || row.attempts >= MAX_CODE_ATTEMPTS {
            return Due::Refusal;
        }
        match &row.session_id {
            Some(id) => Due::End(id.clone()),
            None if self.world.app.clock.now().millis() < row.expires_at => Due::Tokens(1),
            None => Due::Refusal,
        }
    }

    pub(super) async fn refresh(&mut self, before: &Truth) {
        if self.held.is_empty() {
            return;
        }
        let held = &self.held[self.chance.below(self.held.len())];
        let back = if self.chance.once_in(3) { self.chance.below(held.refresh.len()) } else { 0 };
        let (id, token) = (held.session_id.clone(), held.refresh[held.refresh.len() - 1 - back].clone());
        let racers = self.racers();
        let answers = join_all((0..racers).map(|_| self.people.refresh(&self.world, &token))).await;
        let due = self.due_for_refresh(before, &id, &token);
        let given = self.settled(answers, due, racers).await;
        for tokens in given {
            assert_eq!(tokens.session_id, id);
            self.hold(tokens);
        }
    }

    fn due_for_refresh(&self, before: &Truth, id: &str, token: &str) -> Due {
        let Some(row) = before.sessions.get(id) else { return Due::Refusal };
        if row.revoked_at.is_some() || self.world.app.clock.now().millis() >= row.ends_at {
            return Due::Refusal;
        }
        let presented = RefreshToken::parse(token).unwrap().generation;
        match judge(u32::try_from(row.generation).unwrap(), presented) {
            Presented::Current => Due::Tokens(row.generation + 1),
            Presented::Previous => Due::Tokens(row.generation),
            Presented::Reused => Due::End(id.to_owned()),
            Presented::Unknown => panic!("a token that was never given"),
        }
    }

    /// Holds what was told against what was due. Whoever comes with others may be told what is due to the later.
    async fn settled(&mut self, answers: Vec<Answer>, due: Due, racers: usize) -> Vec<Tokens> {
        let (struck, outages) = (self.struck(), outages(&answers));
        assert!(outages > 0 || !struck, "a failure was told as something else");
        assert!(outages == 0 || struck || racers > 1, "an outage without a failure");
        let refused = answers.iter().filter(|answer| matches!(answer, Answer::Refused)).count();
        let given: Vec<Tokens> = (answers.into_iter())
            .filter_map(|answer| match answer {
                Answer::Tokens(tokens) => Some(tokens),
                Answer::Refused | Answer::Outage => None,
            })
            .collect();
        let generation =
            |tokens: &Tokens| i64::from(RefreshToken::parse(&tokens.refresh).unwrap().generation);
        match due {
            Due::Tokens(due) => {
                assert!(
                    given.iter().all(|tokens| generation(tokens) == due),
                    "another generation than {due}"
                );
                assert!(given.iter().all(|tokens| tokens.refresh == given[0].refresh), "two live branches");
                assert!(refused == 0 || racers > 1, "refused what was good");
            }
            Due::Refusal => assert!(given.is_empty(), "took what was bad"),
            Due::End(id) => {
                assert!(given.is_empty(), "took what was old");
                if refused > 0 {
                    let truth = Truth::read(&self.world.rows).await;
                    assert!(truth.sessions[&id].revoked_at.is_some(), "{id} outlived a replay");
                    self.ended.insert(id);
                }
            }
        }
        given
    }

    fn hold(&mut self, tokens: Tokens) {
        let at =
            self.held.iter().position(|held| held.session_id == tokens.session_id).unwrap_or_else(|| {
                let session_id = tokens.session_id.clone();
                self.held.push(Held { session_id, refresh: Vec::new(), access: Vec::new() });
                self.held.len() - 1
            });
        let held = &mut self.held[at];
        if held.refresh.last() != Some(&tokens.refresh) {
            held.refresh.push(tokens.refresh);
        }
        held.access.push(tokens.access);
    }

    /// RFC 7009, by either token.
    pub(super) async fn revoke(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let held = &self.held[self.chance.below(self.held.len())];
        let (id, access) = (held.session_id.clone(), held.access.last().unwrap().clone());
        let token = if self.chance.once_in(2) { held.refresh.last().unwrap() } else { &access };
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.append_pair("token", token).append_pair("client_id", &self.people.client_id);
        let app = Arc::clone(&self.world.app);
        let peer = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1)));
        let body = FormBody(body.finish().into_bytes());
        let told = revoke(State(app), peer, HeaderMap::new(), body).await;
        let struck = self.struck();
        match told {
            Ok(_) => {
                assert!(!struck, "an end was acknowledged that may not be one");
                // At once here, without a look at the database.
                let now = self.world.app.clock.now();
                assert!(self.world.app.access_tokens.validate(access.as_bytes(), now).await.is_err());
                self.ended.insert(id);
            }
            Err(OAuthError::Unavailable(_)) => assert!(struck),
            Err(error) => panic!("an answer of another kind: {error}"),
        }
    }
}
