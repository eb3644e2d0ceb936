//! What holds of the rules whatever they are given. A failing case is shrunk and printed; put it beside the rule as an
//! ordinary test.

mod issuer;
mod pkce;
mod redirect;
mod scopes;
mod tokens;

use proptest::test_runner::Config;

/// As usual, but no file of failures is written: each is to become a test with a name.
pub(crate) fn config() -> Config {
    Config { failure_persistence: None, ..Config::default() }
}
