//! Connected apps: what a person let in, and the buttons that end it. Who is signed in says the cookie; a form must come
//! from our own page and carry that page's token.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, header};
use shared::{assertion::Projects, clock::Timestamp};

use crate::{
    app::App,
    cookies::{Cookie, Kind},
    domain::{
        audit::Refusal,
        session::{AUTHORIZATION_LIFETIME, Because},
    },
    limits,
    login::{
        begin::{Departure, depart},
        consent::projects,
    },
    oauth::{
        authorize::malformed,
        error::OAuthError,
        params::{FormBody, Params},
    },
    pages::{self, AccountPage, Leaving, PageError},
    same_origin::is_same_origin,
    store::{Browser, Decision, Which},
    usage::day,
};

const PATH: &str = "/account";
/// More sessions than this are not shown; an operator lists them all.
const MAX_SESSIONS: u32 = 100;
/// Nor more remembered decisions, nor clients that are kept out.
const MAX_DECISIONS: u32 = 50;
/// Nor more events.
const MAX_EVENTS: u32 = 30;
const WEEK_DAYS: i64 = 7;
const EVENTS_SHOWN_FOR: std::time::Duration = std::time::Duration::from_secs(30 * 24 * 60 * 60);
/// A page older than this has to be loaded again before its buttons work.
const TOKEN_LIFE: std::time::Duration = std::time::Duration::from_secs(60 * 60);

/// `GET /account`.
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    app.limit(&limits::AUTHORIZE, peer, &headers).await?;
    let Some((cookie, browser)) = who(&app, &headers).await? else { return sign_in_page(&app, &headers) };
    let params = Params::parse(query.unwrap_or_default().as_bytes()).map_err(malformed)?;
    let (now, subject) = (app.clock.now(), &browser.person.subject);
    let connected = app.store.connected(subject, now, MAX_SESSIONS).await?;
    let narrowed = connected.iter().any(|connected| connected.session.projects != Projects::All);
    let names = if narrowed { projects(&app, &browser.credential_id).await } else { None };
    pages::account(&AccountPage {
        person: &browser.person,
        calls: app.store.calls(subject, day(now) + 1 - WEEK_DAYS).await?,
        events: app.store.told_of_subject(subject, now.minus(EVENTS_SHOWN_FOR), MAX_EVENTS).await?,
        connected,
        decisions: decisions(&app, subject, now).await?,
        kept_out: app.store.kept_out(subject, MAX_DECISIONS).await?,
        projects: names.map(|list| list.projects).unwrap_or_default(),
        token: token(&app, &cookie, now)?,
        ended: params.get("ended").and_then(|ended| ended.parse().ok()),
        now,
    })
}

/// What is remembered of what they decided, with what the apps were called then.
async fn decisions(
    app: &App,
    subject: &str,
    now: Timestamp,
) -> Result<Vec<(Decision, Option<String>)>, PageError> {
    let mut named = Vec::new();
    for decision in app.store.decisions(subject, now, MAX_DECISIONS).await? {
        let name = app.store.client(&decision.client_id).await?.map(|client| client.metadata.name);
        named.push((decision, name));
    }
    Ok(named)
}

/// `POST /account`: ends a session, all of them, or the sign-in of this browser.
pub(crate) async fn act(
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
    let params = Params::parse(&body).map_err(malformed)?;
    let (cookie, browser) = who(&app, &headers).await?.ok_or_else(|| PageError::refused("signed_out"))?;
    if !is_token(&app, &cookie, params.get("token").unwrap_or_default()) {
        return Err(PageError::refused("old_account_page"));
    }
    let subject = &browser.person.subject;
    match (params.get("action"), params.get("session").or(params.get("entry"))) {
        (Some("end"), Some(session)) => end(&app, &browser, session).await,
        (Some("end_all"), None) => end_all(&app, &browser).await,
        (Some("forget"), None) => {
            app.store.forget_consents(Which::Subject(subject)).await?;
            Ok(back(None))
        }
        (Some("forget_one"), Some(entry)) => {
            app.store.forget_decision(subject, entry).await?;
            Ok(back(None))
        }
        (Some("let_in"), Some(entry)) => {
            app.store.let_in(subject, entry, app.clock.now()).await?;
            Ok(back(None))
        }
        (Some("sign_out"), None) => {
            app.store.remove_browser(&cookie.hash()).await?;
            Ok(back(None))
        }
        _ => Err(PageError::refused("old_account_page")),
    }
}

