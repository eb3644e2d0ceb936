//! Configuration from the environment. Every section of a configuration reads its fields through one [`Env`],
//! which collects what is wrong; the start-up then reports every mistake in one list and refuses.

use std::{collections::BTreeMap, fmt, str::FromStr, time::Duration};

use secrecy::SecretString;

/// Where configuration is read from, and what was found wrong with it.
#[derive(Debug, Default)]
pub struct Env {
    variables: BTreeMap<String, String>,
    mistakes: Vec<Mistake>,
}

/// One thing that is wrong with the configuration: the variable and what it should look like. Values are not
/// repeated, as they can be secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The variable's name.
    pub variable: String,
    /// What is wrong, and what it should look like.
    pub problem: String,
}

/// Everything that is wrong with the configuration.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} mistake(s):", self.0.len())?;
        for Mistake { variable, problem } in &self.0 {
            write!(f, "\n  {variable}: {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

impl Env {
    /// From the process's environment. A variable that is set to nothing counts as not set.
    pub fn of_process() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the one place where the environment is read")]
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::of(variables)
    }

    /// From pairs of name and value; for tests and for programs that configure a service themselves.
    pub fn of<N: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .filter(|(_, value)| !value.trim().is_empty())
            .collect();
        Self { variables, mistakes: Vec::new() }
    }

    /// The variable's text, if it is set.
    pub fn text(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(|value| value.trim().to_owned())
    }

    /// A secret, if it is set.
    pub fn secret(&self, name: &str) -> Option<SecretString> {
        self.text(name).map(SecretString::from)
    }

    /// A value that is read from text, or `default`. `form` says what it should look like.
    pub fn parsed<T: FromStr>(&mut self, name: &str, form: &str, default: T) -> T {
        match self.text(name).map(|text| text.parse()) {
            None => default,
            Some(Ok(value)) => value,
            Some(Err(_)) => {
                self.wrong(name, format!("should be {form}"));
                default
            }
        }
    }

    /// A value that must be set. Where it is missing or malformed the mistake is noted and `stand_in` is returned,
    /// so that reading can go on and find the others.
    pub fn required<T>(
        &mut self,
        name: &str,
        form: &str,
        stand_in: T,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> T {
        match self.text(name) {
            None => {
                self.wrong(name, format!("is not set; it should be {form}"));
                stand_in
            }
            Some(text) => read(&text).unwrap_or_else(|| {
                self.wrong(name, format!("should be {form}"));
                stand_in
            }),
        }
    }

    /// A duration in whole seconds, or `default`; at least `least`.
    pub fn seconds(&mut self, name: &str, default: Duration, least: Duration) -> Duration {
        let form = format!("a number of seconds, at least {}", least.as_secs());
        let seconds = self.parsed(name, &form, default.as_secs());
        if seconds < least.as_secs() {
            self.wrong(name, format!("should be {form}"));
            return default;
        }
        Duration::from_secs(seconds)
    }

    /// Notes a mistake.
    pub fn wrong(&mut self, name: &str, problem: impl Into<String>) {
        self.mistakes.push(Mistake { variable: name.to_owned(), problem: problem.into() });
    }

    /// `value` if nothing was wrong, otherwise the list of all mistakes.
    pub fn finish<T>(self, value: T) -> Result<T, Mistakes> {
        if self.mistakes.is_empty() { Ok(value) } else { Err(Mistakes(self.mistakes)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_reported_at_once_and_no_value_is_repeated() {
        let mut env = Env::of([("A", "hunter2"), ("B", "1"), ("D", " ")]);
        env.parsed("A", "a number", 0_u16);
        env.seconds("B", Duration::from_secs(60), Duration::from_secs(30));
        env.required("C", "a word", String::new(), |text| Some(text.to_owned()));
        env.required("D", "a word", String::new(), |text| Some(text.to_owned()));
        let message = env.finish(()).unwrap_err().to_string();
        assert_eq!(
            message,
            "the configuration has 4 mistake(s):\n  A: should be a number\n  B: should be a number of seconds, at \
             least 30\n  C: is not set; it should be a word\n  D: is not set; it should be a word"
        );
    }
}
