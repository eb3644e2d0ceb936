//! What an operator writes in JSON, read so that every mistake is told with its place, and no value with it.

use serde_json::{Map, Value};

/// Mistakes, each with its place.
pub type Mistakes = Vec<String>;

/// An object at a place, of which each member is asked for by its name.
pub struct Written<'a> {
    place: String,
    members: &'a Map<String, Value>,
}

impl<'a> Written<'a> {
    /// The object at `place`; `known` are the members that it may have.
    pub fn of(value: &'a Value, place: String, known: &[&str], mistakes: &mut Mistakes) -> Option<Self> {
        let Some(members) = value.as_object() else {
            mistakes.push(format!("{place} should be an object"));
            return None;
        };
        for name in members.keys().filter(|name| !known.contains(&name.as_str())) {
            mistakes.push(format!("{place}.{name} is not known; known are {}", known.join(", ")));
        }
        Some(Self { place, members })
    }

    /// Notes a mistake in a member.
    pub fn wrong(&self, name: &str, problem: impl std::fmt::Display, mistakes: &mut Mistakes) {
        mistakes.push(format!("{}.{name} {problem}", self.place));
    }

    /// The place of a member.
    pub fn place(&self, name: &str) -> String {
        format!("{}.{name}", self.place)
    }

    /// A member, if it is there.
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name)
    }

    /// A text, if it is there.
    pub fn text(&self, name: &str, mistakes: &mut Mistakes) -> Option<&'a str> {
        let value = self.get(name)?;
        let text = value.as_str().filter(|text| !text.is_empty());
        if text.is_none() {
            self.wrong(name, "should be text", mistakes);
        }
        text
    }

    /// A text that must be there.
    pub fn required(&self, name: &str, form: &str, mistakes: &mut Mistakes) -> Option<&'a str> {
        if self.get(name).is_none() {
            self.wrong(name, format_args!("is missing; it should be {form}"), mistakes);
        }
        self.text(name, mistakes)
    }

    /// A list of texts, each with its place; empty if it is not there.
    pub fn list(&self, name: &str, mistakes: &mut Mistakes) -> Vec<(String, &'a str)> {
        let Some(value) = self.get(name) else { return Vec::new() };
        let Some(items) = value.as_array() else {
            self.wrong(name, "should be a list of texts", mistakes);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let place = format!("{}.{name}[{at}]", self.place);
            match item.as_str() {
                Some(text) => texts.push((place, text)),
                None => mistakes.push(format!("{place} should be text")),
            }
        }
        texts
    }

    /// A truth, if it is there.
    pub fn truth(&self, name: &str, mistakes: &mut Mistakes) -> bool {
        match self.get(name) {
            None => false,
            Some(Value::Bool(truth)) => *truth,
            Some(_) => {
                self.wrong(name, "should be true or false", mistakes);
                false
            }
        }
    }
}
