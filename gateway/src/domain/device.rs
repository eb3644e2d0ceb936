//! The codes of a device without a browser (RFC 8628 §6.1).

use super::secret::{NoRandomness, random};

/// Consonants that are not taken for one another or for digits, and make no words: 20 of them.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// 20^8 is 34 bits: enough for a quarter of an hour with few tries.
const LENGTH: usize = 8;

/// A code for a person to type, such as `WDJB-MJHT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCode(String);

impl UserCode {
    /// A fresh one.
    pub fn new() -> Result<Self, NoRandomness> {
        let mut code = String::with_capacity(LENGTH);
        while code.len() < LENGTH {
            // Bytes beyond the last whole multiple of the alphabet would make its first letters likelier.
            let usable = random::<32>()?.into_iter().filter(|byte| *byte < 240);
            let letters = usable.map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
            code.extend(letters.take(LENGTH - code.len()));
        }
        Ok(Self(code))
    }

    /// As a person typed it: in whatever case, with whatever between the letters.
    pub fn typed(text: &str) -> Option<Self> {
        if text.len() > 4 * LENGTH {
            return None;
        }
        let code: String = text
            .chars()
            .filter(|c| !matches!(c, '-' | ' ' | '_' | '.'))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let whole = code.len() == LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte));
        whole.then_some(Self(code))
    }

    /// Without its hyphen.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is shown.
    pub fn shown(&self) -> String {
        let (first, second) = self.0.split_at(LENGTH / 2);
        format!("{first}-{second}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_back_however_it_is_typed() {
        for _ in 0..100 {
            let code = UserCode::new().unwrap();
            assert_eq!(UserCode::typed(&code.shown()), Some(code.clone()));
            let sloppy = format!(" {} ", code.shown().to_lowercase().replace('-', " "));
            assert_eq!(UserCode::typed(&sloppy), Some(code.clone()));
            assert_eq!(code.shown().len(), LENGTH + 1);
        }
        for wrong in ["", "BCDF-GHJ", "BCDF-GHJKL", "BCDF-GHJA", "BCDF-GHJ1", "ВCDF-GHJK", &"B".repeat(9000)]
        {
            assert_eq!(UserCode::typed(wrong), None, "{wrong}");
        }
    }
}
