//! What metrics are told apart by. None of it is a client's or a person's, or anything else that a request can bring
//! along.

use shared::{label, telemetry::metrics::Label as _};

label! {
    /// A route of `router.rs`.
    pub(crate) enum Route = "route" {
        Mcp = "/mcp",
        Token = "/oauth/token",
        Authorize = "/oauth/authorize",
        Callback = "/oauth/callback",
        Consent = "/oauth/consent",
        Register = "/oauth/register",
        Pushed = "/oauth/par",
        Revoke = "/oauth/revoke",
        DeviceAuthorization = "/oauth/device_authorization",
        Device = "/oauth/device",
        Jwks = "/oauth/jwks",
        Description = "/openapi.json",
        Probe = "/probe/stream",
        Resource = "/.well-known/oauth-protected-resource",
        ResourceOfMcp = "/.well-known/oauth-protected-resource/mcp",
        Server = "/.well-known/oauth-authorization-server",
        OpenId = "/.well-known/openid-configuration",
        Connect = "/",
        Account = "/account",
        AccountSignIn = "/account/sign-in",
        Style = "/assets/style.css",
        CopyScript = "/assets/copy.js",
        Exchange = "/internal/token",
        Introspect = "/internal/introspect",
        IdentityKeys = "/internal/jwks",
        Metrics = "/metrics",
        Live = "/healthz",
        Ready = "/readyz",
        Other = "other",
    }
}

impl Route {
    const ALL: [Self; Self::VALUES.len()] = [
        Self::Mcp,
        Self::Token,
        Self::Authorize,
        Self::Callback,
        Self::Consent,
        Self::Register,
        Self::Pushed,
        Self::Revoke,
        Self::DeviceAuthorization,
        Self::Device,
        Self::Jwks,
        Self::Description,
        Self::Probe,
        Self::Resource,
        Self::ResourceOfMcp,
        Self::Server,
        Self::OpenId,
        Self::Connect,
        Self::Account,
        Self::AccountSignIn,
        Self::Style,
        Self::CopyScript,
        Self::Exchange,
        Self::Introspect,
        Self::IdentityKeys,
        Self::Metrics,
        Self::Live,
        Self::Ready,
        Self::Other,
    ];

    /// The route of a path as the router writes it.
    pub(crate) fn of(path: &str) -> Self {
        let named = Self::VALUES.iter().zip(Self::ALL).find(|(value, _)| **value == path);
        named.map_or(Self::Other, |(_, route)| route)
    }
}

label! {
    /// What a token was asked for with.
    pub(crate) enum Grant = "grant" {
        Code = "authorization_code",
        Refresh = "refresh_token",
        ClientCredentials = "client_credentials",
        Device = "device_code",
        IdJag = "jwt_bearer",
        Other = "other",
    }
}

impl Grant {
    /// By `grant_type`.
    pub(crate) fn of(grant_type: Option<&str>) -> Self {
        use crate::domain::grant::Grant;
        match grant_type.and_then(Grant::parse) {
            Some(Grant::AuthorizationCode) => Self::Code,
            Some(Grant::RefreshToken) => Self::Refresh,
            Some(Grant::ClientCredentials) => Self::ClientCredentials,
            Some(Grant::Device) => Self::Device,
            Some(Grant::IdJag) => Self::IdJag,
            None => Self::Other,
        }
    }
}

label! {
    /// What the token endpoint said.
    pub(crate) enum Granted = "outcome" {
        Tokens = "granted",
        InvalidGrant = "invalid_grant",
        InvalidClient = "invalid_client",
        InvalidProof = "invalid_dpop_proof",
        NonceAsked = "use_dpop_nonce",
        Unavailable = "unavailable",
        Refused = "refused",
    }
}

label! {
    /// What a presented refresh token was.
    pub(crate) enum Refreshed = "outcome" {
        Advanced = "advanced",
        Replayed = "replayed",
        Reused = "reused",
    }
}

label! {
    /// How far an authorization got.
    pub(crate) enum ConsentStep = "step" {
        Asked = "asked",
        SignedIn = "signed_in",
        Approved = "approved",
        Denied = "denied",
    }
}

label! {
    /// Whether the backend answered.
    pub(crate) enum OutageKind = "outcome" {
        Answered = "answered",
        Timeout = "timeout",
        Unreachable = "unreachable",
    }
}

label! {
    /// What Peaka said to a refresh token.
    pub(crate) enum Renewed = "outcome" {
        Anew = "renewed",
        Refused = "refused",
        Outage = "outage",
    }
}

label! {
    /// How it is told of events.
    pub(crate) enum NoticeWay = "way" {
        Webhook = "webhook",
        Mail = "mail",
    }
}

label! {
    /// What became of a try to tell.
    pub(crate) enum Notice = "outcome" {
        Told = "told",
        Failed = "failed",
        GivenUp = "given_up",
    }
}

label! {
    /// What a cache knew.
    pub(crate) enum CacheAnswer = "answer" {
        Hit = "hit",
        Miss = "miss",
    }
}

label! {
    /// What a connection does; `most` is how many there may be.
    pub(crate) enum Connections = "state" {
        Busy = "busy",
        Idle = "idle",
        Most = "most",
    }
}

label! {
    /// What a connection to Redis is for.
    pub(crate) enum RedisUse = "use" {
        Commands = "commands",
        Subscription = "subscription",
    }
}

label! {
    /// What became of a command for Redis.
    pub(crate) enum RedisAnswer = "outcome" {
        Answered = "answered",
        Refused = "refused",
        TimedOut = "timeout",
        Away = "away",
    }
}

label! {
    /// A key ring.
    pub(crate) enum Ring = "ring" {
        Access = "access",
        Identity = "identity",
        Sealing = "sealing",
        Refresh = "refresh",
    }
}
