//! PKCE (RFC 7636): a challenge is met by its own verifier and by no other text.

use aws_lc_rs::digest::{SHA256, digest};
use base64::prelude::*;
use gateway::domain::pkce::CodeChallenge;
use proptest::prelude::*;

use super::config;

fn challenge(verifier: &str) -> CodeChallenge {
    CodeChallenge::parse(&BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))).unwrap()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_verifier_meets_its_challenge(verifier in "[A-Za-z0-9._~-]{43,128}") {
        prop_assert!(challenge(&verifier).is_met_by(&verifier));
    }

    #[test]
    fn another_verifier_does_not(a in "[A-Za-z0-9._~-]{43,128}", b in "[A-Za-z0-9._~-]{43,128}") {
        prop_assert_eq!(challenge(&a).is_met_by(&b), a == b);
    }

    #[test]
    fn a_verifier_of_another_length_or_with_other_characters_meets_nothing(
        verifier in "[A-Za-z0-9._~-]{0,42}|[A-Za-z0-9._~-]{129,140}|[A-Za-z]{20,60}[^A-Za-z0-9._~-][A-Za-z]{22,60}"
    ) {
        prop_assert!(!challenge(&verifier).is_met_by(&verifier));
    }

    #[test]
    fn a_challenge_is_32_bytes_in_base64url(text in "[A-Za-z0-9_-]{40,46}|[ -~]{43}") {
        let is_one = BASE64_URL_SAFE_NO_PAD.decode(&text).is_ok_and(|bytes| bytes.len() == 32);
        prop_assert_eq!(CodeChallenge::parse(&text).is_ok(), is_one);
    }
}
