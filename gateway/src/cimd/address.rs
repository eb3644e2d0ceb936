//! Which addresses are the public internet's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 networks that are not (the special-purpose registry of RFC 6890 as IANA keeps it, and multicast).
const V4_RESERVED: &[([u8; 4], u8)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 31, 196, 0], 24),
    ([192, 52, 193, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([192, 175, 48, 0], 24),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 3),
    // Public by registry, yet inside Azure the machine's own platform service.
    ([168, 63, 129, 16], 32),
];

/// The only IPv6 network handed out for the public internet.
const V6_PUBLIC: (u128, u8) = (0x2000 << 112, 3);

/// What is reserved within it.
const V6_RESERVED: &[(u128, u8)] = &[
    // Protocol assignments, with Teredo (2001::/32) and ORCHID among them.
    (0x2001 << 112, 23),
    // Documentation.
    (0x2001_0db8 << 96, 32),
    (0x3fff << 112, 20),
    // 6to4: an IPv4 address in disguise.
    (0x2002 << 112, 16),
    // AS112.
    (0x2620_004f_8000 << 80, 48),
];

/// Whether `address` is a global unicast address, one that a stranger's document may live at. IPv6 addresses that
/// carry an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo, ISATAP) are not, whichever they carry.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let within = |(network, length): &([u8; 4], u8)| {
        (address.to_bits() ^ u32::from_be_bytes(*network)).checked_shr(32 - u32::from(*length)).unwrap_or(0)
            == 0
    };
    !V4_RESERVED.iter().any(within)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let bits = address.to_bits();
    let within = |(network, length): &(u128, u8)| (bits ^ network) >> (128 - u32::from(*length)) == 0;
    // ISATAP (RFC 5214 §6.1) embeds in the lower half, under any prefix: 0000:5efe or 0200:5efe, then the address.
    let interface = (bits >> 32) as u32;
    let isatap = interface & !0x0200_0000 == 0x5efe;
    within(&V6_PUBLIC) && !V6_RESERVED.iter().any(within) && !isatap
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(address: &str) -> bool {
        is_public(address.parse().unwrap())
    }

    #[test]
    fn reserved_networks_are_refused_from_their_first_to_their_last_address() {
        for edge in [
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "168.63.129.16",
            "169.254.0.0",
            "169.254.169.254",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.0.0",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.0",
            "192.168.255.255",
            "198.18.0.0",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.255",
            "224.0.0.0",
            "239.255.255.255",
            "240.0.0.0",
            "255.255.255.255",
        ] {
            assert!(!public(edge), "{edge}");
        }
    }

    #[test]
    fn their_neighbours_are_public() {
        for address in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "168.63.129.15",
            "168.63.129.17",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "2001:200::1",
            "2001:db9::1",
            "2003::1",
            "3ffe::1",
        ] {
            assert!(public(address), "{address}");
        }
    }

    #[test]
    fn only_global_unicast_of_ipv6_is_public_and_nothing_that_carries_an_ipv4_address() {
        for address in [
            "::",
            "::1",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::ffff:0:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b::8.8.8.8",
            "64:ff9b:1::a00:1",
            "100::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:1ff:ffff::",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:808:808::1",
            "2620:4f:8000::1",
            "3fff::1",
            "3fff:fff:ffff::",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fe80::5efe:10.0.0.1",
            "fec0::1",
            "ff02::1",
            "2a00::5efe:10.0.0.1",
            "2a00::200:5efe:8.8.8.8",
        ] {
            assert!(!public(address), "{address}");
        }
    }
}
