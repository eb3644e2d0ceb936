//! Calls to the Partner API with the caller's own token.

use std::time::Duration;

use http::{Method, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use shared::http_client::{self, Deadlines};
use tracing::{debug, warn};

use super::{ApiPath, PeakaError, USER_AGENT};
use crate::{
    bounded::{self, ReadError},
    caller::Caller,
};

/// The most bytes of an answer that are read.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;
/// For calls that look something up.
const LOOKUP: Duration = Duration::from_secs(20);

/// The Partner API.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base_url: String,
}

struct Call<'a> {
    method: Method,
    path: &'a ApiPath,
    body: Option<Vec<u8>>,
    within: Duration,
}

impl Client {
    /// At `base_url`, which has no trailing slash.
    pub(crate) fn new(base_url: String) -> Result<Self, reqwest::Error> {
        let deadlines = Deadlines { connect: Duration::from_secs(5), total: None };
        Ok(Self { http: http_client::builder(USER_AGENT, deadlines).build()?, base_url })
    }

    /// Looks something up.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        caller: &Caller,
        path: &ApiPath,
    ) -> Result<T, PeakaError> {
        self.call(caller, Call { method: Method::GET, path, body: None, within: LOOKUP }).await
    }

    /// Sends `body` and waits for the answer for at most `within`.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        caller: &Caller,
        path: &ApiPath,
        body: &impl Serialize,
        within: Duration,
    ) -> Result<T, PeakaError> {
        let body = serde_json::to_vec(body).map_err(|_| PeakaError::NotUnderstood)?;
        self.call(caller, Call { method: Method::POST, path, body: Some(body), within }).await
    }

    async fn call<T: DeserializeOwned>(&self, caller: &Caller, call: Call<'_>) -> Result<T, PeakaError> {
        let response = self.send(caller, &call).await?;
        let (status, retry_after) = (response.status(), bounded::retry_after(response.headers()));
        let body = bounded::read(response, MAX_ANSWER_BYTES).await.map_err(|error| match error {
            ReadError::TooLong(_) => PeakaError::TooLarge,
            ReadError::Broken(error) => failure(&error, call.within),
        })?;
        if !status.is_success() {
            debug!(%status, "the Partner API answered with an error");
            return Err(PeakaError::of_answer(status, retry_after, &body));
        }
        serde_json::from_slice(&body).map_err(|error| {
            // The category names no content.
            warn!(category = ?error.classify(), "an answer of the Partner API is not of the expected form");
            PeakaError::NotUnderstood
        })
    }

    /// Sends with the caller's token and, if Peaka refuses that with 401, once more with its replacement. A 401
    /// means that nothing was done, so a call that writes may be repeated too.
    async fn send(&self, caller: &Caller, call: &Call<'_>) -> Result<reqwest::Response, PeakaError> {
        let mut token = caller.credential().token().await?;
        loop {
            let authorization = token.authorization().ok_or(PeakaError::NotUnderstood)?;
            let response = self.request(caller, call, authorization).send().await;
            let response = response.map_err(|error| failure(&error, call.within))?;
            if response.status() != StatusCode::UNAUTHORIZED {
                return Ok(response);
            }
            token = caller.credential().after_refusal(token).await?;
        }
    }

    fn request(
        &self,
        caller: &Caller,
        call: &Call<'_>,
        authorization: http::HeaderValue,
    ) -> reqwest::RequestBuilder {
        let url = format!("{}{}", self.base_url, call.path.path());
        let mut request = self
            .http
            .request(call.method.clone(), url)
            .timeout(call.within)
            .header(header::AUTHORIZATION, authorization)
            .header(header::ACCEPT, "application/json");
        if !call.path.parameters().is_empty() {
            request = request.query(call.path.parameters());
        }
        if let Some(traceparent) = caller.traceparent() {
            request = request.header("traceparent", traceparent.clone());
        }
        if let Some(body) = &call.body {
            request = request.header(header::CONTENT_TYPE, "application/json").body(body.clone());
        }
        request
    }
}

fn failure(error: &reqwest::Error, within: Duration) -> PeakaError {
    // Without the URL, as that holds names of the person's.
    let (timeout, connect) = (error.is_timeout(), error.is_connect());
    warn!(timeout, connect, "the Partner API could not be reached");
    if timeout && !connect { PeakaError::Timeout(within.as_secs()) } else { PeakaError::Unreachable }
}
