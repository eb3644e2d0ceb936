//! The file of clients. It holds no secret, but says where each is: in a variable of the environment or in a file.

use secrecy::SecretString;
use serde_json::Value;
use shared::env::Env;

use super::{
    Entry, FILE, FileClients,
    written::{Mistakes, Written},
};

const SECRET: &str = "client_secret";
const API_KEY: &str = "peaka_api_key";
/// A shorter secret can be guessed.
const SHORTEST_SECRET: usize = 32;

/// A client of the file, with what it must keep to itself.
#[derive(Clone, Debug)]
pub struct FileClient {
    /// The client.
    pub entry: Entry,
    pub(super) secret: Option<SecretString>,
    pub(super) api_key: Option<SecretString>,
}

/// Reads the file that the environment names, if it names one.
pub(crate) fn read(env: &mut Env) -> FileClients {
    let mut mistakes = Mistakes::new();
    let clients = document(env, FILE, &mut mistakes).map_or_else(FileClients::new, |document| {
        Written::of(&document, "the file".to_owned(), &["clients"], &mut mistakes)
            .map(|file| clients(&file, env, &mut mistakes))
            .unwrap_or_default()
    });
    for mistake in mistakes {
        env.wrong(FILE, mistake);
    }
    clients
}

/// The JSON document in the file that a variable names.
pub(crate) fn document(env: &Env, variable: &str, mistakes: &mut Mistakes) -> Option<Value> {
    let path = env.text(variable)?;
    let Ok(text) = std::fs::read(path) else {
        mistakes.push("should be the path of a readable file".to_owned());
        return None;
    };
    serde_json::from_slice(&text)
        .map_err(|error| {
            mistakes.push(format!(
                "should be a JSON file; it is not from line {}, column {} on",
                error.line(),
                error.column()
            ));
        })
        .ok()
}

fn clients(file: &Written<'_>, env: &Env, mistakes: &mut Mistakes) -> FileClients {
    let mut clients = FileClients::new();
    let Some(list) = file.get("clients").and_then(Value::as_array) else {
        file.wrong("clients", "should be a list of clients", mistakes);
        return clients;
    };
    for (at, value) in list.iter().enumerate() {
        let place = format!("clients[{at}]");
        let Some(entry) = Entry::read(value, &place, &[SECRET, API_KEY], mistakes) else { continue };
        let wants = (entry.has_secret(), entry.is_a_machine());
        let secret = secret(value, &place, SECRET, wants.0, env, mistakes);
        let api_key = secret_of(value, &place, API_KEY, wants.1, env, mistakes);
        let id = entry.id.clone();
        if clients.insert(id, FileClient { entry, secret, api_key }).is_some() {
            mistakes.push(format!("{place}.client_id is that of another client, too"));
        }
    }
    clients
}

fn secret(
    client: &Value,
    place: &str,
    name: &str,
    wanted: bool,
    env: &Env,
    mistakes: &mut Mistakes,
) -> Option<SecretString> {
    use secrecy::ExposeSecret as _;
    let secret = secret_of(client, place, name, wanted, env, mistakes)?;
    if secret.expose_secret().len() < SHORTEST_SECRET {
        mistakes.push(format!("{place}.{name} should have at least {SHORTEST_SECRET} characters"));
        return None;
    }
    Some(secret)
}

/// A secret by its place: `{"env": "NAME"}` or `{"file": "path"}`.
fn secret_of(
    client: &Value,
    place: &str,
    name: &str,
    wanted: bool,
    env: &Env,
    mistakes: &mut Mistakes,
) -> Option<SecretString> {
    let form = r#"{"env": "the name of a variable"} or {"file": "the path of a file"}"#;
    let place = format!("{place}.{name}");
    let value = match (client.get(name), wanted) {
        (Some(value), true) => value,
        (None, true) => {
            mistakes.push(format!("{place} is missing; it should be {form}"));
            return None;
        }
        (Some(_), false) => {
            mistakes.push(format!("{place} is of no use for this client"));
            return None;
        }
        (None, false) => return None,
    };
    let member = |name: &str| value.get(name).and_then(Value::as_str);
    let found = match (member("env"), member("file"), value.as_object().map(serde_json::Map::len)) {
        (Some(variable), None, Some(1)) => env.secret(variable).ok_or("names a variable that is not set"),
        (None, Some(path), Some(1)) => std::fs::read_to_string(path)
            .ok()
            .map(|text| SecretString::from(text.trim()))
            .ok_or("names a file that cannot be read"),
        _ => {
            mistakes.push(format!("{place} should be {form}"));
            return None;
        }
    };
    use secrecy::ExposeSecret as _;
    // What goes into a header has to be printable.
    let usable = |secret: &SecretString| {
        let text = secret.expose_secret();
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    match found {
        Ok(secret) if usable(&secret) => Some(secret),
        Ok(_) => {
            mistakes.push(format!("{place} leads to an empty text, or one that has spaces in it"));
            None
        }
        Err(problem) => {
            mistakes.push(format!("{place} {problem}"));
            None
        }
    }
}
