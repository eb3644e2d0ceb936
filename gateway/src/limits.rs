//! How often strangers may ask. Hosted clients share a few addresses, so the quotas are generous; what they stop is a
//! flood from one place.

use std::time::Duration;

use crate::rate_limit::Limit;

const MINUTE: Duration = Duration::from_secs(60);

/// Client registrations per address prefix.
pub(crate) const REGISTER: Limit = Limit { name: "register", quota: 600, window: MINUTE };
/// Pages of the authorization, from the request to the consent, per address prefix.
pub(crate) const AUTHORIZE: Limit = Limit { name: "authorize", quota: 1200, window: MINUTE };
/// Pushed authorization requests per address prefix.
pub(crate) const PUSH: Limit = Limit { name: "push", quota: 600, window: MINUTE };
/// Revocations per address prefix.
pub(crate) const REVOKE: Limit = Limit { name: "revoke", quota: 600, window: MINUTE };
/// Token requests that failed, per address prefix: guessing is slow, refreshing is free.
pub(crate) const TOKEN_FAILURES: Limit = Limit { name: "token-failures", quota: 300, window: MINUTE };
/// The same per client, wherever they come from; a client with a document is one for all who run it. Only those that failed are refused, so nobody can lock a client out.
pub(crate) const CLIENT_FAILURES: Limit = Limit { name: "client-failures", quota: 12_000, window: MINUTE };
/// Refreshes of one session. Some clients refresh before nearly every request.
pub(crate) const REFRESH: Limit = Limit { name: "refresh", quota: 600, window: MINUTE };
/// Sign-ins and authorizations of one person.
pub(crate) const ACCOUNT: Limit = Limit { name: "account", quota: 120, window: MINUTE };
/// Streams of two events for the doctor, per address prefix.
pub(crate) const PROBE: Limit = Limit { name: "probe", quota: 60, window: MINUTE };
/// Requests of devices, each of which is a row, per address prefix.
pub(crate) const DEVICE: Limit = Limit { name: "device", quota: 120, window: MINUTE };
/// User codes typed, per address prefix.
pub(crate) const USER_CODE: Limit = Limit { name: "user-code", quota: 30, window: MINUTE };
/// User codes typed, per site: an IPv4 /24 or an IPv6 /48, of which one party may have all. So none of them uses up what
/// everybody has together.
pub(crate) const USER_CODE_SITE: Limit = Limit { name: "user-code-site", quota: 120, window: MINUTE };
/// Questions of one device, each of which is a write: one that keeps its interval asks 12 times.
pub(crate) const DEVICE_POLLS: Limit = Limit { name: "device-polls", quota: 30, window: MINUTE };
/// User codes typed by everybody: with as many live codes, one in tens of millions of tries hits.
pub(crate) const USER_CODES: Limit = Limit { name: "user-codes", quota: 3000, window: MINUTE };
/// Tokens that a client asks for without a person, per client: one in a quarter of an hour is enough for a replica of it.
pub(crate) const MACHINE: Limit = Limit { name: "machine", quota: 600, window: MINUTE };
