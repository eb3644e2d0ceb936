//! The page behind the bare address: the one URL, and how each client takes it.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::json;
use url::form_urlencoded;

use crate::{
    app::App,
    pages::{self, ConnectLinks, PageError},
};

pub(crate) async fn connect(State(app): State<Arc<App>>) -> Result<Response, PageError> {
    pages::connect(&links(app.issuer.resource()))
}

/// Addresses that open a client with the URL filled in.
fn links(url: String) -> ConnectLinks {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let cursor = BASE64_STANDARD.encode(json!({ "url": url }).to_string());
    let vscode = json!({ "name": "peaka", "type": "http", "url": url }).to_string();
    ConnectLinks {
        claude: format!(
            "https://claude.ai/customize/connectors?modal=add-custom-connector&connectorName=Peaka&connectorUrl={}",
            encode(&url)
        ),
        cursor: format!(
            "cursor://anysphere.cursor-deeplink/mcp/install?name=peaka&config={}",
            encode(&cursor)
        ),
        // A plus would be read as itself there, not as a space.
        vscode: format!("vscode:mcp/install?{}", encode(&vscode).replace('+', "%20")),
        url,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_links_carry_the_configured_url() {
        let links = links("https://mcp.example.com/mcp".to_owned());
        assert!(links.claude.ends_with("&connectorUrl=https%3A%2F%2Fmcp.example.com%2Fmcp"));
        let config = links.cursor.rsplit_once("config=").unwrap().1.replace("%3D", "=");
        assert_eq!(BASE64_STANDARD.decode(config).unwrap(), br#"{"url":"https://mcp.example.com/mcp"}"#);
        assert!(links.vscode.contains("%22url%22%3A%22https%3A%2F%2Fmcp.example.com%2Fmcp%22"));
    }
}
