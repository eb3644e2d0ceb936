//! Requests as clients send them, and answers read to a bounded end.

use std::error::Error;

use http::{HeaderMap, StatusCode, Version, header};
use reqwest::{Certificate, Client, RequestBuilder, Response};
use serde_json::Value;
use shared::http_client::{self, Deadlines};

use super::{Options, tls};

/// More of an answer is not read.
const MOST: usize = 256 * 1024;

/// The options make no client.
#[derive(Debug, thiserror::Error)]
#[error("the certificates of --ca cannot be used")]
pub struct Unusable(#[from] reqwest::Error);

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// The TLS handshake failed.
    Tls(tls::Refused),
    /// Nobody is there.
    Connection(String),
    /// It did not come in time.
    Timeout,
    /// It broke off.
    Broken(String),
}

impl NoAnswer {
    pub(super) fn of(error: &reqwest::Error) -> Self {
        if let Some(refused) = tls::refused(error) {
            return Self::Tls(refused);
        }
        if error.is_timeout() {
            return Self::Timeout;
        }
        let mut innermost: &dyn Error = error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        if error.is_connect() {
            Self::Connection(innermost.to_string())
        } else {
            Self::Broken(innermost.to_string())
        }
    }

    pub(super) fn reason(&self) -> String {
        match self {
            Self::Tls(refused) => refused.reason(),
            Self::Connection(reason) => reason.clone(),
            Self::Timeout => "no answer in time".to_owned(),
            Self::Broken(reason) => format!("the answer broke off: {reason}"),
        }
    }
}

/// The HTTP client of all players. It follows no redirect and keeps no cookie.
pub(super) struct Http {
    pub(super) client: Client,
}

impl Http {
    pub(super) fn new(options: &Options) -> Result<Self, Unusable> {
        Ok(Self { client: builder(options)?.build()? })
    }

    /// One that speaks HTTP/1.1 even where HTTP/2 is offered.
    pub(super) fn of_version_1(options: &Options) -> Result<Self, Unusable> {
        Ok(Self { client: builder(options)?.http1_only().build()? })
    }
}

fn builder(options: &Options) -> Result<reqwest::ClientBuilder, Unusable> {
    let deadlines = Deadlines { connect: options.timeout, total: Some(options.timeout) };
    let mut builder = http_client::builder("node", deadlines).tls_info(true);
    if let Some(pem) = &options.authorities {
        builder = builder.tls_certs_merge(Certificate::from_pem_bundle(pem)?);
    }
    Ok(builder)
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) version: Version,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) async fn to(request: RequestBuilder) -> Result<Self, NoAnswer> {
        let response = request.send().await.map_err(|error| NoAnswer::of(&error))?;
        Self::of(response).await
    }

    pub(super) async fn of(mut response: Response) -> Result<Self, NoAnswer> {
        let mut answer = Self {
            status: response.status(),
            version: response.version(),
            headers: std::mem::take(response.headers_mut()),
            body: Vec::new(),
        };
        while answer.body.len() < MOST
            && let Some(chunk) = response.chunk().await.map_err(|error| NoAnswer::of(&error))?
        {
            answer.body.extend_from_slice(&chunk);
        }
        Ok(answer)
    }

    /// A header's value; empty if it is not there, joined if it is there more than once.
    pub(super) fn header(&self, name: header::HeaderName) -> String {
        let values = self.headers.get_all(name);
        values.iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn content_type(&self) -> String {
        let whole = self.header(header::CONTENT_TYPE).to_ascii_lowercase();
        whole.split(';').next().unwrap_or_default().trim().to_owned()
    }

    pub(super) fn is_page(&self) -> bool {
        let begins = self.body.trim_ascii_start();
        self.content_type() == "text/html" || begins.starts_with(b"<!") || begins.starts_with(b"<html")
    }

    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok().filter(Value::is_object)
    }

    /// What a page calls itself; for the report.
    pub(super) fn title(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let title = text.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
        let title = title.map_or("", |(title, _)| title).trim();
        title.chars().filter(|c| !c.is_control()).take(80).collect()
    }

    /// Status and type, as they are told.
    pub(super) fn told(&self) -> String {
        let kind = if self.is_page() {
            match self.title() {
                title if title.is_empty() => "a web page".to_owned(),
                title => format!("a web page (“{title}”)"),
            }
        } else {
            match self.content_type() {
                kind if kind.is_empty() => "no content type".to_owned(),
                kind => kind,
            }
        };
        format!("{} with {kind}", self.status.as_u16())
    }
}
