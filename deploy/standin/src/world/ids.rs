//! Identifiers in Peaka's forms, derived from names so that they are the same at every start.

use aws_lc_rs::digest;

fn hash(of: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, of.as_bytes()).as_ref());
    bytes
}

/// A UUID: organizations, workspaces, users, connections, caches.
pub(crate) fn uuid(of: &str) -> String {
    let h = hash(of);
    let hex: String = h[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

/// 18 decimal digits, beyond what a JSON number holds exactly: catalogs, queries, semantic tables.
pub(crate) fn decimal(of: &str) -> String {
    let mut word = [0; 8];
    word.copy_from_slice(&hash(of)[..8]);
    let number = 600_000_000_000_000_000 + u64::from_be_bytes(word) % 300_000_000_000_000_000;
    number.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_peakas_forms_and_stay_the_same() {
        assert_eq!(uuid("a"), uuid("a"));
        assert_eq!(uuid("a").len(), 36);
        assert_eq!(decimal("x").len(), 18);
        assert_ne!(decimal("x"), decimal("y"));
    }
}
