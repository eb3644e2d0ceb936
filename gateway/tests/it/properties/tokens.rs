//! The opaque tokens: each has one spelling, and one changed character makes it nothing.

use gateway::domain::token::{RefreshToken, is_code, new_code};
use proptest::prelude::*;

use super::config;

/// The text with the character at `at` turned into another.
fn changed(text: &str, at: usize, with: char) -> Option<String> {
    let at = at % text.len();
    let (before, after) = text.split_at(at);
    (!after.starts_with(with)).then(|| format!("{before}{with}{}", &after[1..]))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_refresh_token_reads_as_it_was_written(
        key_id: [u8; 8], key: [u8; 32], session: [u8; 16], generation: u32, at: usize, with in "[!-~]"
    ) {
        let token = RefreshToken::derive(key_id, &key, session, generation);
        let text = token.encode();
        let read = RefreshToken::parse(&text);
        prop_assert_eq!(read, Some(token));
        prop_assert!(token.is_proven_by(&key));
        prop_assert_eq!((token.key_id, token.session_id, token.generation), (key_id, session, generation));
        if let Some(other) = changed(&text, at, with.chars().next().unwrap()) {
            prop_assert_eq!(RefreshToken::parse(&other), None);
        }
        prop_assert_eq!(RefreshToken::parse(&text[..at % text.len()]), None);
        prop_assert!(!is_code(&text));
    }

    #[test]
    fn another_key_session_or_generation_proves_nothing(
        key: [u8; 32], other_key: [u8; 32], session: [u8; 16], other: [u8; 16], generation: u32, step in 1..u32::MAX
    ) {
        let mac = |session, generation, key: &[u8]| RefreshToken::derive([0; 8], key, session, generation);
        let token = mac(session, generation, &key);
        prop_assert_eq!(token.is_proven_by(&other_key), key == other_key);
        prop_assert_eq!(token == mac(other, generation, &key), session == other);
        prop_assert_ne!(token, mac(session, generation.wrapping_add(step), &key));
    }

    #[test]
    fn a_code_with_one_other_character_is_none(at: usize, with in "[!-~]") {
        let code = new_code().unwrap();
        prop_assert!(is_code(&code));
        if let Some(other) = changed(&code, at, with.chars().next().unwrap()) {
            prop_assert!(!is_code(&other));
        }
        prop_assert!(!is_code(&code[..at % code.len()]));
        prop_assert_eq!(RefreshToken::parse(&code), None);
    }

    #[test]
    fn no_text_is_a_token_by_chance(text in "pkm_(rt|ac)_[A-Za-z0-9_-]{20,70}") {
        prop_assert!(!is_code(&text));
        prop_assert_eq!(RefreshToken::parse(&text), None);
    }
}
