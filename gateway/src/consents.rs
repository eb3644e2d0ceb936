//! Decisions that people want to be remembered: see [`crate::domain::remembered`] for what that spares them.

use std::time::Duration;

use shared::clock::SharedClock;
use tracing::{info, warn};

use crate::{
    domain::{
        authorization::{Approval, AuthorizationRequest, Person, SignedIn},
        remembered::{Remembered, Standing, fingerprint, web_origin},
    },
    store::{Relation, Store, StoreError},
};

/// Remembers, and forgets.
#[derive(Debug)]
pub(crate) struct Consents {
    store: Store,
    clock: SharedClock,
    /// Zero: nothing is remembered.
    life: Duration,
}

impl Consents {
    /// Decisions are remembered for `life`.
    pub(crate) fn new(store: Store, clock: SharedClock, life: Duration) -> Self {
        Self { store, clock, life }
    }

    /// Whether a decision about this request may be remembered.
    pub(crate) fn may_be_remembered(&self, request: &AuthorizationRequest) -> bool {
        self.redirect_origin(request).is_some()
    }

    /// What `person` decided about such a request.
    pub(crate) async fn standing(
        &self,
        person: &Person,
        request: &AuthorizationRequest,
    ) -> Result<Standing, StoreError> {
        let Some(relation) = self.relation(person, request) else { return Ok(Standing::Unknown) };
        let remembered = self.store.remembered_consent(relation, self.clock.now()).await?;
        Ok(remembered.map_or(Standing::Unknown, |remembered| remembered.judge(request)))
    }

    /// Keeps what was just decided. What fails here costs a question more the next time, so the decision itself goes on.
    pub(crate) async fn remember(&self, signed_in: &SignedIn, approval: &Approval) {
        let SignedIn { person, request, .. } = signed_in;
        let Some(relation) = self.relation(person, request) else { return };
        let remembered = Remembered {
            fingerprint: fingerprint(request),
            asked: request.scopes,
            scopes: approval.scopes,
            projects: approval.projects.clone(),
        };
        let now = self.clock.now();
        info!(subject = person.subject, client_id = request.client_id, "remembering a consent");
        let done = self.store.remember_consent(relation, &remembered, (now, now.plus(self.life))).await;
        if let Err(error) = done {
            warn!(%error, "could not remember a consent");
        }
    }

    /// Forgets what was decided before. To be done before another decision is taken: one that left the former standing
    /// would not be the one that its person made.
    pub(crate) async fn forget(&self, signed_in: &SignedIn) -> Result<(), StoreError> {
        match self.relation(&signed_in.person, &signed_in.request) {
            Some(relation) => self.store.forget_consent(relation).await,
            None => Ok(()),
        }
    }

    fn redirect_origin<'a>(&self, request: &'a AuthorizationRequest) -> Option<&'a str> {
        web_origin(request).filter(|_| !self.life.is_zero())
    }

    fn relation<'a>(&self, person: &'a Person, request: &'a AuthorizationRequest) -> Option<Relation<'a>> {
        let redirect_origin = self.redirect_origin(request)?;
        Some(Relation { person, client_id: &request.client_id, redirect_origin })
    }
}
