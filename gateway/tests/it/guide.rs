//! The operator's guide: what it names is there.

use std::{fs, path::PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_threat_names_tests_that_are_there() {
    let text = fs::read_to_string(root().join("deploy/guide/security.md")).unwrap();
    let (_, table) = text.split_once("## Threats").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 12, "{}", rows.len());
    for row in rows {
        let tests: Vec<&str> = quoted(row).filter(|name| name.contains("::")).collect();
        assert!(!tests.is_empty(), "no test holds this: {row}");
        for test in tests {
            let (module, name) = test.rsplit_once("::").unwrap();
            let file = root().join(format!("gateway/tests/it/{}.rs", module.replace("::", "/")));
            let source =
                fs::read_to_string(&file).unwrap_or_else(|_| panic!("{test}: no {}", file.display()));
            assert!(source.contains(&format!("fn {name}(")), "{test} is not there");
        }
    }
}

/// Relative links lead to files, so that no page of the guide, the runbooks or the front door goes nowhere.
#[test]
fn every_link_leads_somewhere() {
    let mut pages = vec![root().join("README.md"), root().join("CHANGELOG.md")];
    for folder in ["deploy/guide", "deploy/runbooks", ".github"] {
        let files = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        pages.extend(files.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    assert!(pages.len() > 15, "{pages:?}");
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let file = link.split('#').next().unwrap();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            assert!(page.parent().unwrap().join(file).exists(), "{}: {link}", page.display());
        }
    }
}
