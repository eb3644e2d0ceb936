//! From text to a query, or to Trino's complaint.

use sqlparser::{
    ast::{Query, SetExpr, Statement},
    dialect::GenericDialect,
    keywords::Keyword,
    parser::{Parser, ParserError},
    tokenizer::{Location, Token, TokenWithSpan, Tokenizer},
};

use super::error::SqlError;

/// Parses one statement that only reads. Each `?` stands for the next of `bindings`.
pub(crate) fn parse(text: &str, bindings: &[String]) -> Result<Query, SqlError> {
    let mut tokens = Tokenizer::new(&GenericDialect {}, text.trim().trim_end_matches(';'))
        // Literals stay as they were written and are written out so again. Taken apart, one with a backslash before
        // a quote would be put together as if the backslash were an escape, and SQLite would see the literal end.
        .with_unescape(false)
        .tokenize_with_location()
        .map_err(|error| SqlError::at(error.location, error.message))?;
    bind(&mut tokens, bindings)?;
    check_limit_order(&tokens)?;
    let mut statements = Parser::new(&GenericDialect {})
        .with_tokens_with_locations(tokens)
        .parse_statements()
        .map_err(|error| complaint(&error))?;
    match (statements.pop(), statements.is_empty()) {
        (Some(Statement::Query(query)), true) => match &*query.body {
            SetExpr::Insert(inner)
            | SetExpr::Update(inner)
            | SetExpr::Delete(inner)
            | SetExpr::Merge(inner) => Err(SqlError::Kind(kind(inner))),
            _ => Ok(*query),
        },
        (Some(statement), true) => Err(SqlError::Kind(kind(&statement))),
        (Some(_), false) => Err(SqlError::Statement("mismatched input ';'. Expecting: <EOF>".to_owned())),
        (None, _) => {
            Err(SqlError::Statement("line 1:1: mismatched input '<EOF>'. Expecting: <statement>".to_owned()))
        }
    }
}

fn bind(tokens: &mut [TokenWithSpan], bindings: &[String]) -> Result<(), SqlError> {
    let mut left = bindings.iter();
    for token in tokens {
        if matches!(&token.token, Token::Placeholder(mark) if mark == "?") {
            let value = left.next().ok_or_else(|| {
                SqlError::at(token.span.start, "Incorrect number of parameters: a binding is missing")
            })?;
            token.token = Token::SingleQuotedString(value.replace('\'', "''"));
        }
    }
    Ok(())
}

/// Trino wants OFFSET before LIMIT; the parser at hand takes them in any order and forgets which it was.
fn check_limit_order(tokens: &[TokenWithSpan]) -> Result<(), SqlError> {
    let mut limited = vec![false];
    for token in tokens {
        match &token.token {
            Token::LParen => limited.push(false),
            Token::RParen => {
                limited.pop();
            }
            Token::Word(word) if matches!(word.keyword, Keyword::LIMIT | Keyword::FETCH) => {
                if let Some(here) = limited.last_mut() {
                    *here = true;
                }
            }
            Token::Word(word) if word.keyword == Keyword::OFFSET && limited.last() == Some(&true) => {
                return Err(mismatched(token.span.start, &word.value, "<EOF>"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn mismatched(location: Location, found: &str, expected: &str) -> SqlError {
    SqlError::at(location, format_args!("mismatched input '{found}'. Expecting: {expected}"))
}

/// Trino's name for a kind of statement, which is the name of its class.
fn kind(statement: &Statement) -> String {
    match statement {
        Statement::CreateTable(table) if table.query.is_some() => "CreateTableAsSelect".to_owned(),
        Statement::Drop { object_type, .. } => {
            let kind = object_type.to_string().to_lowercase();
            format!("Drop{}{}", kind[..1].to_uppercase(), &kind[1..])
        }
        Statement::Truncate { .. } => "TruncateTable".to_owned(),
        other => {
            let debug = format!("{other:?}");
            debug.chars().take_while(char::is_ascii_alphanumeric).collect()
        }
    }
}

/// Turns `Expected: x, found: y at Line: 1, Column: 2` into Trino's form of the same.
fn complaint(error: &ParserError) -> SqlError {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.as_str(),
        ParserError::RecursionLimitExceeded => "statement is too large (stack overflow during analysis)",
    };
    let translated = text.split_once(" at Line: ").and_then(|(what, place)| {
        let (expected, found) = what.strip_prefix("Expected: ")?.split_once(", found: ")?;
        let (line, column) = place.split_once(", Column: ")?;
        let found = if found == "EOF" { "<EOF>" } else { found };
        Some(format!("line {line}:{column}: mismatched input '{found}'. Expecting: <{expected}>"))
    });
    SqlError::Statement(translated.unwrap_or_else(|| match text.strip_prefix("Expected: ") {
        Some(rest) => match rest.split_once(", found: EOF") {
            Some((expected, _)) => format!("mismatched input '<EOF>'. Expecting: <{expected}>"),
            None => text.to_owned(),
        },
        None => text.to_owned(),
    }))
}
