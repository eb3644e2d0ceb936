//! The client, as it is presented to a person: what is proven of it, and what it merely says.

use crate::{
    domain::{
        authorization::AuthorizationRequest,
        client::ClientOrigin,
        redirect::{Destination, RedirectUri},
        session::Session,
    },
    language::Here,
};

/// Whose the hosts of well-known clients are.
const VENDORS: [(&str, &str); 8] = [
    ("claude.ai", "Anthropic"),
    ("claude.com", "Anthropic"),
    ("chatgpt.com", "OpenAI"),
    ("cursor.com", "Cursor"),
    ("www.cursor.com", "Cursor"),
    ("vscode.dev", "Microsoft"),
    ("insiders.vscode.dev", "Microsoft"),
    ("zed.dev", "Zed"),
];

/// A client on a page.
pub(super) struct ClientCard {
    pub(super) name: String,
    /// The host that vouches for it; none if it only calls itself so.
    pub(super) verified_host: Option<String>,
    /// Whose that host is, if it is a well-known one.
    pub(super) vendor: Option<&'static str>,
    pub(super) destination: String,
    /// Whose the destination is. Also of a client that only calls itself so: the code goes there and nowhere else.
    pub(super) destination_vendor: Option<&'static str>,
    /// The operator of this gateway vouches for it.
    pub(super) of_operator: bool,
    /// It is a device without a browser, somewhere else.
    pub(super) device: bool,
    /// The code goes to this computer: whoever listens there gets it.
    pub(super) loopback: bool,
}

impl ClientCard {
    /// The one that asks.
    pub(super) fn of(w: &Here, request: &AuthorizationRequest) -> Self {
        let verified_host = match &request.client_origin {
            ClientOrigin::Document { host } => Some(host.clone()),
            ClientOrigin::Registered | ClientOrigin::Operator => None,
        };
        let mut card = Self::new(w, request.client.name.clone(), verified_host, Some(&request.redirect_uri));
        card.of_operator = request.client_origin == ClientOrigin::Operator;
        if request.device.is_some() {
            card.device = true;
            card.destination = w.t("client.nowhere").to_owned();
            card.destination_vendor = None;
            card.loopback = false;
        }
        card
    }

    /// The one that holds a session.
    pub(super) fn of_session(w: &Here, session: &Session) -> Self {
        let origin = ClientOrigin::of_id(&session.client_id);
        let of_operator = origin == ClientOrigin::Operator;
        let host = match origin {
            ClientOrigin::Document { host } => Some(host),
            ClientOrigin::Registered | ClientOrigin::Operator => None,
        };
        let redirect_uri = RedirectUri::parse(&session.redirect_uri).ok();
        let card = Self::new(w, session.client_name.clone(), host, redirect_uri.as_ref());
        Self { of_operator, ..card }
    }

    fn new(
        w: &Here,
        name: String,
        verified_host: Option<String>,
        redirect_uri: Option<&RedirectUri>,
    ) -> Self {
        let mut destination_vendor = None;
        let (destination, loopback) = match redirect_uri.map(RedirectUri::destination) {
            Some(Destination::Web(host)) => {
                destination_vendor = vendor(host);
                (host.to_owned(), false)
            }
            Some(Destination::Loopback(host)) => (w.say("client.this_computer", "host", host), true),
            Some(Destination::Application(scheme)) => (w.say("client.scheme", "scheme", scheme), false),
            None => (String::new(), false),
        };
        let vendor = verified_host.as_deref().and_then(vendor);
        Self {
            name,
            verified_host,
            vendor,
            destination,
            destination_vendor,
            of_operator: false,
            device: false,
            loopback,
        }
    }
}

fn vendor(host: &str) -> Option<&'static str> {
    VENDORS.iter().find(|(known, _)| *known == host).map(|(_, vendor)| *vendor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_is_known_by_its_whole_host() {
        assert_eq!(vendor("claude.ai"), Some("Anthropic"));
        for other in ["evil.claude.ai", "claude.ai.evil.example", "claude.ai:8443", "CLAUDE.AI", ""] {
            assert_eq!(vendor(other), None, "{other}");
        }
    }
}
