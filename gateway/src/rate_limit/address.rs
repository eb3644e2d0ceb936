//! Whose request this is, as far as the network can tell.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use http::HeaderMap;
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// A list of networks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

/// A text is neither an address nor a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an IP address nor a network like 10.0.0.0/8")]
pub struct NotANetwork(String);

impl FromStr for Networks {
    type Err = NotANetwork;

    /// From addresses and networks, separated by commas.
    fn from_str(list: &str) -> Result<Self, NotANetwork> {
        let network = |text: &str| {
            text.parse::<IpNet>()
                .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| NotANetwork(text.to_owned()))
        };
        list.split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(network)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl Networks {
    /// Whether the address is in one of them.
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// The client's address, where the word of the proxies in the `trusted` networks is believed. `X-Forwarded-For` is read from the right, as each proxy appends whom it heard; reading
/// ends at the first address that is not a trusted proxy, since everything left of it is only that one's claim. An
/// entry that is no address ends it as well.
pub fn client_address(peer: SocketAddr, headers: &HeaderMap, trusted: &Networks) -> IpAddr {
    let mut client = peer.ip().to_canonical();
    let lines = headers.get_all(FORWARDED_FOR).into_iter().rev();
    // A line that is not text must end the reading and not be skipped: what is left of it is older.
    let entries = lines.flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
    for entry in entries {
        if !trusted.contain(client) {
            break;
        }
        let Some(address) = address_of(entry.trim()) else { break };
        client = address;
    }
    client
}

/// Some proxies add the port.
fn address_of(entry: &str) -> Option<IpAddr> {
    let address =
        entry.parse::<IpAddr>().or_else(|_| entry.parse::<SocketAddr>().map(|with_port| with_port.ip()));
    address.ok().map(|address| address.to_canonical())
}

/// The site that an address is of: so much one party has at most, as a rule.
pub fn site(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("{}/24", Ipv4Addr::from(u32::from(address) & !0xff)),
        IpAddr::V6(address) => format!("{}/48", Ipv6Addr::from(u128::from(address) & !(u128::MAX >> 48))),
    }
}

/// What to count an address under: an IPv4 address is one party, and so is an IPv6 /64, within which anyone takes
/// as many addresses as they like.
pub fn prefix(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("{address}/32"),
        IpAddr::V6(address) => {
            let network = Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX));
            format!("{network}/64")
        }
    }
}
