//! Calls to the Partner API with the caller's own token.

use std::time::{Duration, Instant};

use http::{Method, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use shared::{
    http_client::{self, Deadlines},
    telemetry::trace,
};
use tracing::{Instrument as _, debug, warn};

use super::{
    ApiPath, PeakaError,
    call::{Call, Failed, Kind},
    retry::Retries,
    types::Remark,
};
use crate::{
    bounded::{self, ReadError},
    caller::Caller,
    metrics::peaka_answered,
    user_agent::USER_AGENT,
};

/// The most bytes of an answer that are read.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// The Partner API.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base_url: String,
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
        read(&self.call(caller, Call::new(Kind::Lookup, Method::GET, path)).await?)
    }

    /// Sends `body` to an endpoint that reads only, and waits for the answer for at most `within`.
    pub(crate) async fn run<T: DeserializeOwned>(
        &self,
        caller: &Caller,
        path: &ApiPath,
        body: &impl Serialize,
        within: Duration,
    ) -> Result<T, PeakaError> {
        let call = Call::new(Kind::Query(within), Method::POST, path).with(body)?;
        read(&self.call(caller, call).await?)
    }

    /// Changes something and returns what Peaka answers.
    pub(crate) async fn change<T: DeserializeOwned>(
        &self,
        caller: &Caller,
        method: Method,
        path: &ApiPath,
        body: &impl Serialize,
    ) -> Result<T, PeakaError> {
        read(&self.call(caller, Call::new(Kind::Change, method, path).with(body)?).await?)
    }

    /// Changes something where Peaka promises no answer: the body may be empty or anything.
    pub(crate) async fn trigger(
        &self,
        caller: &Caller,
        method: Method,
        path: &ApiPath,
        body: Option<&impl Serialize>,
    ) -> Result<Remark, PeakaError> {
        let mut call = Call::new(Kind::Change, method, path);
        if let Some(body) = body {
            call = call.with(body)?;
        }
        Ok(Remark::of(&self.call(caller, call).await?))
    }

    /// The body of a success. Repeated where that cannot do a thing twice, and only a few times.
    async fn call(&self, caller: &Caller, call: Call<'_>) -> Result<Vec<u8>, PeakaError> {
        let mut retries = Retries::default();
        loop {
            match self.once(caller, &call).await {
                Ok(body) => return Ok(body),
                Err(failed) => match retries.pause(call.again(&failed)) {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Err(failed.error),
                },
            }
        }
    }

    async fn once(&self, caller: &Caller, call: &Call<'_>) -> Result<Vec<u8>, Failed> {
        let response = self.send(caller, call).await?;
        let (status, retry_after) = (response.status(), bounded::retry_after(response.headers()));
        let body = bounded::read(response, MAX_ANSWER_BYTES).await.map_err(|error| match error {
            ReadError::TooLong(_) => Failed::finally(PeakaError::TooLarge),
            ReadError::Broken(error) => broken(&error, call),
        })?;
        if status.is_success() {
            return Ok(body);
        }
        debug!(%status, "the Partner API answered with an error");
        Err(Failed::answered(status, retry_after, &body))
    }

    /// Sends with the caller's token and, if Peaka refuses that with 401, once more with its replacement. A 401
    /// means that nothing was done, so a call that writes may be repeated too.
    async fn send(&self, caller: &Caller, call: &Call<'_>) -> Result<reqwest::Response, Failed> {
        let faulty = |fault| Failed::finally(PeakaError::from(fault));
        let mut token = caller.credential().token().await.map_err(faulty)?;
        loop {
            let authorization =
                token.authorization().ok_or_else(|| Failed::finally(PeakaError::NotUnderstood))?;
            let sent = Instant::now();
            let span = trace::call("peaka", &call.method);
            let request = self.request(caller, call, authorization).build();
            let mut request = request.map_err(|error| broken(&error, call))?;
            trace::inject(&span, request.headers_mut());
            let response = self.http.execute(request).instrument(span.clone()).await;
            if let Ok(response) = &response {
                trace::answered(&span, response.status());
            }
            let answer = response.as_ref().map(reqwest::Response::status).map_err(reqwest::Error::is_timeout);
            peaka_answered(answer, sent);
            let response = response.map_err(|error| broken(&error, call))?;
            if response.status() != StatusCode::UNAUTHORIZED {
                return Ok(response);
            }
            token = caller.credential().after_refusal(token).await.map_err(faulty)?;
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
            .timeout(call.kind.within())
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

fn broken(error: &reqwest::Error, call: &Call<'_>) -> Failed {
    // Without the URL, as that holds names of the person's.
    let (timeout, connect) = (error.is_timeout(), error.is_connect());
    warn!(timeout, connect, "the Partner API could not be reached");
    Failed::broken(call.kind, timeout, connect)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, PeakaError> {
    serde_json::from_slice(body).map_err(|error| {
        // The category names no content.
        warn!(category = ?error.classify(), "an answer of the Partner API is not of the expected form");
        PeakaError::NotUnderstood
    })
}
