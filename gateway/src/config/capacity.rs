//! How much this replica takes on at a time. What is beyond is turned away at once, so that the rest stays quick.

use shared::env::Env;

/// How much one replica takes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// `GATEWAY_CONNECTIONS`: connections of the public listener; further ones wait; default `10000`. Each needs one file
    /// descriptor, and one more while a call is under way.
    pub connections: usize,
    /// `GATEWAY_CONNECTIONS_PER_ADDRESS`: of these from one address (IPv6: one /64); further ones are closed; default `500`.
    /// Twenty times as many for `GATEWAY_GENEROUS_NETWORKS`, unbounded for `GATEWAY_TRUSTED_PROXIES`.
    pub connections_per_address: usize,
    /// `GATEWAY_CALLS`: calls of `/mcp` under way; further ones get 503; default `1024`.
    pub calls: usize,
    /// `GATEWAY_STREAMS`: answers of `/mcp` that stream events; further ones are given up with 502; default `8000`.
    pub streams: usize,
}

impl Capacity {
    pub(super) fn read(env: &mut Env) -> Self {
        let mut count = |name, default| {
            const FORM: &str = "a number from 1 to 1000000";
            let count = env.parsed(name, FORM, default);
            if !(1..=1_000_000).contains(&count) {
                env.wrong(name, format!("should be {FORM}"));
            }
            count
        };
        Self {
            connections: count("GATEWAY_CONNECTIONS", 10_000),
            connections_per_address: count("GATEWAY_CONNECTIONS_PER_ADDRESS", 500),
            calls: count("GATEWAY_CALLS", 1024),
            streams: count("GATEWAY_STREAMS", 8000),
        }
    }
}
