//! What reached the Partner API: tests assert on it.

use std::{collections::VecDeque, sync::Mutex};

use crate::sync::lock;

/// The newest requests are kept, this many.
const MOST: usize = 10_000;

/// How a request was authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// With an access token of a person's sign-in.
    UserToken,
    /// With the project key.
    ProjectKey,
    /// With the partner key.
    PartnerKey,
    /// With nothing that counts.
    Refused,
}

/// One request to the Partner API.
#[derive(Clone)]
pub struct SeenRequest {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// The path as it was sent, from `/api/v1` on.
    pub path: String,
    /// The query as it was sent.
    pub query: Option<String>,
    /// The person it acted for.
    pub user: Option<String>,
    /// How it was authenticated.
    pub bearer: Bearer,
    /// All header fields, in the order they came; names in lower case. `Debug` shows the names only.
    pub headers: Vec<(String, String)>,
}

impl std::fmt::Debug for SeenRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("SeenRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &self.query)
            .field("user", &self.user)
            .field("bearer", &self.bearer)
            .field("headers", &names)
            .finish()
    }
}

/// The record.
#[derive(Debug, Default)]
pub(crate) struct Requests(Mutex<VecDeque<SeenRequest>>);

impl Requests {
    pub(crate) fn add(&self, request: SeenRequest) {
        let mut requests = lock(&self.0);
        if requests.len() >= MOST {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    pub(crate) fn all(&self) -> Vec<SeenRequest> {
        lock(&self.0).iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }
}
