//! The time between being told to stop and stopping: load balancers go on sending for as long as they have not noticed.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::env::Env;

/// How a service leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// `<PREFIX>_SHUTDOWN_DELAY_SECONDS`: for so long after the signal it still takes connections, while its readiness
    /// says that it goes; default 0, at most 300.
    pub delay: Duration,
    /// `<PREFIX>_DRAIN_SECONDS`: what requests under way then have to finish; default 25, at most 3600.
    pub drain: Duration,
}

impl Default for Leaving {
    fn default() -> Self {
        Self { delay: Duration::ZERO, drain: Duration::from_secs(25) }
    }
}

impl Leaving {
    /// Reads the two variables of the service whose names begin with `prefix`.
    pub fn read(env: &mut Env, prefix: &str) -> Self {
        let mut seconds = |name: &str, default: Duration, most: u64| {
            let name = format!("{prefix}_{name}");
            let seconds = env.seconds(&name, default, Duration::ZERO);
            if seconds.as_secs() > most {
                env.wrong(&name, format!("should be a number of seconds, at most {most}"));
            }
            seconds
        };
        let usual = Self::default();
        Self {
            delay: seconds("SHUTDOWN_DELAY_SECONDS", usual.delay, 300),
            drain: seconds("DRAIN_SECONDS", usual.drain, 3600),
        }
    }

    /// Cancelled so long after `told`: give it to [`super::serve`] in its place. Must be called inside a Tokio runtime.
    pub fn after(&self, told: &CancellationToken) -> CancellationToken {
        if self.delay.is_zero() {
            return told.clone();
        }
        let (told, closing, delay) = (told.clone(), CancellationToken::new(), self.delay);
        let close = closing.clone();
        tokio::spawn(async move {
            told.cancelled().await;
            tokio::time::sleep(delay).await;
            close.cancel();
        });
        closing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_has_a_default_and_what_is_wrong_is_told() {
        let mut env = Env::of([("A_SHUTDOWN_DELAY_SECONDS", "301"), ("A_DRAIN_SECONDS", "x")]);
        assert_eq!(Leaving::read(&mut env, "B"), Leaving::default());
        Leaving::read(&mut env, "A");
        let mistakes = env.finish(()).unwrap_err().to_string();
        assert!(
            mistakes.contains("A_SHUTDOWN_DELAY_SECONDS: should be a number of seconds, at most 300"),
            "{mistakes}"
        );
        assert!(mistakes.contains("A_DRAIN_SECONDS"), "{mistakes}");
    }

    #[tokio::test]
    async fn the_doors_close_after_the_delay() {
        let delay = Duration::from_millis(300);
        let told = CancellationToken::new();
        let closing = Leaving { delay, ..Leaving::default() }.after(&told);
        let began = tokio::time::Instant::now();
        told.cancel();
        closing.cancelled().await;
        assert!(began.elapsed() >= delay);
    }
}
