//! The consent: what the client may do, in which projects. Approve and Cancel both lead back to the client.

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    extract::{ConnectInfo, RawQuery, State},
    response::Response,
};
use http::HeaderMap;
use shared::{
    assertion::Projects,
    scope::{Scope, Scopes},
};
use tracing::warn;

use super::{
    begin::{Departure, depart},
    code::{MAX_PROJECTS, back, expired, give_code, too_many_projects},
};
use crate::{
    app::App,
    cookies::Kind,
    device::device,
    domain::{
        audit::Refusal,
        authorization::{Approval, SignedIn, Terms},
        remembered::Standing,
        secret::hash,
    },
    limits,
    metrics::{CONSENT, ConsentStep},
    oauth::{
        authorize::malformed,
        error::OAuthError,
        params::{FormBody, Params},
    },
    pages::{self, Chosen, Leaving, PageError, Remembering},
    peaka::ProjectList,
    same_origin::is_same_origin,
};

const MAX_SEARCH_CHARS: usize = 80;
/// The page does not wait longer for the list of projects.
const PROJECTS_DEADLINE: Duration = Duration::from_secs(4);

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    app.limit(&limits::AUTHORIZE, peer, &headers).await?;
    let params = Params::parse(query.unwrap_or_default().as_bytes()).map_err(malformed)?;
    let authorization = params.require("authorization").map_err(malformed)?;
    let signed_in = find(&app, &headers, authorization).await?;
    let chosen = Chosen {
        scopes: signed_in.request.scopes,
        all_projects: true,
        projects: BTreeSet::new(),
        search: String::new(),
        life: app.lifetimes.session,
        remember: false,
    };
    page(&app, &signed_in, authorization, &chosen).await
}

pub(crate) async fn decide(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    form: Result<FormBody, OAuthError>,
) -> Result<Response, PageError> {
    app.limit(&limits::AUTHORIZE, peer, &headers).await?;
    if !is_same_origin(&headers, &app.issuer) {
        app.audit.refused(Refusal::Form, None);
        return Err(PageError::Foreign);
    }
    let FormBody(body) = form.map_err(malformed)?;
    let params = Params::parse_lists(&body).map_err(malformed)?;
    let authorization = params.require("authorization").map_err(malformed)?;
    let signed_in = find(&app, &headers, authorization).await?;
    match params.get("decision") {
        Some("approve") => approve(&app, &signed_in, &params, device(&headers)).await,
        Some("deny") => deny(&app, &signed_in).await,
        Some("search") => {
            let chosen = chosen(&app, &signed_in, &params)?;
            page(&app, &signed_in, authorization, &chosen).await
        }
        Some("switch") => switch(&app, &signed_in).await,
        _ => Err(PageError::refused("no_decision")),
    }
}

async fn page(
    app: &App,
    signed_in: &SignedIn,
    authorization: &str,
    chosen: &Chosen,
) -> Result<Response, PageError> {
    let projects = projects(app, &signed_in.credential_id).await;
    let lives = lives(app.lifetimes.session);
    let remembering = Remembering {
        offered: app.consents.may_be_remembered(&signed_in.request),
        changed: app.consents.standing(&signed_in.person, &signed_in.request).await? == Standing::Changed,
        chosen: chosen.remember,
    };
    pages::consent(signed_in, authorization, projects.as_ref(), chosen, &lives, remembering)
}

/// What is chosen in a page that is to be shown again. Nothing is decided by it.
fn chosen(app: &App, signed_in: &SignedIn, params: &Params) -> Result<Chosen, PageError> {
    let asked = signed_in.request.scopes;
    let ticked = params.all("scope").filter_map(|name| name.parse::<Scope>().ok());
    let search = params.get("search").unwrap_or_default();
    Ok(Chosen {
        scopes: ticked.filter(|scope| asked.contains(*scope)).collect(),
        // Who searches wants some of them.
        all_projects: search.is_empty() && params.get("projects") == Some("all"),
        projects: params.all("project").filter(|id| is_project_id(id)).map(str::to_owned).collect(),
        search: search.chars().take(MAX_SEARCH_CHARS).collect(),
        life: picked_life(app.lifetimes.session, params)?,
        remember: params.get("remember").is_some(),
    })
}

/// The same request, asked of somebody else: back to Peaka's sign-in, which is told not to take who is signed in there.
async fn switch(app: &App, signed_in: &SignedIn) -> Result<Response, PageError> {
    let Departure { state_hash, verifier, url } = depart(app, &[("prompt", "login")]).await?;
    if !app.store.sign_in_again(signed_in, &state_hash, &verifier).await? {
        return Err(expired());
    }
    pages::leave(Leaving::ToPeaka, url.as_str())
}

