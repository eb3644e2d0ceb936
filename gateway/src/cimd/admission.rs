//! Which clients that describe themselves are let in: an operator's choice, made by the text of the client id before
//! anything is fetched. It decides about new authorizations; sessions that exist are ended by `gateway sessions revoke`.

use shared::env::Env;
use tracing::warn;

use super::{CimdError, ClientIdUrl, NotAllowed};

const ADMISSION: &str = "GATEWAY_CIMD_ADMISSION";
const HOSTS: &str = "GATEWAY_CIMD_HOSTS";

/// The entry that stands for [`KNOWN`].
const PRESET: &str = "known";
/// Where well-known vendors publish the documents of their clients.
const KNOWN: [&str; 6] = [
    "claude.ai/oauth",
    "chatgpt.com/oauth",
    "vscode.dev/oauth/client-metadata.json",
    "insiders.vscode.dev/oauth/client-metadata.json",
    "zed.dev/oauth/client-metadata.json",
    "goose-docs.ai/oauth/client-metadata.json",
];

/// How strict the list is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    /// Everyone with an acceptable document.
    #[default]
    Open,
    /// Those on the list.
    Listed,
    /// Everyone; whom the list would have refused is logged.
    Report,
    /// No one: documents are not understood, and not promised in the metadata.
    Off,
}

impl Mode {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "open" => Some(Self::Open),
            "listed" => Some(Self::Listed),
            "report" => Some(Self::Report),
            "off" => Some(Self::Off),
            _ => None,
        }
    }
}

/// Who is let in.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    mode: Mode,
    listed: Vec<Entry>,
}

/// A host, with everything on it or what lies under a path.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    /// `host`, or `host:port` if it is not 443.
    authority: String,
    /// Without the slashes around it; empty for everything.
    path: String,
}

impl Admission {
    /// Reads `GATEWAY_CIMD_ADMISSION` (`open` by default) and `GATEWAY_CIMD_HOSTS`.
    pub(super) fn read(env: &mut Env) -> Self {
        let mode = match env.text(ADMISSION) {
            None => Mode::default(),
            Some(name) => Mode::parse(&name).unwrap_or_else(|| {
                env.wrong(ADMISSION, "should be open, listed, report or off");
                Mode::default()
            }),
        };
        let mut listed = Vec::new();
        for text in
            env.text(HOSTS).unwrap_or_default().split(',').map(str::trim).filter(|text| !text.is_empty())
        {
            let entries: Option<Vec<Entry>> = if text == PRESET {
                KNOWN.into_iter().map(Entry::parse).collect()
            } else {
                Entry::parse(text).map(|entry| vec![entry])
            };
            match entries {
                Some(entries) => listed.extend(entries),
                None => env.wrong(
                    HOSTS,
                    "should be hosts, or hosts with the beginning of a path, like \
                     known,app.example.com,docs.example.com/clients",
                ),
            }
        }
        if listed.is_empty() && matches!(mode, Mode::Listed | Mode::Report) {
            env.wrong(HOSTS, "should name those who are let in; known stands for well-known vendors");
        }
        Self { mode, listed }
    }

    /// Whether documents are understood at all.
    pub(crate) fn understands_documents(&self) -> bool {
        self.mode != Mode::Off
    }

    pub(super) fn admits(&self, id: &ClientIdUrl) -> Result<(), CimdError> {
        match self.mode {
            Mode::Open => Ok(()),
            Mode::Off => Err(NotAllowed::Documents.into()),
            Mode::Listed | Mode::Report if self.listed.iter().any(|entry| entry.covers(id)) => Ok(()),
            Mode::Report => {
                warn!(client_id = %id, "let a client in that is not listed");
                Ok(())
            }
            Mode::Listed => Err(NotAllowed::Unlisted { host: id.host().to_owned() }.into()),
        }
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        let (authority, path) = text.split_once('/').unwrap_or((text, ""));
        let path = path.trim_end_matches('/');
        let example = format!("https://{authority}/{}", if path.is_empty() { "document" } else { path });
        let unescaped = !path.contains('%') && !path.split('/').any(str::is_empty);
        // A host that no client id can have would let nobody in.
        (ClientIdUrl::parse(&example).is_ok() && (path.is_empty() || unescaped))
            .then(|| Self { authority: authority.to_owned(), path: path.to_owned() })
    }

    /// Whole segments count, and where only a part of a host is trusted, none that the host might read in two ways.
    fn covers(&self, id: &ClientIdUrl) -> bool {
        let Some((authority, path)) =
            id.as_str().strip_prefix("https://").and_then(|rest| rest.split_once('/'))
        else {
            return false;
        };
        if authority != self.authority || self.path.is_empty() {
            return authority == self.authority;
        }
        let ambiguous = path.contains(['%', '\\', ';']) || path.contains("//");
        let below =
            path.strip_prefix(&self.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        below && !ambiguous
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(entry: &str, id: &str) -> bool {
        Entry::parse(entry).unwrap().covers(&ClientIdUrl::parse(id).unwrap())
    }

    #[test]
    fn a_host_is_that_host_and_a_path_is_whole_segments() {
        assert!(covers("a.example", "https://a.example/x/y"));
        assert!(covers("a.example/x", "https://a.example/x"));
        assert!(covers("a.example/x/", "https://a.example/x/y.json"));
        assert!(covers("a.example:8443", "https://a.example:8443/x"));
        for (entry, id) in [
            ("a.example", "https://b.a.example/x"),
            ("a.example", "https://a.example.evil.example/x"),
            ("a.example", "https://evila.example/x"),
            ("a.example", "https://a.example:8443/x"),
            ("a.example/x", "https://a.example/xy"),
            ("a.example/x", "https://a.example/y/x"),
            ("a.example/x", "https://a.example/x/%2e%2e%2fy"),
            ("a.example/x", "https://a.example/x//y"),
            ("a.example/x", "https://a.example/x/y;z"),
        ] {
            assert!(!covers(entry, id), "{entry} covers {id}");
        }
    }

    #[test]
    fn what_can_let_nobody_in_is_a_mistake() {
        for entry in [
            "",
            "localhost",
            "*.example.com",
            "https://a.example",
            "A.example",
            "a.example/%61",
            "a.example/x//y",
            "a.example/../x",
            "1.2.3.4",
            "a.example?x",
        ] {
            assert_eq!(Entry::parse(entry), None, "{entry}");
        }
        assert!(KNOWN.into_iter().all(|entry| Entry::parse(entry).is_some()));
    }
}
