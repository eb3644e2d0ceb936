//! `X-Forwarded-For`. Whoever is not a trusted proxy is taken for itself, whatever it writes.
#![no_main]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use gateway::{fuzzing::address, rate_limit::prefix};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;

const NAME: HeaderName = HeaderName::from_static("x-forwarded-for");
const STRANGER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 1);
const PROXY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 1);

fn is_trusted(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.octets()[0] == 10,
        IpAddr::V6(address) => address.octets()[0] == 0xfd,
    }
}

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n').take(8) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(NAME, value);
        }
    }
    assert_eq!(address(STRANGER, &headers), STRANGER.ip());
    let client = address(PROXY, &headers);
    let _ = prefix(client);
    assert_eq!(client, client.to_canonical());
    // What the proxy in front appended decides: nothing to the left of a stranger's address changes the answer.
    if !is_trusted(client) {
        headers.append(NAME, HeaderValue::try_from(format!("203.0.113.9, {client}")).unwrap());
        assert_eq!(address(PROXY, &headers), client);
    }
});
