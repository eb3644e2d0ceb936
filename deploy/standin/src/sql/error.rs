//! What can be wrong with a statement, in Trino's words.

use sqlparser::{
    dialect::GenericDialect,
    tokenizer::{Location, Token, Tokenizer},
};

#[derive(Debug, thiserror::Error)]
pub(crate) enum SqlError {
    /// Not Trino's grammar, or a name, type or function that cannot be resolved.
    #[error("{0}")]
    Statement(String),
    /// A statement that does more than read.
    #[error("Statement type '{0}' is not allowed")]
    Kind(String),
    /// A column that the tables of the statement do not have.
    #[error("Column '{0}' cannot be resolved")]
    Column(String),
    /// It ran too long.
    #[error("Query exceeded the maximum run time limit of {0:.2}s")]
    TimedOut(f64),
    /// It gave too much.
    #[error("Query exceeded the maximum result size of the local Peaka: {0}")]
    TooLarge(&'static str),
    /// The sample data could not be read.
    #[error("the sample data could not be read")]
    Engine(#[source] sqlx::Error),
}

impl SqlError {
    /// With the place in front, as Trino has it: `line 1:8: ...`.
    pub(crate) fn at(location: Location, message: impl std::fmt::Display) -> Self {
        Self::Statement(format!("line {}:{}: {message}", location.line.max(1), location.column.max(1)))
    }

    /// Puts the place in front of a column that SQLite did not find, by looking for its name in `statement`.
    pub(crate) fn located_in(self, statement: &str) -> Self {
        let Self::Column(name) = &self else { return self };
        let wanted = name.rsplit('.').next().unwrap_or(name);
        let tokens =
            Tokenizer::new(&GenericDialect {}, statement).tokenize_with_location().unwrap_or_default();
        let place = tokens.iter().find_map(|token| match &token.token {
            Token::Word(word) if word.value.eq_ignore_ascii_case(wanted) => Some(token.span.start),
            _ => None,
        });
        let message = self.to_string();
        match place {
            Some(place) => Self::at(place, message),
            None => Self::Statement(message),
        }
    }
}
