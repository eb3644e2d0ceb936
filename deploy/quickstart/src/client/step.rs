//! One step: what is sent, what came back, and whether that is right.

use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use crate::Error;

/// A client that follows no redirect: every hop is a step of its own.
pub(super) fn client() -> Result<Client, Error> {
    let deadlines = shared::http_client::Deadlines {
        connect: Duration::from_secs(5),
        total: Some(Duration::from_secs(60)),
    };
    Ok(shared::http_client::builder("peaka-mcp-tour", deadlines).build()?)
}

/// Whether the steps are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// Everything that is sent and comes back is printed.
    Aloud,
    /// Nothing is.
    Silent,
}

/// A step of the tour.
#[derive(Debug)]
pub(crate) struct Step {
    voice: Voice,
    title: &'static str,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) body: String,
}

impl Step {
    pub(crate) fn new(voice: Voice, title: &'static str) -> Self {
        let step = Self { voice, title };
        step.tell(format_args!("\n● {title}"));
        step
    }

    fn tell(&self, line: std::fmt::Arguments<'_>) {
        if self.voice == Voice::Aloud {
            println!("{line}");
        }
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Answer, Error> {
        let (client, request) = request.build_split();
        let request = request?;
        self.tell(format_args!("  → {} {}", request.method(), shorten(request.url().as_str())));
        if let Some(body) = request.body().and_then(reqwest::Body::as_bytes) {
            self.tell(format_args!("    {}", shorten(&String::from_utf8_lossy(body))));
        }
        let response = client.execute(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.text().await?;
        self.tell(format_args!("  ← {status}"));
        for name in ["www-authenticate", "location"] {
            if let Some(value) = headers.get(name) {
                self.tell(format_args!(
                    "    {name}: {}",
                    shorten(&String::from_utf8_lossy(value.as_bytes()))
                ));
            }
        }
        if !body.trim_start().starts_with('<') && !body.is_empty() {
            self.tell(format_args!("    {}", shorten(&body)));
        }
        Ok(Answer { status: status.as_u16(), headers, body })
    }

    /// Ends the tour unless `holds`.
    pub(crate) fn expect(&self, holds: bool, what: &str) -> Result<(), Error> {
        if holds {
            self.tell(format_args!("  ✓ {what}"));
            Ok(())
        } else {
            Err(format!("at \"{}\": expected that {what}", self.title).into())
        }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Result<Value, Error> {
        Ok(serde_json::from_str(&self.body)?)
    }

    /// The body of a 200.
    pub(crate) fn ok(&self, step: &Step) -> Result<Value, Error> {
        step.expect(self.status == 200, "200")?;
        self.json()
    }

    /// A parameter of the challenge (RFC 9110 §11.6.1).
    pub(crate) fn challenge(&self, name: &str) -> Result<String, Error> {
        let header = self.headers.get("www-authenticate").ok_or("there is no challenge")?.to_str()?;
        let start =
            header.find(&format!("{name}=\"")).ok_or("the challenge lacks a parameter")? + name.len() + 2;
        let value = header[start..].split('"').next().unwrap_or_default();
        Ok(value.to_owned())
    }
}

/// Long ids and tokens are cut: a tour is read by people.
fn shorten(text: &str) -> String {
    const MOST: usize = 220;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