/// For how long a client can be let in: not longer than is configured, which is also what is proposed.
fn lives(longest: Duration) -> Vec<Duration> {
    let shorter = [1, 7, 30, 90].map(|days| Duration::from_secs(days * 24 * 60 * 60));
    shorter.into_iter().filter(|life| *life < longest).chain([longest]).collect()
}

fn picked_life(longest: Duration, params: &Params) -> Result<Duration, PageError> {
    let Some(picked) = params.get("life") else { return Ok(longest) };
    let known = lives(longest).into_iter().find(|life| life.as_secs().to_string() == picked);
    known.ok_or_else(|| PageError::refused("no_such_life"))
}

/// The authorization, if it waits for this very browser and the person who is signed in in it: a browser's name alone
/// could have been planted by somebody else.
async fn find(app: &App, headers: &HeaderMap, authorization: &str) -> Result<SignedIn, PageError> {
    let browser = app.cookies.get(Kind::Browser, headers).ok_or(PageError::Foreign)?;
    let person = app.signed_in(headers).await?.ok_or_else(expired)?.person;
    let found = app.store.signed_in(&hash(authorization), &browser.hash(), app.clock.now()).await?;
    found.filter(|found| found.person.subject == person.subject).ok_or_else(expired)
}

/// The projects of whom a credential belongs to. Without the list a person can still allow all, or refuse.
pub(crate) async fn projects(app: &App, credential_id: &str) -> Option<ProjectList> {
    let listed = async {
        let token = app.credentials.by_id(credential_id).await.map_err(|error| error.to_string())?;
        app.peaka.partner_api.projects(&token.access_token).await.map_err(|error| error.to_string())
    };
    match tokio::time::timeout(PROJECTS_DEADLINE, listed).await {
        Ok(Ok(projects)) => Some(projects),
        Ok(Err(error)) => {
            warn!(error, "a page goes without the list of projects");
            None
        }
        Err(_) => {
            warn!("a page goes without the list of projects, which took too long");
            None
        }
    }
}

async fn approve(
    app: &App,
    signed_in: &SignedIn,
    params: &Params,
    device: Option<String>,
) -> Result<Response, PageError> {
    let longest = app.lifetimes.session;
    let life = picked_life(longest, params)?;
    let approval = Approval {
        scopes: picked_scopes(params, signed_in)?,
        projects: picked_projects(params)?,
        terms: Terms { life: Some(life), device },
    };
    // What is remembered knows no end of its own: who lets an app in for a short time is asked again.
    let remember = params.get("remember").is_some() && life == longest;
    if !remember {
        app.consents.forget(signed_in).await?;
    }
    let left = give_code(app, signed_in, &approval).await?;
    if remember {
        app.consents.remember(signed_in, &approval).await;
    }
    Ok(left)
}

async fn deny(app: &App, signed_in: &SignedIn) -> Result<Response, PageError> {
    let now = app.clock.now();
    if let Some(device) = &signed_in.request.device {
        if !app.store.decide_device(signed_in, device, None, now).await? {
            return Err(expired());
        }
        return pages::device_decided(false);
    }
    app.consents.forget(signed_in).await?;
    if !app.store.deny(signed_in, now).await? {
        return Err(expired());
    }
    CONSENT.count(ConsentStep::Denied);
    let text = "The person did not allow it.";
    back(app, signed_in, &[("error", "access_denied"), ("error_description", text)])
}

/// What is ticked, and never more than was asked for.
fn picked_scopes(params: &Params, signed_in: &SignedIn) -> Result<Scopes, PageError> {
    let picked: Scopes = params
        .all("scope")
        .filter_map(|name| name.parse::<Scope>().ok())
        .filter(|scope| signed_in.request.scopes.contains(*scope))
        .collect();
    if picked.is_empty() {
        return Err(PageError::refused("nothing_ticked"));
    }
    // A wider scope implies the narrower ones: what is unticked must not come back through it.
    let implied = |offered: Scope| !picked.contains(offered) && picked.allow(offered);
    if signed_in.request.scopes.iter().any(implied) {
        return Err(PageError::refused("contradiction"));
    }
    Ok(picked)
}

fn is_project_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn picked_projects(params: &Params) -> Result<Projects, PageError> {
    match params.get("projects") {
        Some("all") => Ok(Projects::All),
        Some("some") => {
            let picked: BTreeSet<String> =
                params.all("project").filter(|id| is_project_id(id)).map(str::to_owned).collect();
            match picked.len() {
                0 => Err(PageError::refused("no_project")),
                1..=MAX_PROJECTS => Ok(Projects::Only(picked)),
                _ => too_many_projects(),
            }
        }
        _ => Err(PageError::refused("no_projects_choice")),
    }
}
