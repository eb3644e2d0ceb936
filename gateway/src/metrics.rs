//! Every metric of the gateway. They lie at the bottom: whatever happens counts itself by one line where it happens, and
//! the numbers of things that merely are (`scrape.rs`) are taken when somebody asks.

mod labels;
mod requests;

use shared::{
    metric,
    telemetry::metrics::{Metric, Outcome},
};

pub(crate) use self::{
    labels::{
        CacheAnswer, Connections, ConsentStep, Grant, Granted, Notice, NoticeWay, OutageKind, RedisAnswer,
        RedisUse, Refreshed, Renewed, Ring, Route,
    },
    requests::{count_requests, request_done},
};

metric!(pub(crate) REQUESTS: Counter<(Route, Outcome)> = "gateway_requests", "answered requests");
metric!(pub(crate) REQUEST_SECONDS: Histogram<Route> = "gateway_request_seconds", "from a request's header to its answer's header");
metric!(pub(crate) GRANTS: Counter<(Grant, Granted)> = "gateway_token_grants", "answers of the token endpoint");
metric!(pub(crate) REFRESHES: Counter<Refreshed> = "gateway_refreshes", "refresh tokens presented: `replayed` ones got the same answer again, `reused` ones ended their session");
metric!(pub(crate) CONSENT: Counter<ConsentStep> = "gateway_consent_steps", "how far people get: who came to Peaka's sign-in, signed in, and decided");
metric!(pub(crate) SESSIONS_ENDED: Counter<()> = "gateway_sessions_ended", "sessions that this replica ended before their time");
metric!(pub(crate) REVOCATION_LAG: Histogram<()> = "gateway_revocation_lag_seconds", "from the end of a session to its taking effect on this replica");
metric!(pub(crate) UPSTREAM_SECONDS: Histogram<OutageKind> = "gateway_upstream_seconds", "from a request to the backend to its answer's header");
metric!(pub(crate) RENEWALS: Counter<Renewed> = "gateway_credential_renewals", "Peaka tokens renewed, or not");
metric!(pub(crate) NOTICES: Counter<(NoticeWay, Notice)> = "gateway_notices", "tries to tell of a new connection or of a theft; what is `given_up` is not tried again");
metric!(pub(crate) TOKEN_CACHE: Counter<CacheAnswer> = "gateway_access_token_cache", "access tokens looked up: a `miss` costs a verification");
metric!(pub(crate) IN_FLIGHT: Gauge<()> = "gateway_requests_in_flight", "requests to `/mcp` whose answer has not begun");
metric!(pub(crate) OPEN_STREAMS: Gauge<()> = "gateway_open_streams", "answers that stream at this moment");
metric!(pub(crate) CONNECTIONS: Gauge<Connections> = "gateway_database_connections", "the connections to the database");
metric!(pub(crate) REDIS_CONNECTED: Gauge<RedisUse> = "gateway_redis_connected", "1 while there is a connection to Redis for this, 0 otherwise");
metric!(pub(crate) REDIS_COMMANDS: Counter<RedisAnswer> = "gateway_redis_commands", "commands for Redis; all but the `answered` ones failed, `away` ones without having been sent");
metric!(pub(crate) KEY_AGE: Gauge<Ring> = "gateway_key_age_seconds", "how long a ring's key has been in use");
metric!(pub(crate) REVOKED: Gauge<()> = "gateway_revoked_sessions_remembered", "ended sessions whose access tokens could still be presented");

/// All of them, in the order of the documentation.
pub(crate) static ALL: &[&dyn Metric] = &[
    &REQUESTS,
    &REQUEST_SECONDS,
    &GRANTS,
    &REFRESHES,
    &CONSENT,
    &SESSIONS_ENDED,
    &REVOCATION_LAG,
    &UPSTREAM_SECONDS,
    &RENEWALS,
    &NOTICES,
    &TOKEN_CACHE,
    &IN_FLIGHT,
    &OPEN_STREAMS,
    &CONNECTIONS,
    &REDIS_CONNECTED,
    &REDIS_COMMANDS,
    &KEY_AGE,
    &REVOKED,
];

#[cfg(test)]
mod tests {
    use shared::telemetry::metrics::{Label as _, table};

    use super::*;

    #[test]
    fn the_documentation_lists_every_metric() {
        let table = table(ALL);
        assert!(include_str!("../README.md").contains(&table), "gateway/README.md should have:\n{table}");
    }

    #[test]
    fn every_route_has_a_name_of_its_own() {
        let routes = include_str!("router.rs").split(".route(\"").skip(1);
        for route in routes.filter_map(|rest| rest.split('"').next()) {
            assert!(Route::VALUES.contains(&route), "metrics/labels.rs does not list {route}");
            assert_eq!(Route::VALUES[shared::telemetry::metrics::Label::index(Route::of(route))], route);
        }
    }
}
