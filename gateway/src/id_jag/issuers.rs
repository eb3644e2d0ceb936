//! The issuers that the operator trusts, from a file.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::{env::Env, scope::Scopes};
use url::Url;

use crate::operator_clients::{
    EntryKeys,
    entry::{keys, scopes},
    read_document,
    written::{Mistakes, Written},
};

/// Where the file is.
pub const FILE: &str = "GATEWAY_ENTERPRISE_ISSUERS_FILE";

const MEMBERS: [&str; 9] = [
    "issuer",
    "jwks",
    "jwks_uri",
    "client_ids",
    "email_domains",
    "scope",
    "email_claim",
    "email_verified_claim",
    "emails_are_verified",
];

/// The issuers by their identifier.
pub type Issuers = BTreeMap<String, TrustedIssuer>;

/// An issuer, and how far its word goes.
#[derive(Clone, Debug)]
pub struct TrustedIssuer {
    /// Its identifier, byte for byte.
    pub issuer: String,
    /// Its public keys.
    pub keys: EntryKeys,
    /// The clients that it may speak to.
    pub client_ids: BTreeSet<String>,
    /// The domains of its people's addresses, in lower case; none below them.
    pub email_domains: BTreeSet<String>,
    /// What it may allow at most.
    pub scopes: Scopes,
    /// The claim with the person's address; default `email`.
    pub email_claim: String,
    /// The claim that says whether the address is verified; default `email_verified`.
    pub email_verified_claim: String,
    /// An address that the issuer does not call verified is so all the same: the enterprise gives the addresses itself.
    pub emails_are_verified: bool,
}

/// Reads the file that the environment names, if it names one.
pub(crate) fn read(env: &mut Env) -> Issuers {
    let mut mistakes = Mistakes::new();
    let mut issuers = Issuers::new();
    if let Some(document) = read_document(env, FILE, &mut mistakes)
        && let Some(file) = Written::of(&document, "the file".to_owned(), &["issuers"], &mut mistakes)
    {
        match file.get("issuers").and_then(Value::as_array) {
            Some(list) => {
                for (at, value) in list.iter().enumerate() {
                    let place = format!("issuers[{at}]");
                    let Some(trusted) = one(value, &place, &mut mistakes) else { continue };
                    if issuers.insert(trusted.issuer.clone(), trusted).is_some() {
                        mistakes.push(format!("{place}.issuer is there twice"));
                    }
                }
            }
            None => file.wrong("issuers", "should be a list of issuers", &mut mistakes),
        }
    }
    for mistake in mistakes {
        env.wrong(FILE, mistake);
    }
    issuers
}

fn one(value: &Value, place: &str, mistakes: &mut Mistakes) -> Option<TrustedIssuer> {
    let before = mistakes.len();
    let written = Written::of(value, place.to_owned(), &MEMBERS, mistakes)?;
    let form = "the https URL of the issuer, as its assertions write it";
    let issuer = written.required("issuer", form, mistakes).unwrap_or_default();
    if !issuer.is_empty() && !is_an_issuer(issuer) {
        written.wrong("issuer", format_args!("should be {form}"), mistakes);
    }
    let keys = keys(&written, true, mistakes);
    let client_ids = set(&written, "client_ids", mistakes, |_| true);
    let email_domains = set(&written, "email_domains", mistakes, |domain| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        domain.contains('.') && domain.bytes().all(allowed)
    });
    let scopes = scopes(&written, mistakes);
    let mut claim = |name: &str, usual: &str| written.text(name, mistakes).unwrap_or(usual).to_owned();
    let email_claim = claim("email_claim", "email");
    let email_verified_claim = claim("email_verified_claim", "email_verified");
    let emails_are_verified = written.truth("emails_are_verified", mistakes);
    let keys = keys?;
    (mistakes.len() == before).then(|| TrustedIssuer {
        issuer: issuer.to_owned(),
        keys,
        client_ids,
        email_domains: email_domains.iter().map(|domain| domain.to_ascii_lowercase()).collect(),
        scopes,
        email_claim,
        email_verified_claim,
        emails_are_verified,
    })
}

fn is_an_issuer(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        url.scheme() == "https" && url.has_host() && url.query().is_none() && url.fragment().is_none()
    })
}

/// A list that must not be empty: an issuer speaks for nobody by default.
fn set(
    written: &Written<'_>,
    name: &str,
    mistakes: &mut Mistakes,
    good: impl Fn(&str) -> bool,
) -> BTreeSet<String> {
    let before = mistakes.len();
    let mut set = BTreeSet::new();
    for (place, text) in written.list(name, mistakes) {
        if good(text) {
            set.insert(text.to_owned());
        } else {
            mistakes.push(format!("{place} should be like example.com"));
        }
    }
    if set.is_empty() && mistakes.len() == before {
        written.wrong(name, "should be a list of at least one", mistakes);
    }
    set
}
