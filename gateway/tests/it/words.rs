//! The words of the pages: the same keys and placeholders in every language, each key used, and no prose elsewhere.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value;

use crate::harness::World;

const LANGUAGES: [&str; 2] = ["en", "tr"];
/// Keys that the code puts together: their beginnings.
const COMPOSED: [&str; 5] = ["scopes.", "refused.", "error.", "events.", "tools."];
/// Names that are the same in every language.
const NAMES: [&str; 10] = [
    "Peaka",
    "Claude Code",
    "ChatGPT",
    "Cursor",
    "VS Code",
    "Windsurf",
    "Zed",
    "Cline",
    "MCP Inspector",
    "mcp-remote",
];

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn texts(language: &str) -> BTreeMap<String, String> {
    fn flatten(prefix: &str, value: &Value, texts: &mut BTreeMap<String, String>) {
        match value {
            Value::String(text) => assert!(texts.insert(prefix.to_owned(), text.clone()).is_none()),
            Value::Object(entries) => {
                for (name, value) in entries {
                    flatten(
                        &format!("{prefix}{}{name}", if prefix.is_empty() { "" } else { "." }),
                        value,
                        texts,
                    );
                }
            }
            other => panic!("{prefix} is {other}"),
        }
    }
    let mut all = BTreeMap::new();
    flatten("", &serde_json::from_str(&read(&format!("words/{language}.json"))).unwrap(), &mut all);
    all
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).map(|rest| rest.split_once('}').unwrap().0).collect()
}

fn files(folder: &Path, ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_str().unwrap().ends_with(ending) {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

fn templates() -> Vec<(String, String)> {
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"), ".html")
}

/// What stands between `open` and `close`, each time.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    text.split(open).skip(1).filter_map(|rest| rest.split_once(close)).map(|(inside, _)| inside).collect()
}

/// A text without what stands between `open` and `close`.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut parts = text.split(open);
    let mut kept = parts.next().unwrap().to_owned();
    for part in parts {
        kept.push(' ');
        kept.push_str(part.split_once(close).unwrap_or_else(|| panic!("{open} without {close}")).1);
    }
    kept
}

#[test]
fn every_language_has_the_same_keys_and_placeholders() {
    let first = texts(LANGUAGES[0]);
    for language in &LANGUAGES[1..] {
        let other = texts(language);
        assert_eq!(first.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "{language}");
        for (key, text) in &first {
            assert_eq!(placeholders(text), placeholders(&other[key]), "{language}: {key}");
            assert_eq!(text.matches('`').count(), other[key].matches('`').count(), "{language}: {key}");
        }
    }
    assert!(first.values().all(|text| !text.trim().is_empty() && text.matches('`').count() % 2 == 0));
}

#[test]
fn every_key_is_used_and_every_used_key_is_there() {
    let texts = texts("en");
    let mut sources = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), ".rs");
    sources.extend(templates());
    let mut used = BTreeSet::new();
    for (file, source) in &sources {
        let calls = ["w.t(\"", "w.say(\"", "w.fill(\"", "w.rich(\"", "words.t(\"", "words.say(\""];
        for key in calls.iter().flat_map(|call| between(source, call, "\"")) {
            assert!(texts.contains_key(key), "{file} uses {key}, which is in no file of words");
            used.insert(key.to_owned());
        }
        for call in ["PageError::refused(", "PageError::refused_with(", "PageError::refused_because("] {
            for argument in between(source, call, ")") {
                let Some(key) = argument.split('"').nth(1) else { continue };
                for part in ["title", "text"] {
                    let key = format!("refused.{key}.{part}");
                    assert!(texts.contains_key(&key), "{file} uses {key}, which is in no file of words");
                    used.insert(key);
                }
            }
        }
    }
    let composed =
        |key: &str| COMPOSED.iter().any(|prefix| key.starts_with(prefix) && !key.starts_with("refused."));
    let unused: Vec<&String> = texts.keys().filter(|key| !used.contains(*key) && !composed(key)).collect();
    assert!(unused.is_empty(), "nobody uses {unused:?}");
}

#[test]
fn every_tool_of_a_scope_is_put_into_words() {
    let scopes: BTreeMap<String, Vec<String>> = serde_json::from_str(&read("assets/tools.json")).unwrap();
    let tools: BTreeSet<String> =
        scopes.into_values().flatten().map(|tool| format!("tools.{tool}")).collect();
    let said: BTreeSet<String> = texts("en").into_keys().filter(|key| key.starts_with("tools.")).collect();
    assert_eq!(tools, said);
}

#[test]
fn no_template_holds_prose() {
    for (file, source) in templates() {
        for attribute in ["aria-label=\"", "title=\"", "alt=\"", "placeholder=\""] {
            for value in between(&source, attribute, "\"") {
                assert!(value.starts_with("{{"), "{file}: {attribute}{value}\"");
            }
        }
        let mut text = source;
        // What a person copies, and what askama reads.
        for (open, close) in [("<pre", "</pre>"), ("{%", "%}"), ("{{", "}}"), ("<", ">")] {
            text = without(&text, open, close);
        }
        NAMES.iter().for_each(|name| text = text.replace(name, ""));
        let prose: Vec<&str> =
            text.split_whitespace().filter(|word| word.contains(char::is_alphabetic)).collect();
        assert!(prose.is_empty(), "{file} says {prose:?}");
    }
}

#[tokio::test]
async fn a_page_speaks_the_language_that_the_browser_asks_for() {
    let world = World::start().await;
    for (asked, tag, says) in
        [("tr-TR, en;q=0.5", "tr", "bağlayın"), ("de", "en", "Connect"), ("", "en", "Connect")]
    {
        let page = world.get_with("/", &[("accept-language", asked)]).await;
        page.assert_is_a_page(200);
        assert!(
            page.body.contains(&format!("<html lang=\"{tag}\">")) && page.body.contains(says),
            "{page:?}"
        );
        assert_eq!(page.header("content-language"), tag);
        assert_eq!(page.header("vary"), "Accept-Language, Cookie");
        assert_eq!(page.header("set-cookie"), "");
    }
    // Errors, too, and they are pages in every respect.
    let refused = world.get_with("/oauth/authorize", &[("accept-language", "tr")]).await;
    refused.assert_is_a_page(400);
    assert!(refused.body.contains("Bu bağlantı eksik"), "{}", refused.body);
}

#[tokio::test]
async fn the_link_at_the_foot_holds_from_then_on() {
    let world = World::start().await;
    let page = world.get("/").await;
    let link = page
        .body
        .split("<footer>")
        .nth(1)
        .unwrap()
        .split("href=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert_eq!(link, "?lang=tr");
    let picked = world.get(&format!("/{link}")).await;
    assert!(picked.body.contains("<html lang=\"tr\">"), "{}", picked.body);
    let cookie = picked.header("set-cookie");
    assert_eq!(cookie, "peaka-language=tr; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax");
    let kept = cookie.split(';').next().unwrap();
    let again = world.get_with("/", &[("cookie", kept), ("accept-language", "en")]).await;
    assert!(again.body.contains("<html lang=\"tr\">"), "{}", again.body);
    // A cookie that somebody made up chooses nothing.
    let strange = world.get_with("/", &[("cookie", "peaka-language=\"><script>")]).await;
    assert!(
        strange.body.contains("<html lang=\"en\">") && !strange.body.contains("<script>"),
        "{}",
        strange.body
    );
}
