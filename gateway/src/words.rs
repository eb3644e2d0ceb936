//! The words of all pages, a file per language: `words/en.json`, `words/tr.json`. A text is found by its key; `{name}` in
//! it is a placeholder. Templates hold no prose of their own, so that a translation is one file.

use std::{
    collections::HashMap,
    fmt::{self, Display},
    sync::LazyLock,
};

use askama::filters::{Html, HtmlSafe, escape};
use serde_json::Value;

/// A language that the pages speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    /// What is spoken to somebody whose browser names none of ours.
    #[default]
    English,
    Turkish,
}

impl Language {
    pub(crate) const ALL: [Self; 2] = [Self::English, Self::Turkish];

    /// Its tag (RFC 5646).
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Turkish => "tr",
        }
    }

    /// What it calls itself.
    pub(crate) const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Turkish => "Türkçe",
        }
    }

    /// The language of a tag such as `tr` or `tr-TR`.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

/// The words of one language.
#[derive(Debug)]
pub(crate) struct Words {
    language: Language,
    texts: HashMap<String, String>,
}

static ENGLISH: LazyLock<Words> =
    LazyLock::new(|| Words::read(Language::English, include_str!("../words/en.json")));
static TURKISH: LazyLock<Words> =
    LazyLock::new(|| Words::read(Language::Turkish, include_str!("../words/tr.json")));

impl Words {
    /// Those of a language.
    pub(crate) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::Turkish => &TURKISH,
        }
    }

    fn read(language: Language, file: &str) -> Self {
        let mut texts = HashMap::new();
        // That the files can be read, and hold the same keys, is a test's matter.
        flatten("", serde_json::from_str(file).unwrap_or_default(), &mut texts);
        Self { language, texts }
    }

    /// Which language it is.
    pub(crate) const fn language(&self) -> Language {
        self.language
    }

    /// The text of a key.
    pub(crate) fn t(&self, key: &str) -> &str {
        debug_assert!(self.texts.contains_key(key), "{key} is in no file of words");
        self.texts.get(key).map_or("", String::as_str)
    }

    /// The text of a key, with one placeholder filled.
    pub(crate) fn say(&self, key: &str, name: &str, value: impl Display) -> String {
        self.fill(key, &[(name, &value.to_string())])
    }

    /// The text of a key, with its placeholders filled. What fills one is never searched for another.
    pub(crate) fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        let (mut filled, mut rest) = (String::new(), self.t(key));
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, behind)) = after.split_once('}') else { break };
            filled.push_str(before);
            let value = values.iter().find(|(have, _)| *have == name);
            filled.push_str(value.map_or("", |(_, value)| value));
            rest = behind;
        }
        filled.push_str(rest);
        filled
    }

    /// The text of a key as HTML, with what stands between backticks as code.
    pub(crate) fn rich(&self, key: &str) -> Rich {
        let parts = self.t(key).split('`').enumerate();
        Rich(
            parts
                .map(|(n, part)| {
                    let part = escaped(part);
                    if n % 2 == 1 { format!("<code>{part}</code>") } else { part }
                })
                .collect(),
        )
    }
}

fn escaped(text: &str) -> String {
    let Ok(escaped) = escape(text, Html);
    escaped.to_string()
}

/// HTML made of our own words.
#[derive(Debug)]
pub(crate) struct Rich(String);

impl Display for Rich {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Rich {}

fn flatten(prefix: &str, value: Value, texts: &mut HashMap<String, String>) {
    match value {
        Value::String(text) => {
            texts.insert(prefix.to_owned(), text);
        }
        Value::Object(entries) => {
            for (name, value) in entries {
                let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
                flatten(&key, value, texts);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fills_a_placeholder_is_never_searched_for_another() {
        let texts = HashMap::from([("k".to_owned(), "{a} and {b}, {c}.".to_owned())]);
        let words = Words { language: Language::English, texts };
        assert_eq!(words.fill("k", &[("a", "{b}"), ("b", "{a}")]), "{b} and {a}, .");
    }

    #[test]
    fn rich_text_is_escaped() {
        let texts = HashMap::from([("k".to_owned(), "a < `b & c`".to_owned())]);
        let words = Words { language: Language::English, texts };
        assert_eq!(words.rich("k").to_string(), "a &#60; <code>b &#38; c</code>");
    }

    #[test]
    fn tags() {
        assert_eq!(Language::of_tag("TR-tr"), Some(Language::Turkish));
        assert_eq!(Language::of_tag("trk"), None);
        assert_eq!(Language::of_tag(""), None);
    }
}
