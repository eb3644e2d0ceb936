//! The page of connected apps.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use shared::{assertion::Projects, clock::Timestamp, scope::Scopes};

use super::{ClientCard, PageError, moment::Moment, render};
use crate::{
    domain::{
        audit::{THEFTS, TOLD},
        authorization::Person,
    },
    language::Here,
    peaka::Project,
    store::{AuditRow, Calls, Connected, Decision, KeptOut},
};

/// A connection is called new for so long.
const NEW_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// What the page is made of.
pub(crate) struct AccountPage<'a> {
    pub(crate) person: &'a Person,
    pub(crate) connected: Vec<Connected>,
    pub(crate) calls: Vec<Calls>,
    /// What happened, the newest first.
    pub(crate) events: Vec<AuditRow>,
    /// What is remembered of their decisions, with the names of the apps.
    pub(crate) decisions: Vec<(Decision, Option<String>)>,
    /// Whom they keep out.
    pub(crate) kept_out: Vec<KeptOut>,
    /// What projects are called, as far as Peaka said.
    pub(crate) projects: Vec<Project>,
    pub(crate) token: String,
    /// How many sessions the person has just ended.
    pub(crate) ended: Option<u32>,
    pub(crate) now: Timestamp,
}

struct Row {
    id: String,
    client: ClientCard,
    device: Option<String>,
    by_enterprise: bool,
    scopes: Vec<String>,
    /// None: all of them.
    projects: Option<Vec<String>>,
    began: Moment,
    used: Moment,
    ends: Moment,
    is_new: bool,
    /// Name and count; the nameless sum has none.
    tools: Vec<(String, i64)>,
    unnamed: i64,
}

struct Remembered {
    id: String,
    /// The web origin, where the app has no name any more.
    name: String,
    origin: String,
    scopes: Vec<String>,
    until: Moment,
}

struct Out {
    id: String,
    name: String,
    since: Moment,
}

struct Event {
    at: Moment,
    text: String,
    /// An address prefix.
    origin: Option<String>,
    is_theft: bool,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Account<'a> {
    w: Here,
    email: &'a str,
    name: Option<&'a str>,
    token: &'a str,
    ended: Option<String>,
    theft: bool,
    rows: Vec<Row>,
    remembered: Vec<Remembered>,
    kept_out: Vec<Out>,
    events: Vec<Event>,
}

#[derive(Template)]
#[template(path = "account_sign_in.html")]
struct SignIn {
    w: Here,
}

/// The button that leads to Peaka's sign-in.
pub(crate) fn sign_in() -> Result<Response, PageError> {
    render(StatusCode::OK, &SignIn { w: Here::now() })
}

/// A person's connected apps.
pub(crate) fn account(page: &AccountPage<'_>) -> Result<Response, PageError> {
    let w = Here::now();
    let events: Vec<Event> = page.events.iter().filter_map(|event| told(&w, event, page.now)).collect();
    let ended = page.ended.map(|ended| match ended {
        0 => w.t("account.ended_none").to_owned(),
        1 => w.t("account.ended_one").to_owned(),
        more => w.say("account.ended_many", "n", more),
    });
    let shown = Account {
        email: &page.person.email,
        name: page.person.name.as_deref(),
        token: &page.token,
        ended,
        theft: events.iter().any(|event| event.is_theft),
        rows: page.connected.iter().map(|connected| row(&w, page, connected)).collect(),
        remembered: page.decisions.iter().map(|decision| remembered(&w, decision, page.now)).collect(),
        kept_out: page.kept_out.iter().map(|out| kept_out(&w, out, page.now)).collect(),
        events,
        w,
    };
    render(StatusCode::OK, &shown)
}

fn row(w: &Here, page: &AccountPage<'_>, Connected { session, device, by_enterprise }: &Connected) -> Row {
    let calls: Vec<&Calls> = page.calls.iter().filter(|calls| calls.session_id == session.id).collect();
    let used = calls
        .iter()
        .map(|calls| calls.last_at)
        .max()
        .map_or(session.refreshed_at, |at| at.max(session.refreshed_at));
    let name = |id: &String| {
        page.projects
            .iter()
            .find(|project| project.id == *id)
            .map_or_else(|| id.clone(), |project| project.name.clone())
    };
    Row {
        id: session.id.clone(),
        client: ClientCard::of_session(w, session),
        device: device.clone(),
        by_enterprise: *by_enterprise,
        scopes: titles(w, session.scopes),
        projects: match &session.projects {
            Projects::All => None,
            Projects::Only(ids) => Some(ids.iter().map(name).collect()),
        },
        began: Moment::of(w, session.created_at, page.now),
        used: Moment::of(w, used, page.now),
        ends: Moment::of(w, session.expires_at.min(session.idle_expires_at), page.now),
        is_new: page.now.millis() - session.created_at.millis() < NEW_MILLIS,
        unnamed: calls.iter().filter(|calls| calls.tool.is_empty()).map(|calls| calls.calls).sum(),
        tools: calls
            .iter()
            .filter(|calls| !calls.tool.is_empty())
            .map(|calls| (calls.tool.clone(), calls.calls))
            .collect(),
    }
}

fn titles(w: &Here, scopes: Scopes) -> Vec<String> {
    scopes.iter().map(|scope| w.t(&format!("scopes.{scope}.title")).to_owned()).collect()
}

fn remembered(w: &Here, (decision, name): &(Decision, Option<String>), now: Timestamp) -> Remembered {
    Remembered {
        id: decision.id.clone(),
        name: name.clone().unwrap_or_else(|| decision.redirect_origin.clone()),
        origin: decision.redirect_origin.clone(),
        scopes: titles(w, decision.scopes),
        until: Moment::of(w, decision.until, now),
    }
}

fn kept_out(w: &Here, out: &KeptOut, now: Timestamp) -> Out {
    Out { id: out.id.clone(), name: out.client_name.clone(), since: Moment::of(w, out.since, now) }
}

fn told(w: &Here, event: &AuditRow, now: Timestamp) -> Option<Event> {
    let kind = TOLD.into_iter().find(|kind| *kind == event.kind)?;
    let app = event.client_name.clone().unwrap_or_else(|| w.t("events.an_app").to_owned());
    Some(Event {
        at: Moment::of(w, event.at, now),
        text: w.say(&format!("events.{kind}"), "app", app),
        origin: event.origin_told().map(str::to_owned),
        is_theft: THEFTS.contains(&kind),
    })
}
