//! One request to a stranger's host.

use std::{error::Error, sync::Arc, time::Duration};

use http::{
    StatusCode,
    header::{ACCEPT, CONTENT_TYPE},
};
use reqwest::{Certificate, Client, Response};
use shared::http_client;
use tokio::time::timeout;

use super::{
    CimdError, ClientIdUrl, FetchPolicy, InvalidDocument, NotAllowed, Unreachable,
    freshness::keep_for,
    published::Published,
    resolver::{GuardedResolver, LeadsInside},
    slots::Slots,
};

const USER_AGENT: &str = concat!("peaka-mcp-gateway/", env!("CARGO_PKG_VERSION"));
const TOTAL: Duration = Duration::from_secs(5);

/// No HTTP client can be made of the policy.
#[derive(Debug, thiserror::Error)]
#[error("the client for fetching client documents cannot be made; check the extra certificate authorities")]
pub struct UnusablePolicy(#[from] reqwest::Error);

/// What a host answered.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) body: Vec<u8>,
    /// How long it may be kept, if at all.
    pub(super) keep_for: Option<Duration>,
}

pub(super) struct Fetcher {
    client: Client,
    slots: Slots,
    total: Duration,
}

impl Fetcher {
    pub(super) fn new(policy: &FetchPolicy) -> Result<Self, UnusablePolicy> {
        let resolver = GuardedResolver {
            lookup: policy.lookup.clone(),
            private_hosts: Arc::new(policy.private_hosts.clone()),
        };
        let mut client = http_client::builder(USER_AGENT, policy.deadlines)
            .https_only(true)
            .dns_resolver(resolver)
            // A kept connection would outlive the check of its address.
            .pool_max_idle_per_host(0);
        if let Some(pem) = &policy.extra_authorities {
            client = client.tls_certs_merge(Certificate::from_pem_bundle(pem)?);
        }
        let total = policy.deadlines.total.unwrap_or(TOTAL);
        Ok(Self { client: client.build()?, slots: Slots::default(), total })
    }

    /// Gets what is at `url`, whatever it says.
    pub(super) async fn get<T: Published>(&self, url: &ClientIdUrl) -> Result<Fetched, CimdError> {
        let getting = async {
            let _slot = self.slots.one(url.host()).await;
            let request = self.client.get(url.url().clone()).header(ACCEPT, T::ACCEPT);
            let response = request.send().await.map_err(|error| cause(&error))?;
            let keep_for = keep_for(response.headers());
            Ok(Fetched { body: body(response, T::LARGEST).await?, keep_for })
        };
        timeout(self.total, getting).await.unwrap_or(Err(Unreachable::Timeout.into()))
    }
}

async fn body(mut response: Response, largest: usize) -> Result<Vec<u8>, CimdError> {
    match response.status() {
        StatusCode::OK => {}
        gone @ (StatusCode::NOT_FOUND | StatusCode::GONE) => {
            return Err(InvalidDocument::Gone(gone.as_u16()).into());
        }
        other => return Err(Unreachable::Status(other.as_u16()).into()),
    }
    if !is_json(&response) {
        return Err(InvalidDocument::ContentType.into());
    }
    let mut body = Vec::new();
    // Counted as it arrives: a declared length is a promise only.
    while let Some(chunk) = response.chunk().await.map_err(|error| cause(&error))? {
        if body.len() + chunk.len() > largest {
            return Err(InvalidDocument::TooLarge.into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// `application/json` or a type of its own under it (RFC 6839 §3.1), whatever its parameters.
fn is_json(response: &Response) -> bool {
    let declared =
        response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Tells a refused address from a failure, by the cause at the bottom.
fn cause(error: &reqwest::Error) -> CimdError {
    let mut texts = Vec::new();
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(LeadsInside { host, address }) = error.downcast_ref() {
            return NotAllowed::Address { host: host.clone(), address: *address }.into();
        }
        texts.push(error.to_string());
        next = error.source();
    }
    if error.is_timeout() {
        Unreachable::Timeout.into()
    } else {
        Unreachable::Failed(texts.join(": ")).into()
    }
}
