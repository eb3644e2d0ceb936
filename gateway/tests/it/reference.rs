//! The configuration reference is made of the documentation of the configuration's fields. Where that has changed, run
//! this test once with `REFERENCE=write`.
//!
//! A field's documentation says of each variable, beginning a line: its name; in parentheses whether it is `required` or
//! `secret`; a colon; the meaning, and in it `; default` with the value in backticks, or `; default none`.

use std::{collections::BTreeSet, fs, path::PathBuf};

use gateway::{
    Config,
    config::{Origin, Variable},
};
use serde_json::json;
use shared::env::Env;

struct Entry {
    name: String,
    default: Option<String>,
    required: bool,
    secret: bool,
    meaning: String,
}

struct Section {
    title: &'static str,
    entries: Vec<Entry>,
}

const GATEWAY: [(&str, &str); 10] = [
    ("Addresses", "gateway/src/config/network.rs"),
    ("Capacity", "gateway/src/config/capacity.rs"),
    ("Storage and keys", "gateway/src/config/storage.rs"),
    ("Peaka", "gateway/src/peaka/settings.rs"),
    ("Lives of tokens and sessions", "gateway/src/config/tokens.rs"),
    ("Grants, clients and enterprises", "gateway/src/config.rs"),
    ("Clients with a metadata document", "gateway/src/cimd/policy.rs"),
    ("Webhook", "gateway/src/config/webhook.rs"),
    ("Mail", "gateway/src/config/mail.rs"),
    ("Logs and traces", "shared/src/telemetry.rs"),
];
const BACKEND: [(&str, &str); 2] =
    [("Backend", "mcp-backend/src/config.rs"), ("Logs and traces", "shared/src/telemetry.rs")];
const LOCAL: [(&str, &str); 1] = [("Local mode", "mcp-backend/src/local/config.rs")];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn sections(files: &[(&'static str, &str)]) -> Vec<Section> {
    files
        .iter()
        .map(|(title, file)| {
            let source = fs::read_to_string(root().join(file)).unwrap();
            let entries = documented(&source);
            assert!(!entries.is_empty(), "{file}");
            Section { title, entries }
        })
        .collect()
}

/// What the documentation of a file's fields says.
fn documented(source: &str) -> Vec<Entry> {
    let mut texts: Vec<String> = Vec::new();
    let mut open = false;
    for line in source.lines().map(str::trim) {
        match line.strip_prefix("/// ") {
            Some(text) if begins(text) => {
                texts.push(text.to_owned());
                open = true;
            }
            Some(text) if open => {
                let last = texts.last_mut().unwrap();
                last.push(' ');
                last.push_str(text);
            }
            _ => open = false,
        }
    }
    texts.iter().map(|text| entry(text)).collect()
}

fn begins(text: &str) -> bool {
    let name = text.strip_prefix('`').and_then(|rest| rest.split_once('`'));
    name.is_some_and(|(name, after)| is_name(name) && (after.starts_with(':') || after.starts_with(" (")))
}

fn is_name(text: &str) -> bool {
    let upper = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    upper && text.contains('_')
}

fn entry(text: &str) -> Entry {
    let (name, rest) = text[1..].split_once('`').unwrap();
    let (attributes, meaning) = rest.split_once(": ").unwrap_or_else(|| panic!("no meaning: {text}"));
    let required = attributes.contains("required");
    let default = meaning.split_once("; default ").map(|(_, default)| default);
    assert!(
        required != default.is_some(),
        "either required, or with a default that follows `; default`: {text}"
    );
    let default = default.filter(|default| !default.starts_with("none")).map(|default| {
        let value = default.strip_prefix('`').and_then(|rest| rest.split_once('`'));
        value.unwrap_or_else(|| panic!("the default should stand in backticks: {text}")).0.to_owned()
    });
    Entry {
        name: name.to_owned(),
        default,
        required,
        secret: attributes.contains("secret"),
        meaning: meaning.to_owned(),
    }
}

fn table(sections: &[Section]) -> String {
    let mut text = String::new();
    for section in sections {
        text.push_str(&format!(
            "\n### {}\n\n| variable | default | meaning |\n|---|---|---|\n",
            section.title
        ));
        for entry in &section.entries {
            let column = match (&entry.default, entry.required) {
                (Some(default), _) => format!("`{default}`"),
                (None, true) => "required".to_owned(),
                (None, false) => "none".to_owned(),
            };
            let secret = if entry.secret { " (secret)" } else { "" };
            // The column says it.
            let default = entry
                .default
                .as_deref()
                .map_or("; default none.".to_owned(), |default| format!("; default `{default}`."));
            let meaning = entry.meaning.replace(&default, ".").replace('|', "\\|");
            text.push_str(&format!("| `{}`{secret} | {column} | {meaning} |\n", entry.name));
        }
    }
    text
}

fn markdown() -> String {
    format!(
        "# Configuration\n\n\
         All of it comes from environment variables. One that is set to nothing counts as not set. Names ending in\n\
         `_SECONDS` are whole seconds. A start-up with mistakes tells all of them at once, repeats no value and ends with 78;\n\
         `gateway config check` tells the same, and `gateway config show` what holds and where it comes from.\n\n\
         This page is made of the documentation of the fields that hold these values, by the test `reference` of the gateway.\n\n\
         ## Gateway\n{}\n## MCP backend\n{}\n## The same tools without a gateway\n{}",
        table(&sections(&GATEWAY)),
        table(&sections(&BACKEND)),
        table(&sections(&LOCAL)),
    )
}

fn sample() -> String {
    let mut text = "# Every variable with its default. Copy this file to .env, which git ignores, and uncomment what you change.\n\
                    # What each means and more: deploy/guide/configuration.md. Made by the test `reference` of the gateway.\n"
        .to_owned();
    let mut seen = BTreeSet::new();
    let services = [("The gateway", &GATEWAY[..]), ("The backend", &BACKEND), ("Without a gateway", &LOCAL)];
    for (service, files) in services {
        for section in sections(files) {
            let fresh: Vec<&Entry> =
                section.entries.iter().filter(|entry| seen.insert(entry.name.clone())).collect();
            if !fresh.is_empty() {
                text.push_str(&format!("\n# --- {service}: {}\n", section.title));
            }
            for entry in fresh {
                let hint = entry.meaning.split("; default").next().unwrap().split(". ").next().unwrap();
                let comment = if entry.required { "" } else { "#" };
                let default = entry.default.as_deref().unwrap_or_default();
                text.push_str(&format!("\n# {}\n{comment}{}={default}\n", hint.replace('`', ""), entry.name));
            }
        }
    }
    text
}

fn list() -> String {
    let entries = sections(&GATEWAY).into_iter().flat_map(|section| section.entries);
    let list: Vec<_> = entries
        .map(|entry| {
            json!({
                "name": entry.name,
                "default": entry.default,
                "required": entry.required,
                "secret": entry.secret,
                "meaning": entry.meaning,
            })
        })
        .collect();
    serde_json::to_string_pretty(&list).unwrap() + "\n"
}

#[test]
#[expect(clippy::disallowed_methods, reason = "what to do with the files, not configuration of the gateway")]
fn the_reference_is_what_the_fields_say() {
    let write = std::env::var_os("REFERENCE").is_some_and(|what| what == "write");
    let files = [
        ("deploy/guide/configuration.md", markdown()),
        (".env.sample", sample()),
        ("gateway/assets/configuration.json", list()),
    ];
    for (file, text) in files {
        let path = root().join(file);
        if write {
            fs::write(&path, &text).unwrap();
        }
        let there = fs::read_to_string(&path).unwrap_or_default();
        assert!(there == text, "{file} is not what the fields say; run this test once with REFERENCE=write");
    }
}

/// The variables that a folder's code reads.
fn read_in(folder: &str) -> BTreeSet<String> {
    let (mut found, mut folders) = (BTreeSet::new(), vec![root().join(folder)]);
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                // It is in tests only.
                && !path.ends_with("histories.rs")
            {
                let source = fs::read_to_string(path).unwrap();
                let code = source.split("#[cfg(test)]\nmod ").next().unwrap();
                // Two whose names are put together.
                for prefix in code.split("Leaving::read(env, \"").skip(1) {
                    let prefix = prefix.split('"').next().unwrap();
                    found.extend(["SHUTDOWN_DELAY", "DRAIN"].map(|name| format!("{prefix}_{name}_SECONDS")));
                }
                found.extend(
                    code.split('"').skip(1).step_by(2).filter(|text| is_variable(text)).map(str::to_owned),
                );
            }
        }
    }
    found
}

