//! The clients that are played, as they were seen to behave: what they call themselves, how they register, and where they
//! want people sent back to.

/// A client.
#[derive(Debug)]
pub(super) struct Player {
    pub(super) name: &'static str,
    /// What its programs call themselves in `User-Agent`; the first asks, the others must be let through, too.
    pub(super) agents: &'static [&'static str],
    /// The origin of the web page that it lives in, if it does.
    pub(super) page: Option<&'static str>,
    /// Whether its first request is a GET.
    pub(super) opens_a_stream: bool,
    /// The protocol version that it sends with its requests for metadata.
    pub(super) protocol: Option<&'static str>,
    /// What it registers (RFC 7591).
    pub(super) registers: &'static str,
    /// The redirect URIs that it then asks with.
    pub(super) returns_to: &'static [&'static str],
    /// Its metadata document and a redirect URI of that.
    pub(super) document: Option<(&'static str, &'static str)>,
}

impl Player {
    /// Whether it registers for a secret.
    pub(super) fn has_secret(&self) -> bool {
        !self.registers.contains(r#""token_endpoint_auth_method":"none""#)
    }
}

/// A browser, which every firewall lets through.
pub(super) const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

pub(super) static PLAYERS: [Player; 7] = [
    Player {
        name: "Claude",
        agents: &["Claude-User", "python-httpx/0.28.1"],
        page: None,
        opens_a_stream: false,
        protocol: Some("2025-11-25"),
        registers: r#"{"client_name":"Claude","redirect_uris":["https://claude.ai/api/mcp/auth_callback"],
            "grant_types":["authorization_code","refresh_token"],"response_types":["code"],
            "token_endpoint_auth_method":"client_secret_post","scope":"peaka:read peaka:query peaka:write"}"#,
        returns_to: &["https://claude.ai/api/mcp/auth_callback"],
        document: Some((
            "https://claude.ai/oauth/mcp-oauth-client-metadata",
            "https://claude.ai/api/mcp/auth_callback",
        )),
    },
    Player {
        name: "Claude Code",
        agents: &["claude-code/2.1.0 (cli)"],
        page: None,
        opens_a_stream: false,
        protocol: Some("2025-11-25"),
        registers: r#"{"client_name":"Claude Code","redirect_uris":["http://localhost:54213/callback"],
            "grant_types":["authorization_code","refresh_token"],"response_types":["code"],
            "token_endpoint_auth_method":"none"}"#,
        returns_to: &["http://localhost:54213/callback", "http://localhost:61999/callback"],
        document: Some((
            "https://claude.ai/oauth/claude-code-client-metadata",
            "http://localhost:54213/callback",
        )),
    },
    Player {
        name: "ChatGPT",
        agents: &["openai-mcp/1.0.0", "python-httpx/0.28.1"],
        page: None,
        opens_a_stream: false,
        protocol: Some("2025-11-25"),
        registers: r#"{"client_name":"ChatGPT","redirect_uris":["https://chatgpt.com/connector_platform_oauth_redirect"],
            "grant_types":["authorization_code","refresh_token"],"response_types":["code"],
            "token_endpoint_auth_method":"none"}"#,
        returns_to: &["https://chatgpt.com/connector_platform_oauth_redirect"],
        // It has one per connector, none of which is everybody's.
        document: None,
    },
    Player {
        name: "Cursor",
        agents: &["Cursor/2.4.0 (darwin arm64)", "node"],
        page: None,
        opens_a_stream: false,
        protocol: Some("2025-11-25"),
        registers: r#"{"client_name":"Cursor","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback",
            "https://www.cursor.com/agents/mcp/oauth/callback","http://localhost:8787/callback"],
            "grant_types":["authorization_code","refresh_token"],"response_types":["code"],
            "token_endpoint_auth_method":"none"}"#,
        returns_to: &[
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "https://www.cursor.com/agents/mcp/oauth/callback",
            "http://localhost:8787/callback",
        ],
        document: None,
    },
    Player {
        name: "VS Code",
        agents: &["Visual Studio Code/1.110.0", "node"],
        page: None,
        opens_a_stream: false,
        protocol: Some("2025-11-25"),
        registers: r#"{"client_name":"Visual Studio Code","redirect_uris":["https://insiders.vscode.dev/redirect",
            "https://vscode.dev/redirect","vscode://dynamicauthprovider/redirect","http://localhost/","http://127.0.0.1/",
            "http://localhost:33418/","http://127.0.0.1:33418/"],
            "grant_types":["authorization_code","refresh_token","urn:ietf:params:oauth:grant-type:device_code"],
            "response_types":["code"],"token_endpoint_auth_method":"none","application_type":"native"}"#,
        returns_to: &[
            "https://vscode.dev/redirect",
            "vscode://dynamicauthprovider/redirect",
            "http://127.0.0.1:33418/",
            "http://127.0.0.1:50111/",
            "http://localhost:50111/",
        ],
        document: Some(("https://vscode.dev/oauth/client-metadata.json", "https://vscode.dev/redirect")),
    },
    Player {
        name: "MCP Inspector",
        agents: &[BROWSER, "node"],
        page: Some("http://localhost:6274"),
        opens_a_stream: false,
        protocol: Some("2025-11-25"),
        registers: r#"{"client_name":"MCP Inspector","redirect_uris":["http://localhost:6274/oauth/callback"],
            "grant_types":["authorization_code","refresh_token"],"response_types":["code"],
            "token_endpoint_auth_method":"none","client_uri":"https://github.com/modelcontextprotocol/inspector",
            "scope":"peaka:read peaka:query peaka:write offline_access"}"#,
        returns_to: &["http://localhost:6274/oauth/callback"],
        document: None,
    },
    Player {
        name: "mcp-remote",
        agents: &["node", "undici"],
        page: None,
        opens_a_stream: true,
        protocol: None,
        registers: r#"{"client_name":"MCP CLI Proxy","redirect_uris":["http://localhost:3334/oauth/callback"],
            "grant_types":["authorization_code","refresh_token"],"response_types":["code"],
            "token_endpoint_auth_method":"none","software_id":"2e6dc280-f3c3-4e01-99a7-8181dbd1d23d",
            "software_version":"0.15.0"}"#,
        returns_to: &["http://localhost:3334/oauth/callback", "http://localhost:21817/oauth/callback"],
        document: None,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::redirect::RedirectUri;

    #[test]
    fn each_registers_what_it_returns_to() {
        for player in &PLAYERS {
            let registers: serde_json::Value = serde_json::from_str(player.registers).unwrap();
            let registered: Vec<RedirectUri> =
                serde_json::from_value(registers["redirect_uris"].clone()).unwrap();
            for uri in player.returns_to {
                let uri = RedirectUri::parse(uri).unwrap();
                assert!(registered.iter().any(|known| known.accepts(&uri)), "{} {uri:?}", player.name);
            }
        }
    }
}
