//! One exchange with Peaka: deadlines, a bounded body, and no trace of a secret.

use std::time::Duration;

use http::{StatusCode, header};
use reqwest::{Client, Method, Request, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use shared::{
    http_client::{Deadlines, builder},
    telemetry::trace,
};
use tracing::Instrument as _;
use url::Url;

use super::error::{Outage, PartnerError};

/// The most bytes that are read of an answer.
const MAX_BODY_BYTES: usize = 1024 * 1024;

const DEADLINES: Deadlines =
    Deadlines { connect: Duration::from_secs(2), total: Some(Duration::from_secs(8)) };

#[derive(Clone, Debug)]
pub(super) struct Http(Client);

impl Http {
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        // An idle connection is given up before the servers commonly found behind Peaka (20 s at the least) do so:
        // a POST that meets a connection just being closed is lost, and a code or a rotated refresh token with it.
        let client =
            builder("peaka-mcp-gateway", DEADLINES).pool_idle_timeout(Duration::from_secs(15)).build()?;
        Ok(Self(client))
    }

    /// `GET` of a public JSON document.
    pub(super) async fn document<T: DeserializeOwned>(&self, url: Url) -> Result<T, Outage> {
        let request = self.0.get(url).header(header::ACCEPT, "application/json").build()?;
        let answer = self.send(request).await?;
        if answer.status() != StatusCode::OK {
            return Err(Outage::Status(answer.status()));
        }
        json(answer.body())
    }

    /// `GET` of a JSON document with a person's access token (RFC 6750 §2.1).
    pub(super) async fn document_for<T: DeserializeOwned>(
        &self,
        url: Url,
        token: &SecretString,
    ) -> Result<T, PartnerError> {
        let request = self
            .0
            .request(Method::GET, url)
            .header(header::ACCEPT, "application/json")
            .bearer_auth(token.expose_secret())
            .build()
            .map_err(Outage::from)?;
        let answer = self.send(request).await?;
        match answer.status() {
            StatusCode::OK => Ok(json(answer.body())?),
            StatusCode::UNAUTHORIZED => Err(PartnerError::Unauthorized),
            StatusCode::FORBIDDEN => Err(PartnerError::Forbidden),
            other => Err(Outage::Status(other).into()),
        }
    }

    /// A request that the OAuth library made, as its client.
    pub(super) async fn token_request(
        &self,
        mut request: oauth2::HttpRequest,
    ) -> Result<oauth2::HttpResponse, Outage> {
        if let Some(credentials) = request.headers_mut().get_mut(header::AUTHORIZATION) {
            // Keeps it out of what the HTTP layers trace.
            credentials.set_sensitive(true);
        }
        self.send(Request::try_from(request)?).await
    }

    async fn send(&self, mut request: Request) -> Result<http::Response<Vec<u8>>, Outage> {
        let span = trace::call("peaka", request.method());
        trace::inject(&span, request.headers_mut());
        let mut response: Response = self.0.execute(request).instrument(span.clone()).await?;
        trace::answered(&span, response.status());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_BODY_BYTES {
                return Err(Outage::Malformed("it is longer than 1 MiB"));
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::new(body);
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }
}

/// The parser's own words are dropped: they quote what they could not read.
fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Outage> {
    serde_json::from_slice(body).map_err(|_| Outage::Malformed("not JSON of the expected form"))
}