/// `POST /account/sign-in`: the button that begins a sign-in which no client asked for.
pub(crate) async fn sign_in(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    app.limit(&limits::AUTHORIZE, peer, &headers).await?;
    if !is_same_origin(&headers, &app.issuer) {
        app.audit.refused(Refusal::Form, None);
        return Err(PageError::Foreign);
    }
    let browser = app.cookies.get(Kind::Browser, &headers).ok_or(PageError::Foreign)?;
    let Departure { state_hash, verifier, url } = depart(&app, &[]).await?;
    let until = app.clock.now().plus(AUTHORIZATION_LIFETIME);
    app.store.begin_sign_in(&state_hash, &browser.hash(), &verifier, until).await?;
    pages::leave(Leaving::ToPeaka, url.as_str())
}

/// 303 to the page, which tells how many sessions were ended.
pub(crate) fn back(ended: Option<usize>) -> Response {
    let to = ended.map_or_else(|| PATH.to_owned(), |ended| format!("{PATH}?ended={ended}"));
    let mut response = Redirect::to(&to).into_response();
    pages::protect(response.headers_mut());
    response
}

async fn end(app: &App, browser: &Browser, session_id: &str) -> Result<Response, PageError> {
    // Somebody else's session and one that never was are answered alike.
    let session = app.store.session(session_id).await?;
    let own = session.is_some_and(|session| session.subject == browser.person.subject);
    if own {
        app.store.keep_out(&browser.person.subject, Some(session_id), app.clock.now()).await?;
    }
    let ended = own && app.revocation.end_session(session_id, Because::Person).await?;
    Ok(back(Some(usize::from(ended))))
}

async fn end_all(app: &App, browser: &Browser) -> Result<Response, PageError> {
    let subject = &browser.person.subject;
    // First what is under way, so that no code becomes a session behind their back.
    app.store.discard_unfinished(Which::Subject(subject)).await?;
    app.store.keep_out(subject, None, app.clock.now()).await?;
    app.store.forget_consents(Which::Subject(subject)).await?;
    let ended = app.revocation.end_sessions(Which::Subject(subject), Because::Person).await?;
    Ok(back(Some(ended)))
}

fn sign_in_page(app: &App, headers: &HeaderMap) -> Result<Response, PageError> {
    let fresh: Option<HeaderValue> = match app.cookies.get(Kind::Browser, headers) {
        Some(_) => None,
        None => app.cookies.set(&Cookie::new(Kind::Browser)?),
    };
    let mut response = pages::sign_in()?;
    response.headers_mut().extend(fresh.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

async fn who(app: &App, headers: &HeaderMap) -> Result<Option<(Cookie, Browser)>, PageError> {
    let browser = app.signed_in(headers).await?;
    Ok(app.cookies.get(Kind::SignedIn, headers).zip(browser))
}

/// What the page's token is bound to: this sign-in of this browser.
fn purpose(cookie: &Cookie) -> String {
    format!("account page/{}", cookie.hash())
}

fn token(app: &App, cookie: &Cookie, now: Timestamp) -> Result<String, PageError> {
    let until = now.plus(TOKEN_LIFE).millis().to_be_bytes();
    Ok(app.keys.seal(&purpose(cookie), &until)?)
}

fn is_token(app: &App, cookie: &Cookie, token: &str) -> bool {
    let plain = app.keys.unseal(&purpose(cookie), token).ok();
    let until = plain.and_then(|plain| <[u8; 8]>::try_from(plain.as_slice()).ok()).map(i64::from_be_bytes);
    until.is_some_and(|until| app.clock.now().millis() < until)
}
