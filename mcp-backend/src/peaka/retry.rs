//! How often a call is repeated, and how long is waited in between.

use std::time::Duration;

/// Attempts after the first.
const MOST: u32 = 2;
/// The pause before the first repetition; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Who asks for a longer pause is not asked again: the person would rather know.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The repetitions of one call.
#[derive(Debug, Default)]
pub(super) struct Retries {
    made: u32,
}

impl Retries {
    /// The pause before the next attempt, at least `wait`; `None` if there is to be none.
    pub(super) fn pause(&mut self, wait: Option<Duration>) -> Option<Duration> {
        let wait = wait.filter(|wait| *wait <= LONGEST_WAIT)?;
        if self.made == MOST {
            return None;
        }
        let pause = FIRST_PAUSE * 2_u32.pow(self.made);
        self.made += 1;
        // Callers that failed together must not come back together.
        Some(wait + pause.mul_f64(0.5 + 0.5 * chance()))
    }
}

/// From 0 to 1. Without a random source there is no jitter, which harms nobody.
fn chance() -> f64 {
    let mut bytes = [0; 2];
    let filled = aws_lc_rs::rand::fill(&mut bytes).is_ok();
    if filled { f64::from(u16::from_be_bytes(bytes)) / f64::from(u16::MAX) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_times_and_not_for_long() {
        let mut retries = Retries::default();
        let first = retries.pause(Some(Duration::ZERO)).unwrap();
        assert!((100..=200).contains(&first.as_millis()), "{first:?}");
        let second = retries.pause(Some(Duration::from_secs(1))).unwrap();
        assert!((1200..=1400).contains(&second.as_millis()), "{second:?}");
        assert_eq!(retries.pause(Some(Duration::ZERO)), None);
        assert_eq!(Retries::default().pause(Some(Duration::from_secs(6))), None);
        assert_eq!(Retries::default().pause(None), None);
    }
}
