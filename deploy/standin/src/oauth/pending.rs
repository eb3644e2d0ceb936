//! What lives for minutes: authorization requests under way, codes not yet redeemed, browsers signed in.

use std::{collections::HashMap, sync::Mutex};

use crate::{chance, sync::lock, time};

/// How long a request may stay on the pages, in seconds.
const REQUEST_SECONDS: u64 = 600;
/// How long a code may stay unredeemed, in seconds.
const CODE_SECONDS: u64 = 60;
/// How many of each are kept at the most.
const MOST: usize = 10_000;

/// An authorization request that passed all checks.
#[derive(Clone, Debug)]
pub(crate) struct AuthorizationRequest {
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) code_challenge: String,
    /// The client asked for a page although the person is known: `prompt=login`, `prompt=consent`.
    pub(crate) ask_for_consent: bool,
}

/// What a code stands for.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) email: String,
    pub(crate) redirect_uri: String,
    pub(crate) code_challenge: String,
}

#[derive(Debug)]
struct Shelf<T>(Mutex<HashMap<String, (u64, T)>>);

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Shelf<T> {
    fn put(&self, value: T, seconds: u64) -> String {
        let mut shelf = lock(&self.0);
        let now = time::seconds();
        if shelf.len() >= MOST {
            shelf.retain(|_, (until, _)| now < *until);
        }
        let name = chance::token();
        shelf.insert(name.clone(), (now.saturating_add(seconds), value));
        name
    }

    fn get(&self, name: &str) -> Option<T> {
        lock(&self.0).get(name).filter(|(until, _)| time::seconds() < *until).map(|(_, value)| value.clone())
    }

    fn take(&self, name: &str) -> Option<T> {
        lock(&self.0).remove(name).filter(|(until, _)| time::seconds() < *until).map(|(_, value)| value)
    }
}

/// All that is under way.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    requests: Shelf<AuthorizationRequest>,
    codes: Shelf<Code>,
    browsers: Shelf<String>,
}

impl Pending {
    pub(crate) fn keep_request(&self, request: AuthorizationRequest) -> String {
        self.requests.put(request, REQUEST_SECONDS)
    }

    /// The request of this id; it stays.
    pub(crate) fn request(&self, id: &str) -> Option<AuthorizationRequest> {
        self.requests.get(id)
    }

    /// The request of this id; it is gone after.
    pub(crate) fn finish_request(&self, id: &str) -> Option<AuthorizationRequest> {
        self.requests.take(id)
    }

    pub(crate) fn keep_code(&self, code: Code) -> String {
        self.codes.put(code, CODE_SECONDS)
    }

    /// Redeems a code: whoever comes second finds nothing.
    pub(crate) fn take_code(&self, code: &str) -> Option<Code> {
        self.codes.take(code)
    }

    /// Signs a browser in for a day; the answer is its cookie's value.
    pub(crate) fn sign_in(&self, email: &str) -> String {
        self.browsers.put(email.to_owned(), 86_400)
    }

    pub(crate) fn sign_out(&self, cookie: &str) {
        self.browsers.take(cookie);
    }

    /// Who is signed in with this cookie.
    pub(crate) fn signed_in(&self, cookie: &str) -> Option<String> {
        self.browsers.get(cookie)
    }
}
