//! How many connections each address has, so that one peer does not take all that there are.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

/// The connections of each address; of IPv6 each /64, which is what one subscriber has (RFC 6177).
#[derive(Clone, Debug, Default)]
pub(super) struct Crowd(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection. It counts until this is dropped.
#[derive(Debug)]
pub(super) struct Member {
    crowd: Crowd,
    address: IpAddr,
}

impl Crowd {
    /// Counts one more connection of `peer`, unless it has `most` already.
    pub(super) fn admit(&self, peer: IpAddr, most: Option<usize>) -> Option<Member> {
        let address = subscriber(peer);
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if most.is_some_and(|most| *count >= most) {
            return None;
        }
        *count += 1;
        Some(Member { crowd: self.clone(), address })
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut open = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

fn subscriber(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subscriber_has_a_share() {
        let crowd = Crowd::default();
        let admit = |address: &str| crowd.admit(address.parse().unwrap(), Some(2));
        let held: Vec<_> = ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "2001:db8::2:0:0:1"]
            .map(|address| admit(address).unwrap())
            .into();
        assert!(admit("192.0.2.1").is_none());
        assert!(admit("2001:db8::3").is_none());
        assert!(admit("2001:db8:0:1::1").is_some());
        drop(held);
        assert!(crowd.0.lock().unwrap().is_empty(), "nobody is remembered");
    }
}
