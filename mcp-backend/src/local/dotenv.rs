//! A file of `NAME=value` lines beside where the program is started.

use std::{collections::BTreeMap, io, path::Path};

/// Its variables. No file is the same as an empty one.
///
/// # Errors
///
/// When there is one that cannot be read.
pub(super) fn read(path: &Path) -> io::Result<BTreeMap<String, String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(parse(&text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    }
}

/// Lines that are no assignment are passed over, as other readers of such files do.
fn parse(text: &str) -> BTreeMap<String, String> {
    text.trim_start_matches('\u{feff}').lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then(|| (name.to_owned(), unquoted(value.trim()).to_owned()))
}

/// What is in quotes is taken as it is; what is not ends before ` #`.
fn unquoted(value: &str) -> &str {
    for quote in ['"', '\'', '`'] {
        if let Some((inside, _)) = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return inside;
        }
    }
    value.split_once(" #").map_or(value, |(value, _)| value.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_as_people_write_them() {
        let text = "# a comment\r\n\nPEAKA_API_KEY=TtgGcQFq.s3fz=x\nexport A = 'b # c' \nB=\"x y\" # why\nC=d # e\n\
                    D=\nno assignment\n1 2=3\n";
        let pairs = parse(text);
        let expected =
            [("PEAKA_API_KEY", "TtgGcQFq.s3fz=x"), ("A", "b # c"), ("B", "x y"), ("C", "d"), ("D", "")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }

    #[test]
    fn no_file_is_no_mistake() {
        assert_eq!(read(Path::new("no/such/file")).unwrap(), BTreeMap::new());
    }
}
