//! One step after another, and what the clients were told.

mod tokens;

use std::{collections::BTreeSet, time::Duration};

use super::{
    chance::Chance,
    grants::{Grant, People},
    truth::Truth,
    world::World,
};
use crate::{
    access_token::BadToken,
    domain::{session::Because, token::RefreshToken},
    keys::RINGS,
    store::{StoreError, Which, faults::When},
};

const SUBJECTS: [&str; 2] = ["ada", "bob"];
const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;
/// Code, access token and pending authorization end, sessions idle away, keys take over.
const PAUSES: [u64; 8] = [1, 20, 59, MINUTE, 5 * MINUTE, 16 * MINUTE, 61 * MINUTE, 31 * DAY];

/// What the client of a session was given.
struct Held {
    session_id: String,
    refresh: Vec<String>,
    access: Vec<String>,
}

pub(super) struct History {
    world: World,
    people: People,
    chance: Chance,
    seed: u64,
    told: Vec<String>,
    grants: Vec<Grant>,
    codes: Vec<String>,
    /// Oldest first, so that a seed always chooses the same.
    held: Vec<Held>,
    /// Whose end somebody was told of.
    ended: BTreeSet<String>,
    /// Whether the step made one request only.
    lone: bool,
}

/// A failing history says how to see it again.
struct Remains(u64, Vec<String>);

impl Drop for Remains {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("GATEWAY_HISTORY={} fails after: {:#?}", self.0, self.1);
        }
    }
}

