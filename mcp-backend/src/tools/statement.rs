//! What may be run: statements that read. Peaka refuses the others too; this wall stands on its own, so that a tool
//! that calls itself read-only is.

use crate::error::ToolError;

const READING: [&str; 8] = ["SELECT", "WITH", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC", "EXPLAIN"];

/// The statement without what is around it, if it is one that reads.
pub(super) fn reading(text: &str) -> Result<&str, ToolError> {
    let statement = text.trim().trim_end_matches([';', ' ', '\t', '\r', '\n']);
    if statement.is_empty() {
        return Err(ToolError::Arguments("query must hold a SELECT statement"));
    }
    let mut words = words(statement);
    let first = words.next().unwrap_or_default();
    // EXPLAIN tells how a statement would run; EXPLAIN ANALYZE runs it.
    let analyzes = first == "EXPLAIN" && words.next().as_deref() == Some("ANALYZE");
    if READING.contains(&first.as_str()) && !analyzes {
        Ok(statement)
    } else {
        Err(ToolError::Arguments(
            "Only statements that read can be run: SELECT (also with WITH), VALUES, SHOW, DESCRIBE, EXPLAIN. \
             Nothing was sent to Peaka.",
        ))
    }
}

/// The leading words in upper case, past comments and opening parentheses.
fn words(statement: &str) -> impl Iterator<Item = String> {
    let mut rest = statement;
    std::iter::from_fn(move || {
        rest = past_comments(rest);
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        (!word.is_empty()).then(|| word.to_ascii_uppercase())
    })
}

fn past_comments(mut text: &str) -> &str {
    loop {
        text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
        let after = if let Some(comment) = text.strip_prefix("--") {
            comment.find('\n').map(|end| &comment[end..])
        } else if let Some(comment) = text.strip_prefix("/*") {
            comment.find("*/").map(|end| &comment[end + 2..])
        } else {
            return text;
        };
        match after {
            Some(after) => text = after,
            None => return "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::reading;

    #[test]
    fn what_reads_is_let_through_without_its_semicolon() {
        for text in [
            "SELECT 1",
            "select 1",
            " -- what\n/* and why */ ((SELECT 1))",
            "WITH a AS (SELECT 1) SELECT * FROM a",
            "VALUES 1",
            "SHOW TABLES FROM \"a\".\"b\"",
            "EXPLAIN SELECT 1",
            "SELECT 'delete; drop'",
        ] {
            assert_eq!(reading(text).unwrap(), text.trim());
        }
        assert_eq!(reading("SELECT 1 ;\n").unwrap(), "SELECT 1");
    }

    #[test]
    fn what_changes_anything_is_not() {
        for text in [
            "INSERT INTO t VALUES 1",
            "/* SELECT */ delete from t",
            "-- SELECT 1",
            "/* SELECT 1",
            "CREATE TABLE t AS SELECT 1",
            "EXPLAIN ANALYZE INSERT INTO t VALUES 1",
            "explain /* */ analyze select 1",
            "CALL system.runtime.kill_query('x')",
            "EXECUTE IMMEDIATE 'DELETE FROM t'",
            "PREPARE p FROM DELETE FROM t",
            "SET SESSION a = 1",
            ";",
            "",
        ] {
            assert!(reading(text).is_err(), "{text}");
        }
    }
}
