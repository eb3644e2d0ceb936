//! What every request shares. `App` owns the parts; no part knows `App`.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use http::HeaderMap;
use shared::{assertion::Verified, clock::SharedClock, serve::Leaving};
use tokio_util::sync::CancellationToken;

use crate::{
    access_token::AccessTokens,
    audit::Audit,
    bulkhead::Bulkhead,
    cimd::ClientDocuments,
    client_assertion::ClientAssertions,
    clients::Clients,
    config::{AllowedOrigins, Capacity, Config},
    consents::Consents,
    cookies::{Cookies, Kind},
    credentials::Credentials,
    domain::{audit::Refusal, grant::Grants, issuer::Issuer, secret::NoRandomness, session::Lifetimes},
    dpop::Dpop,
    ephemeral,
    housekeeping::{Housekeeping, Terms},
    id_jag::IdJag,
    keys::{Keys, KeysError},
    notices::Notices,
    operator_clients::{KeySets, OperatorClients},
    peaka::{self, Peaka},
    rate_limit::{GENEROSITY, Limit, LimitExceeded, Networks, RateLimiter, client_address, prefix, site},
    revocation::Revocation,
    store::{Browser, OpenError, Store, StoreError},
    upstream::Upstream,
    usage::Usage,
};

/// The gateway's parts.
#[derive(Debug)]
pub struct App {
    pub(crate) issuer: Issuer,
    pub(crate) clock: SharedClock,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) grants: Grants,
    pub(crate) dpop: Dpop,
    pub(crate) allowed_origins: AllowedOrigins,
    trusted_proxies: Networks,
    generous: Networks,
    pub(crate) capacity: Capacity,
    pub(crate) cookies: Cookies,
    pub(crate) store: Store,
    pub(crate) keys: Arc<Keys>,
    pub(crate) limiter: RateLimiter,
    pub(crate) clients: Clients,
    pub(crate) consents: Consents,
    pub(crate) operator_clients: OperatorClients,
    pub(crate) id_jag: IdJag,
    pub(crate) peaka: Arc<Peaka>,
    pub(crate) access_tokens: AccessTokens,
    pub(crate) assertions: Verified,
    pub(crate) revocation: Arc<Revocation>,
    pub(crate) credentials: Credentials,
    pub(crate) upstream: Upstream,
    pub(crate) bulkhead: Bulkhead,
    pub(crate) housekeeping: Housekeeping,
    pub(crate) audit: Audit,
    pub(crate) usage: Usage,
    pub(crate) notices: Notices,
    /// How this replica leaves, and whether it was told to.
    pub(crate) leaving: Leaving,
    pub(crate) told_to_leave: CancellationToken,
}