fn is_variable(text: &str) -> bool {
    let prefixes = ["GATEWAY_", "PEAKA_", "PARTNER_", "LOG_", "OTEL_", "BACKEND_", "LOCAL_"];
    is_name(text) && prefixes.iter().any(|prefix| text.starts_with(prefix))
}

#[test]
fn every_variable_that_is_read_is_in_it() {
    let documented = |files: &[(&'static str, &str)]| -> BTreeSet<String> {
        sections(files).into_iter().flat_map(|section| section.entries).map(|entry| entry.name).collect()
    };
    let shared = read_in("shared/src");
    let gateway: BTreeSet<String> = &read_in("gateway/src") | &shared;
    assert_eq!(documented(&GATEWAY), gateway);
    let backend: BTreeSet<String> = &read_in("mcp-backend/src") | &shared;
    assert_eq!(&documented(&BACKEND) | &documented(&LOCAL), backend);
}

#[test]
fn a_default_that_is_set_changes_nothing() {
    let usual = [
        ("GATEWAY_PUBLIC_URL", "https://mcp.example.com"),
        ("GATEWAY_DATABASE_URL", "sqlite://x"),
        ("GATEWAY_MASTER_KEYS", crate::harness::MASTER_KEY),
        ("PEAKA_ISSUER", "https://peaka.example"),
        ("PEAKA_CLIENT_ID", "gateway"),
        ("PEAKA_CLIENT_SECRET", "hunter2"),
    ];
    let plain = format!("{:?}", Config::read(Env::of(usual)).unwrap());
    let mut defaults = 0;
    for variable in Variable::all().unwrap() {
        let Some(default) = &variable.default else { continue };
        defaults += 1;
        let set = usual.into_iter().chain([(variable.name.as_str(), default.as_str())]);
        let set = format!("{:?}", Config::read(Env::of(set)).unwrap());
        assert_eq!(set, plain, "{} is not {default} by default", variable.name);
    }
    assert!(defaults > 15, "{defaults}");
}

#[test]
fn no_secret_is_shown() {
    for variable in Variable::all().unwrap() {
        let env = Env::of([(variable.name.as_str(), "hunter2")]);
        let (shown, origin) = variable.effective(&env);
        assert_eq!(
            (shown == "hunter2", origin),
            (!variable.secret, Origin::Environment),
            "{}",
            variable.name
        );
        let is_one =
            ["SECRET", "DATABASE_URL", "REDIS_URL", "MASTER_KEYS", "PASSWORD", "WEBHOOK_URL", "MAIL_URL"]
                .iter()
                .any(|word| variable.name.ends_with(word));
        assert!(variable.secret || !is_one, "{} looks like a secret", variable.name);
    }
}
