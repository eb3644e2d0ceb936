//! Who calls, by which bearer, and what they reach.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};

use super::error::ApiError;
use crate::{
    app::App,
    chance,
    demo::{self, Person},
    requests::Bearer,
    world::places::{self, Organization, Project},
};

/// Someone whose bearer counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub(crate) person: &'static Person,
    pub(crate) bearer: Bearer,
}

impl Caller {
    /// Who is behind these headers.
    pub(crate) fn of(app: &App, headers: &HeaderMap) -> Result<Self, ApiError> {
        let mut lines = headers.get_all(AUTHORIZATION).into_iter();
        let (Some(line), None) = (lines.next(), lines.next()) else { return Err(ApiError::Unauthorized) };
        let token = line
            .to_str()
            .ok()
            .and_then(|line| line.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"))
            .map(|(_, token)| token.trim())
            .ok_or(ApiError::Unauthorized)?;
        let owner = &demo::PEOPLE[0];
        if chance::same(token, demo::PROJECT_KEY) {
            return Ok(Self { person: owner, bearer: Bearer::ProjectKey });
        }
        if chance::same(token, demo::PARTNER_KEY) {
            return Ok(Self { person: owner, bearer: Bearer::PartnerKey });
        }
        let claims = app.access_tokens.read(token).ok_or(ApiError::Unauthorized)?;
        let email = app.grants.holder(&claims.gid, claims.epoch).ok_or(ApiError::Unauthorized)?;
        let person = demo::person(&email).ok_or(ApiError::Unauthorized)?;
        Ok(Self { person, bearer: Bearer::UserToken })
    }

    /// A project key has no business among organizations.
    pub(crate) fn beyond_one_project(&self) -> Result<(), ApiError> {
        if self.bearer == Bearer::ProjectKey { Err(ApiError::Forbidden) } else { Ok(()) }
    }

    /// The project with this id, if the caller reaches it. One that does not exist looks like one out of reach.
    pub(crate) fn project(&self, id: &str) -> Result<(&'static Organization, &'static Project), ApiError> {
        if self.bearer == Bearer::ProjectKey && id != demo::PROJECT {
            return Err(ApiError::Forbidden);
        }
        places::project(id)
            .filter(|(organization, project)| self.person.reaches_project(organization, project))
            .ok_or(ApiError::Forbidden)
    }
}

/// As it was found out when the request came in: its signature is verified once.
impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ApiError> {
        parts.extensions.get().copied().ok_or(ApiError::Unauthorized)
    }
}
