//! How the load reaches the gateways, as people's clients do through a load balancer.

use std::{sync::Arc, time::Duration};

use reqwest::{
    RequestBuilder, StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use shared::http_client::{self, Deadlines};

use crate::{
    Error,
    record::{Reply, Says},
};

/// Longer than everything that the gateway itself gives up after.
const PATIENCE: Duration = Duration::from_secs(60);

/// A way to the gateways.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    http: reqwest::Client,
    /// The replicas, taken in turn; or the balancer alone.
    origins: Arc<[String]>,
    pub(crate) issuer: Arc<str>,
    turn: usize,
    /// Where this person calls from.
    address: String,
}

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn reply(&self, says: Says) -> Reply {
        let retry_after = self.headers.contains_key(RETRY_AFTER);
        Reply { status: self.status.as_u16(), says, retry_after }
    }
}

/// One pool of connections for everybody.
pub(crate) fn client() -> Result<reqwest::Client, Error> {
    let deadlines = Deadlines { connect: Duration::from_secs(2), total: Some(PATIENCE) };
    Ok(http_client::builder("fault-load", deadlines).build()?)
}

impl Wire {
    pub(crate) fn new(http: reqwest::Client, origins: Arc<[String]>, issuer: &str, person: u16) -> Self {
        let [a, b] = person.to_be_bytes();
        Self { http, origins, issuer: issuer.into(), turn: person.into(), address: format!("10.9.{a}.{b}") }
    }

    /// Leads every request to one replica from now on.
    pub(crate) fn only(&mut self, origin: &str) {
        self.origins = [origin.to_owned()].into();
    }

    /// Sends what `build` makes of the client and an origin. A replica that cannot be connected to is passed over, as
    /// nothing was sent; `None` if no answer came, or not all of it.
    pub(crate) async fn send(
        &mut self,
        build: impl Fn(&reqwest::Client, &str) -> RequestBuilder,
    ) -> Option<Answer> {
        for _ in 0..self.origins.len() {
            self.turn = self.turn.wrapping_add(1);
            let origin = &self.origins[self.turn % self.origins.len()];
            let request = build(&self.http, origin).header("x-forwarded-for", &self.address);
            match request.send().await {
                Ok(answer) => return whole(answer).await,
                Err(error) if error.is_connect() => {}
                Err(_) => return None,
            }
        }
        None
    }

    /// Asks somebody else than a gateway.
    pub(crate) async fn elsewhere(
        &self,
        build: impl Fn(&reqwest::Client) -> RequestBuilder,
    ) -> Option<Answer> {
        whole(build(&self.http).send().await.ok()?).await
    }
}

async fn whole(answer: reqwest::Response) -> Option<Answer> {
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.ok()?.to_vec();
    Some(Answer { status, headers, body })
}
