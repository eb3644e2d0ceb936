//! No secret that was handed out turns up in what the programs logged.

use std::collections::HashSet;

use super::{Breach, Invariant};

/// Shorter runs of letters are no secrets.
const SHORTEST: usize = 16;

/// A secret, and those parts of it that would do: the signature of a token, what follows a prefix.
pub fn pieces(secret: &str) -> impl Iterator<Item = &str> {
    let parts = secret.split('.');
    // The first part of a signed token is its header, which is the same for all.
    let last = parts.clone().count() - 1;
    let parts = parts.enumerate().filter(move |(n, _)| last == 0 || *n > 0).map(|(_, part)| part);
    parts.filter(|part| part.len() >= SHORTEST)
}

/// Looks for `secrets` in the text that the program `of` logged.
pub fn logs(of: &str, text: &str, secrets: &HashSet<String>) -> Vec<Breach> {
    let secret: HashSet<&str> = secrets.iter().flat_map(|secret| pieces(secret)).collect();
    let mut breaches = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let runs = line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
        if runs.into_iter().any(|run| secret.contains(run)) {
            breaches
                .push(Breach::of(Invariant::Secrets, format!("line {} of {of}'s log has a secret", n + 1)));
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_whole_and_in_parts() {
        let secrets = HashSet::from([
            "pkm_rt_0123456789abcdef".to_owned(),
            "eyJ0eXAiOiJhdCtqd3QifQ.payload_of_a_token.signature_of_it_0".to_owned(),
        ]);
        let logs = |text| logs("gateway", text, &secrets).len();
        assert_eq!(logs("a line without\nkid=eyJ0eXAiOiJhdCtqd3QifQ\n"), 0);
        assert_eq!(logs("first\n{\"token\":\"pkm_rt_0123456789abcdef\"}"), 1);
        assert_eq!(logs("sig=signature_of_it_0"), 1);
    }
}
