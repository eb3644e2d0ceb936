//! One client's examination: how it asks, and what was found.

use std::collections::{BTreeMap, BTreeSet};

use http::{Method, StatusCode, header};
use reqwest::RequestBuilder;
use serde_json::Value;

use super::{
    fault::Fault,
    http::{Answer, Http},
    players::{BROWSER, PLAYERS, Player},
    target::Target,
};

/// What was found, of whom, and what was seen.
#[derive(Debug, Default)]
pub(super) struct Findings(pub(super) BTreeMap<Fault, Found>);

#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) clients: BTreeSet<&'static str>,
    pub(super) seen: BTreeSet<String>,
}

/// The examination on behalf of one client, or of all.
pub(super) struct Case<'a> {
    pub(super) http: &'a Http,
    pub(super) target: &'a Target,
    findings: &'a mut Findings,
    player: Option<&'static Player>,
}

impl<'a> Case<'a> {
    pub(super) fn of_everyone(http: &'a Http, target: &'a Target, findings: &'a mut Findings) -> Self {
        Self { http, target, findings, player: None }
    }

    pub(super) fn of(
        player: &'static Player,
        http: &'a Http,
        target: &'a Target,
        findings: &'a mut Findings,
    ) -> Self {
        Self { http, target, findings, player: Some(player) }
    }

    /// Whose case it is; for what concerns all, the one that is like most.
    pub(super) fn player(&self) -> &'static Player {
        self.player.unwrap_or(&PLAYERS[0])
    }

    pub(super) fn find(&mut self, fault: Fault, seen: impl Into<String>) {
        let found = self.findings.0.entry(fault).or_default();
        match self.player {
            Some(player) => {
                found.clients.insert(player.name);
            }
            None => found.clients.extend(PLAYERS.iter().map(|player| player.name)),
        }
        found.seen.insert(seen.into());
    }

    /// A request as this client sends it.
    pub(super) fn request(&self, method: Method, url: &str) -> RequestBuilder {
        let agent = self.player.map_or(BROWSER, |player| player.agents[0]);
        let mut request = self.http.client.request(method, url).header(header::USER_AGENT, agent);
        if let Some(origin) = self.player.and_then(|player| player.page) {
            request = request.header(header::ORIGIN, origin);
        }
        request
    }

    pub(super) fn get(&self, url: &str) -> RequestBuilder {
        self.request(Method::GET, url).header(header::ACCEPT, "application/json")
    }

    /// What a client sends first to an MCP server.
    pub(super) fn initialize(&self) -> RequestBuilder {
        self.request(Method::POST, &self.target.resource)
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header(header::CONTENT_TYPE, "application/json")
            .body(INITIALIZE)
    }

    /// The answer, unless something before the gateway gave it. `what` says what was asked.
    pub(super) async fn ask(&mut self, what: &str, request: RequestBuilder) -> Option<Answer> {
        let answer = match Answer::to(request).await {
            Ok(answer) => answer,
            Err(error) => {
                self.find(Fault::NoAnswer, format!("{what}: {}", error.reason()));
                return None;
            }
        };
        let told = format!("{what} was answered {}", answer.told());
        match answer.status {
            status if is_blocking(status) && answer.is_page() => self.find(Fault::Firewall, told),
            status if status.is_redirection() => {
                let to = answer.header(header::LOCATION);
                // Only where to, not what the address carries.
                let to = to.split(['?', '#']).next().unwrap_or_default();
                let fault = if what.ends_with(" /mcp") { Fault::LoginPage } else { Fault::Redirected };
                self.find(fault, format!("{what} was answered {}, to {to}", answer.status.as_u16()));
            }
            StatusCode::TOO_MANY_REQUESTS => self.find(Fault::Limited, told),
            status if status.is_server_error() => self.find(Fault::Outage, told),
            _ => return Some(answer),
        }
        None
    }

    /// The JSON document at an address; nothing if there is none.
    pub(super) async fn document(&mut self, url: &str) -> Option<Value> {
        let mut request = self.get(url);
        if let Some(version) = self.player.and_then(|player| player.protocol) {
            request = request.header("mcp-protocol-version", version);
        }
        let what = format!("GET {}", path(url));
        let answer = self.ask(&what, request).await.filter(|answer| answer.status == StatusCode::OK)?;
        let document = answer.json()?;
        if answer.content_type() != "application/json" {
            self.find(Fault::ContentType, format!("{what} is called {}", answer.content_type()));
        }
        Some(document)
    }
}

/// What firewalls answer with.
pub(super) fn is_blocking(status: StatusCode) -> bool {
    matches!(status.as_u16(), 401 | 403 | 405 | 406 | 409 | 418 | 429) || status.is_server_error()
}

/// An address without its origin; for the report.
pub(super) fn path(url: &str) -> &str {
    let after = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after.find('/').map_or("/", |at| &after[at..]);
    path.split('?').next().unwrap_or(path)
}

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"gateway-doctor","version":"1"}}}"#;
