//! The person has decided: the code, and the way back to the client.

use axum::response::Response;
use shared::{assertion::Projects, chain::Chain, jws::MAX_TOKEN_BYTES};
use tracing::warn;

use crate::{
    app::App,
    domain::{
        authorization::{Approval, SignedIn},
        secret::hash,
        session::{CODE_LEEWAY, CODE_LIFETIME},
        token,
    },
    language::Here,
    metrics::{CONSENT, ConsentStep},
    pages::{self, Leaving, PageError},
};

/// More projects than this do not fit into a token; whoever wants more allows all.
pub(super) const MAX_PROJECTS: usize = 100;

/// Takes the approval and leads back to the client with a code.
pub(super) async fn give_code(
    app: &App,
    signed_in: &SignedIn,
    approval: &Approval,
) -> Result<Response, PageError> {
    let now = app.clock.now();
    let code = token::new_code()?;
    let request = &signed_in.request;
    if !fits_into_a_token(&request.client_id, &approval.projects) {
        return too_many_projects();
    }
    app.store.remember_client(&request.client_id, &request.client, &request.client_origin, now).await?;
    if let Some(device) = &request.device {
        if !app.store.decide_device(signed_in, device, Some(approval), now).await? {
            return Err(expired());
        }
        CONSENT.count(ConsentStep::Approved);
        note_language(app, signed_in).await;
        return pages::device_decided(true);
    }
    let honoured_until = now.plus(CODE_LIFETIME).plus(CODE_LEEWAY);
    if !app.store.approve(signed_in, approval, &hash(&code), (now, honoured_until)).await? {
        return Err(expired());
    }
    CONSENT.count(ConsentStep::Approved);
    note_language(app, signed_in).await;
    back(app, signed_in, &[("code", &code)])
}

/// What the person reads, for the mail that tells them of this connection. Without it they get it in English, so the decision
/// itself goes on.
async fn note_language(app: &App, signed_in: &SignedIn) {
    if app.notices.by_mail() {
        let (subject, now) = (&signed_in.person.subject, app.clock.now());
        if let Err(error) = app.store.note_language(subject, Here::now().tag(), now).await {
            warn!(error = %Chain(&error), "a person's language was not noted");
        }
    }
}

/// Back to the client, with `state` and the issuer (RFC 9207 §2).
pub(super) fn back(app: &App, signed_in: &SignedIn, result: &[(&str, &str)]) -> Result<Response, PageError> {
    let mut parameters = result.to_vec();
    parameters.extend(signed_in.request.state.as_deref().map(|state| ("state", state)));
    parameters.push(("iss", app.issuer.as_str()));
    let leaving = Leaving::Back(&signed_in.request.client.name);
    pages::leave(leaving, &signed_in.request.redirect_uri.with(&parameters))
}

/// Whether the access tokens of the session stay well below what is read of a token: they carry the client's id and the
/// projects, encoded.
fn fits_into_a_token(client_id: &str, projects: &Projects) -> bool {
    const OTHER_CLAIMS: usize = 800;
    let listed = match projects {
        Projects::All => 0,
        Projects::Only(ids) => ids.iter().map(|id| id.len() + 3).sum(),
    };
    (client_id.len() + listed + OTHER_CLAIMS) * 4 / 3 < MAX_TOKEN_BYTES
}

pub(super) fn too_many_projects<T>() -> Result<T, PageError> {
    Err(PageError::refused_with("too_many_projects", "most", MAX_PROJECTS))
}

/// What the browser came back for is over, or was decided already.
pub(super) fn expired() -> PageError {
    PageError::refused("expired")
}