impl History {
    pub(super) fn new(world: World, chance: Chance, seed: u64) -> Self {
        let people = People::of(&world);
        let (told, grants, codes) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            world,
            people,
            chance,
            seed,
            told,
            grants,
            codes,
            held: Vec::new(),
            ended: BTreeSet::new(),
            lone: true,
        }
    }

    pub(super) async fn step(&mut self) {
        let mut remains = Remains(self.seed, std::mem::take(&mut self.told));
        let before = Truth::read(&self.world.rows).await;
        let fault = self.chance.once_in(3).then(|| {
            (self.chance.below(4) as u32, if self.chance.once_in(2) { When::Before } else { When::After })
        });
        if let Some((nth, when)) = fault {
            self.world.app.store.faults().arm(nth, when);
        }
        self.lone = true;
        let step = self.chance.below(30);
        remains.1.push(format!("step {step}, fault {fault:?}"));
        match step {
            0..=3 => self.begin().await,
            4..=7 => self.sign_in().await,
            8..=11 => self.approve().await,
            12..=15 => self.redeem(&before).await,
            16..=22 => self.refresh(&before).await,
            23 => self.revoke().await,
            24 => self.revoke_person().await,
            25 => self.rotate().await,
            26 | 27 => self.keep_house().await,
            _ => self.pass(),
        }
        self.struck();
        let after = Truth::read(&self.world.rows).await;
        after.is_whole();
        if !matches!(step, 26 | 27) {
            after.follows(&before);
        }
        if let Some((0, When::Before)) = fault.filter(|_| self.lone && step < 25) {
            assert_eq!(after, before, "a call that was never made changed something");
        }
        self.is_kept(&after).await;
        self.told = std::mem::take(&mut remains.1);
    }

    /// Ends what was to fail; says whether it did.
    fn struck(&self) -> bool {
        self.world.app.store.faults().disarm()
    }

    /// An error is told when one struck, and only then.
    fn settle<T>(&self, told: Result<T, StoreError>) -> Option<T> {
        assert_eq!(told.is_err(), self.struck());
        told.ok()
    }

    async fn begin(&mut self) {
        let begun = self.people.begin(&self.world).await;
        self.grants.extend(self.settle(begun));
    }

    async fn sign_in(&mut self) {
        let Some(at) = self.grants.iter().position(|grant| matches!(grant, Grant::Pending(_))) else {
            return;
        };
        let Grant::Pending(state) = self.grants.swap_remove(at) else { return };
        let subject = SUBJECTS[self.chance.below(2)];
        let done = self.people.sign_in(&self.world, &state, subject).await;
        self.grants.extend(self.settle(done).flatten());
        // The state that went with the browser is spent as soon as one call came through.
        self.lone = false;
        let again = self.people.sign_in(&self.world, &state, subject).await.unwrap();
        self.grants.extend(again);
    }

    async fn approve(&mut self) {
        let Some(at) = self.grants.iter().position(|grant| matches!(grant, Grant::SignedIn(_))) else {
            return;
        };
        let Grant::SignedIn(handle) = self.grants.swap_remove(at) else { return };
        let done = self.people.approve(&self.world, &handle).await;
        if let Some(Grant::Coded(code)) = self.settle(done).flatten() {
            self.codes.push(code);
            // The consent is spent.
            assert!(self.people.approve(&self.world, &handle).await.unwrap().is_none());
        }
    }

    async fn revoke_person(&mut self) {
        let (store, subject) = (&self.world.app.store, SUBJECTS[self.chance.below(2)]);
        let now = || self.world.app.clock.now();
        let done = async {
            store.discard_unfinished(Which::Person(subject)).await?;
            store.revoke_sessions(Which::Person(subject), Because::Operator, now).await
        };
        let done = done.await;
        if self.settle(done).is_some() {
            let truth = Truth::read(&self.world.rows).await;
            let theirs = truth.sessions.iter().filter(|(_, row)| row.subject == subject);
            self.ended.extend(theirs.map(|(id, _)| id.clone()));
        }
    }

    async fn rotate(&mut self) {
        let ring = RINGS[self.chance.below(RINGS.len())];
        let rotated = self.world.app.keys.rotate(ring, self.world.app.clock.now()).await;
        assert_eq!(rotated.is_err(), self.struck());
    }

    async fn keep_house(&mut self) {
        let round = self.world.app.housekeeping.round().await;
        assert_eq!(round.is_err(), self.struck());
    }

    fn pass(&mut self) {
        // The long pause is rare.
        let pause = PAUSES[self.chance.below(PAUSES.len() * 3).min(self.chance.below(PAUSES.len()))];
        self.world.clock.advance(Duration::from_secs(pause));
    }

    /// What was acknowledged holds, and holds here once this replica has looked.
    async fn is_kept(&self, truth: &Truth) {
        for id in &self.ended {
            assert!(truth.sessions.get(id).is_none_or(|row| row.revoked_at.is_some()), "{id} lives again");
        }
        self.world.app.revocation.load().await.unwrap();
        let now = self.world.app.clock.now();
        for held in &self.held {
            let (id, row) = (&held.session_id, truth.sessions.get(&held.session_id));
            for token in held.access.iter().rev().take(3) {
                match (self.world.app.access_tokens.validate(token.as_bytes(), now).await, row) {
                    (Err(BadToken::Expired), _) => {}
                    (Err(BadToken::Revoked), Some(row)) => assert!(row.revoked_at.is_some(), "{id} lives"),
                    (Ok(_), Some(row)) => assert!(row.revoked_at.is_none(), "{id} has ended"),
                    (verdict, row) => panic!("{id} is {row:?}, its token {:?}", verdict.err()),
                }
            }
            let (Some(row), Some(newest)) = (row, held.refresh.last()) else { continue };
            let newest = RefreshToken::parse(newest).unwrap();
            assert!(i64::from(newest.generation) <= row.generation, "{id} forgot a generation");
            let lives = row.revoked_at.is_none() && now.millis() < row.ends_at;
            assert!(!lives || self.world.app.keys.proves(&newest), "a key of {id} went too early");
        }
    }

    /// Long afterwards nothing is left.
    pub(super) async fn end(self) {
        let _remains = Remains(self.seed, vec!["the end".to_owned()]);
        self.world.clock.advance(Duration::from_secs(800 * DAY));
        while self.world.app.housekeeping.round().await.unwrap() > 0 {}
        // The keys that change meanwhile are noted.
        let of_sessions = "audit_events WHERE session_id IS NOT NULL";
        for table in ["sessions", "authorizations", "credentials", "browsers", of_sessions] {
            let count = format!("SELECT COUNT(*) FROM {table}");
            let left: i64 =
                sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(&self.world.rows).await.unwrap();
            assert_eq!(left, 0, "{table}");
        }
        self.world.close().await;
    }
}
