//! How a client wants its person to be asked: `prompt`, `max_age` and `login_hint` of OpenID Connect Core §3.1.2.1, as
//! far as they mean something without an ID token.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;

/// No longer than an e-mail address can be (RFC 5321 §4.5.3.1.3).
const LONGEST_HINT: usize = 254;

/// The client's wishes. Values that are not known here are passed over: clients send many.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Interaction {
    /// `prompt=none`: to be answered without asking, or not at all.
    #[serde(skip_serializing_if = "is_false")]
    pub none: bool,
    /// `prompt=login`: the person signs in to Peaka even if this browser is signed in.
    #[serde(skip_serializing_if = "is_false")]
    pub sign_in: bool,
    /// `prompt=select_account`: the person chooses an account at Peaka even if this browser is signed in.
    #[serde(skip_serializing_if = "is_false")]
    pub select_account: bool,
    /// `prompt=consent`: the person decides even if their decision is remembered.
    #[serde(skip_serializing_if = "is_false")]
    pub consent: bool,
    /// `max_age`, in seconds: how long ago the person may have signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age_seconds: Option<u64>,
    /// `login_hint`, cleaned: the account that the client thinks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
}

/// `none` with anything beside it contradicts itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("prompt=none stands alone")]
pub struct Contradiction;

impl Interaction {
    /// Reads the parameters.
    ///
    /// # Errors
    /// [`Contradiction`].
    pub fn read(
        prompt: Option<&str>,
        max_age: Option<&str>,
        login_hint: Option<&str>,
    ) -> Result<Self, Contradiction> {
        let words: Vec<&str> =
            prompt.unwrap_or_default().split(' ').filter(|word| !word.is_empty()).collect();
        let wants = |word| words.contains(&word);
        if wants("none") && words.iter().any(|word| *word != "none") {
            return Err(Contradiction);
        }
        Ok(Self {
            none: wants("none"),
            sign_in: wants("login"),
            select_account: wants("select_account"),
            consent: wants("consent"),
            // An age that cannot be read is taken for the strictest.
            max_age_seconds: max_age.map(|age| age.parse().unwrap_or(0)),
            login_hint: login_hint.filter(|hint| is_presentable(hint)).map(str::to_owned),
        })
    }

    /// Whether nothing is wished for.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a browser that signed in at `signed_in_at` is good enough.
    pub fn accepts(&self, signed_in_at: Timestamp, now: Timestamp) -> bool {
        let fresh =
            self.max_age_seconds.is_none_or(|age| now.since(signed_in_at) <= Duration::from_secs(age));
        fresh && self.max_age_seconds != Some(0) && !self.sign_in && !self.select_account
    }

    /// What Peaka is told when the person is sent there. Whoever is sent although their browser is signed in here, or
    /// whose sign-in may not be old, is to be asked by Peaka, too, which may remember them for longer.
    pub fn for_peaka(&self, browser_is_signed_in: bool) -> Vec<(&'static str, &str)> {
        let mut parameters = Vec::new();
        if self.select_account && !self.sign_in {
            parameters.push(("prompt", "select_account"));
        } else if self.sign_in || browser_is_signed_in || self.max_age_seconds.is_some() {
            parameters.push(("prompt", "login"));
        }
        parameters.extend(self.login_hint.as_deref().map(|hint| ("login_hint", hint)));
        parameters
    }
}

/// One short line without anything that hides or reverses text.
fn is_presentable(hint: &str) -> bool {
    hint.len() <= LONGEST_HINT && super::client::clean_text(hint).is_some_and(|clean| clean == hint)
}

fn is_false(value: &bool) -> bool {
    !*value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_wishes_are_passed_over_and_a_contradiction_is_not() {
        let read = |prompt| Interaction::read(Some(prompt), None, None);
        assert!(read("create  something").unwrap().is_plain());
        assert!(read("consent login").unwrap().consent);
        assert!(read("none").unwrap().none);
        assert_eq!(read("none consent"), Err(Contradiction));
        assert!(!read("NONE").unwrap().none);
    }

    #[test]
    fn an_age_is_counted_from_the_sign_in_and_a_strange_one_is_the_strictest() {
        let then = Timestamp::from_seconds(1000);
        let read = |age| Interaction::read(None, Some(age), None).unwrap();
        assert!(read("60").accepts(then, Timestamp::from_seconds(1060)));
        assert!(!read("60").accepts(then, Timestamp::from_seconds(1061)));
        for strict in ["0", "-1", "x", "1e3", "99999999999999999999999"] {
            assert!(!read(strict).accepts(then, then), "{strict}");
        }
        assert!(Interaction::default().accepts(then, Timestamp::from_seconds(i64::MAX / 1000)));
    }

    #[test]
    fn a_hint_is_one_short_line() {
        let hint = |hint| Interaction::read(None, None, Some(hint)).unwrap().login_hint;
        assert_eq!(hint("ada@peaka.example").as_deref(), Some("ada@peaka.example"));
        for strange in ["a\nb", "a\u{202e}b", " a", &"a".repeat(255), "\u{0}"] {
            assert_eq!(hint(strange), None, "{strange:?}");
        }
    }

    #[test]
    fn nothing_is_written_of_no_wishes() {
        assert_eq!(serde_json::to_string(&Interaction::default()).unwrap(), "{}");
        assert!(serde_json::from_str::<Interaction>("{}").unwrap().is_plain());
    }
}