/// Why the gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database, once open.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key rings.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Redis' address.
    #[error(transparent)]
    Ephemeral(#[from] ephemeral::EphemeralError),
    /// The threads.
    #[error("no threads to serve with")]
    Workers(#[source] std::io::Error),
    /// The client of Peaka.
    #[error(transparent)]
    Peaka(#[from] peaka::StartError),
    /// The random source.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// Those who tell of events.
    #[error(transparent)]
    Notices(#[from] crate::notices::Unusable),
    /// The client for documents of clients.
    #[error(transparent)]
    Documents(#[from] crate::cimd::UnusablePolicy),
}

impl App {
    /// Opens the database and the key rings and puts the parts together.
    pub async fn start(config: Config, clock: SharedClock) -> Result<Arc<Self>, StartError> {
        let store = Store::connect(&config.storage.store).await?;
        let keys = Arc::new(Keys::open(store.clone(), config.storage.master_keys, clock.now()).await?);
        let ephemeral = ephemeral::connect(config.storage.redis.as_ref(), Arc::clone(&clock))?;
        let peaka = Arc::new(Peaka::new(config.peaka, Arc::clone(&clock))?);
        let documents = ClientDocuments::new(config.cimd, Arc::clone(&ephemeral))?;
        let lifetimes = config.tokens.lifetimes;
        let issuer = config.network.issuer;
        let revocation = Arc::new(Revocation::new(store.clone(), Arc::clone(&ephemeral), Arc::clone(&clock)));
        revocation.load().await?;
        let terms = Terms { schedule: config.tokens.schedule(), audit: config.tokens.audit_retention };
        let housekeeping = Housekeeping::new(store.clone(), Arc::clone(&keys), Arc::clone(&clock), terms)?;
        let key_sets = KeySets::new(documents.clone(), Arc::clone(&clock));
        let operator_clients =
            OperatorClients::new(config.clients, store.clone(), Arc::clone(&keys), key_sets.clone());
        let assertions = ClientAssertions::new(&issuer, Arc::clone(&ephemeral), Arc::clone(&clock));
        let dpop = Dpop::new(
            config.dpop,
            issuer.clone(),
            Arc::clone(&keys),
            Arc::clone(&ephemeral),
            Arc::clone(&clock),
        );
        Ok(Arc::new(Self {
            notices: Notices::new(config.webhook, config.mail, &issuer, &store, &clock)?,
            audit: Audit::new(store.clone(), Arc::clone(&clock)),
            cookies: Cookies::new(issuer.is_https()),
            limiter: RateLimiter::new(ephemeral, Arc::clone(&clock)),
            clients: Clients::new(
                Arc::clone(&keys),
                documents,
                store.clone(),
                assertions,
                operator_clients.clone(),
            ),
            consents: Consents::new(store.clone(), Arc::clone(&clock), config.tokens.remember_consents),
            access_tokens: AccessTokens::new(
                Arc::clone(&keys),
                issuer.clone(),
                Arc::clone(&clock),
                revocation.revoked(),
            ),
            credentials: Credentials::new(
                store.clone(),
                Arc::clone(&keys),
                Arc::clone(&peaka),
                Arc::clone(&revocation),
                Arc::clone(&clock),
            ),
            upstream: Upstream::new(&config.network.backend),
            assertions: Verified::default(),
            bulkhead: Bulkhead::new(config.capacity.calls, config.capacity.streams),
            housekeeping,
            operator_clients,
            id_jag: IdJag::new(config.issuers, issuer.clone(), key_sets, Arc::clone(&clock)),
            grants: config.grants,
            dpop,
            usage: Usage::new(store.clone(), Arc::clone(&clock)),
            allowed_origins: config.network.allowed_origins,
            trusted_proxies: config.network.trusted_proxies,
            generous: config.network.generous,
            capacity: config.capacity,
            leaving: config.network.leaving,
            told_to_leave: CancellationToken::new(),
            clock,
            issuer,
            lifetimes,
            store,
            keys,
            peaka,
            revocation,
        }))
    }

    /// Counts a request against its caller's quota.
    ///
    /// # Errors
    /// If it is used up.
    pub(crate) async fn limit(
        &self,
        limit: &Limit,
        peer: SocketAddr,
        headers: &HeaderMap,
    ) -> Result<(), LimitExceeded> {
        let address = client_address(peer, headers, &self.trusted_proxies);
        let limit = if self.generous.contain(address) { limit.generous() } else { *limit };
        self.count(&limit, &prefix(address)).await
    }

    /// The same against the quota of the whole site that it comes from.
    ///
    /// # Errors
    /// If it is used up.
    pub(crate) async fn limit_site(
        &self,
        limit: &Limit,
        peer: SocketAddr,
        headers: &HeaderMap,
    ) -> Result<(), LimitExceeded> {
        let address = client_address(peer, headers, &self.trusted_proxies);
        let limit = if self.generous.contain(address) { limit.generous() } else { *limit };
        self.count(&limit, &site(address)).await
    }

    /// Counts a request of an account, a session or a client against its quota, wherever it comes from.
    ///
    /// # Errors
    /// If it is used up.
    pub(crate) async fn count(&self, limit: &Limit, key: &str) -> Result<(), LimitExceeded> {
        self.limiter.check(limit, key).await.inspect_err(|_| self.audit.refused(Refusal::Flood, None))
    }

    /// How many connections a peer may have; `None` as many as there are.
    pub(crate) fn most_connections(&self, peer: IpAddr) -> Option<usize> {
        let most = self.capacity.connections_per_address;
        if self.trusted_proxies.contain(peer) {
            None
        } else if self.generous.contain(peer) {
            Some(most.saturating_mul(GENEROSITY.into()))
        } else {
            Some(most)
        }
    }

    /// Who is signed in in the browser that sent these headers.
    pub(crate) async fn signed_in(&self, headers: &HeaderMap) -> Result<Option<Browser>, StoreError> {
        match self.cookies.get(Kind::SignedIn, headers) {
            Some(cookie) => self.store.browser(&cookie.hash(), self.clock.now()).await,
            None => Ok(None),
        }
    }

    /// By what a caller is counted: the prefix of its address.
    pub(crate) fn caller(&self, peer: SocketAddr, headers: &HeaderMap) -> String {
        prefix(client_address(peer, headers, &self.trusted_proxies))
    }
}
