//! A load balancer: new connections go to those that say they are ready, and if none is, to those that live.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio_util::task::AbortOnDropHandle;

use crate::{
    Error,
    link::{Link, Weather},
};

/// How often everybody is asked.
const INTERVAL: Duration = Duration::from_millis(200);

/// One to balance to.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Where its connections go.
    pub(crate) address: SocketAddr,
    /// The origin at which it tells how it is.
    pub(crate) health: String,
}

/// A port in front of all of them.
#[derive(Debug)]
pub struct Balancer {
    link: Arc<Link>,
    _watch: AbortOnDropHandle<()>,
}

impl Balancer {
    /// Over a link that is there already, as its port is part of everybody's configuration.
    pub(crate) fn over(link: Link, members: Vec<Member>, http: reqwest::Client) -> Self {
        let link = Arc::new(link);
        let watched = watch(Arc::clone(&link), members, http);
        Self { link, _watch: AbortOnDropHandle::new(tokio::spawn(watched)) }
    }

    /// Returns when it leads to so many.
    pub(crate) async fn leads_to(&self, members: usize) {
        self.link.leads_to(members).await;
    }

    /// Changes the weather between the world and the balancer.
    pub fn weather(&self, weather: Weather) {
        self.link.weather(weather);
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.link.port()
    }
}

/// A link that is to become a balancer.
///
/// # Errors
///
/// If no port is free.
pub(crate) async fn reserve() -> Result<Link, Error> {
    Link::to(Vec::new()).await
}

async fn watch(link: Arc<Link>, members: Vec<Member>, http: reqwest::Client) {
    loop {
        let ready = those(&http, &members, "readyz").await;
        let chosen = if ready.is_empty() { those(&http, &members, "healthz").await } else { ready };
        link.lead_to(chosen);
        tokio::time::sleep(INTERVAL).await;
    }
}

async fn those(http: &reqwest::Client, members: &[Member], path: &str) -> Vec<SocketAddr> {
    let asked: Vec<_> = members
        .iter()
        .map(|member| {
            let request = http.get(format!("{}/{path}", member.health)).timeout(Duration::from_secs(1));
            (member.address, tokio::spawn(request.send()))
        })
        .collect();
    let mut fine = Vec::new();
    for (address, answer) in asked {
        if matches!(answer.await, Ok(Ok(answer)) if answer.status().is_success()) {
            fine.push(address);
        }
    }
    fine
}
