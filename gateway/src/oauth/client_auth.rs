//! Which client makes a token or revocation request, and whether it proved so (RFC 6749 §2.3).

pub(crate) mod basic;

use http::HeaderMap;
use secrecy::SecretString;
use tracing::debug;

use self::basic::basic;
use super::{error::OAuthError, params::Params};
use crate::{
    client_assertion::{ASSERTION_TYPE, BadAssertion, claimed_client},
    clients::{ClientError, Clients, Unproven},
    domain::client::{AuthMethod, Client},
};

const UNKNOWN: &str = "this client is not registered here; register it again";

/// Who a request says it is of.
pub(crate) struct Presented<'a> {
    pub(crate) id: String,
    pub(crate) proof: Proof<'a>,
}

/// What it brings to prove so.
pub(crate) enum Proof<'a> {
    Nothing,
    Secret(SecretString),
    Assertion(&'a str),
}

/// Where a client is looked up.
enum Among {
    /// Those that are known already: nothing is fetched.
    Known,
    /// All, as for an authorization request.
    All,
}

/// The client that made the request. Nothing is fetched to find out.
pub(super) async fn authenticate(
    clients: &Clients,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Client, OAuthError> {
    identify(clients, headers, params, Among::Known).await
}

/// The client that makes an authorization request: one with a document need not be known before.
pub(super) async fn authenticate_anew(
    clients: &Clients,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Client, OAuthError> {
    identify(clients, headers, params, Among::All).await
}

async fn identify(
    clients: &Clients,
    headers: &HeaderMap,
    params: &Params,
    among: Among,
) -> Result<Client, OAuthError> {
    let basic = basic(headers)?;
    let via_basic = basic.is_some();
    let refused = |description| OAuthError::InvalidClient { description, basic: via_basic };
    let Presented { id, proof } = presented(basic, params)?;
    let client = match among {
        Among::Known => clients.known(&id).await?,
        Among::All => match clients.resolve(&id).await {
            Ok(client) => Some(client),
            Err(ClientError::Store(error)) => return Err(error.into()),
            // Its site is away: that says nothing of the client.
            Err(ClientError::Document(error)) if error.is_outage() => {
                return Err(OAuthError::Unavailable(error.into()));
            }
            Err(_) => None,
        },
    };
    let client = client.ok_or_else(|| refused(UNKNOWN))?;
    // Which of the two ways a secret comes by is the client's choice: some send it in the form whatever was agreed.
    match (client.metadata.auth, proof) {
        (AuthMethod::None, Proof::Nothing) => Ok(client),
        (AuthMethod::None, Proof::Secret(_)) => {
            Err(refused("this client has no secret; send client_id alone"))
        }
        (AuthMethod::Basic | AuthMethod::Post, Proof::Nothing) => {
            Err(refused("this client must send its secret"))
        }
        (AuthMethod::Basic | AuthMethod::Post, Proof::Secret(secret)) => {
            if clients.secret_is(&client, &secret).await? {
                Ok(client)
            } else {
                Err(refused("the client secret is wrong"))
            }
        }
        (AuthMethod::PrivateKeyJwt, Proof::Assertion(assertion)) => {
            clients.proves(&client, assertion).await.map_err(|error| match error {
                Unproven::Bad(bad) => {
                    debug!(client_id = id, %bad, "refused a client assertion");
                    refused(bad.description())
                }
                Unproven::NoKeys(away) => OAuthError::Unavailable(away.into()),
            })?;
            Ok(client)
        }
        (AuthMethod::PrivateKeyJwt, Proof::Nothing | Proof::Secret(_)) => {
            Err(refused("this client must send a client_assertion, signed with its key"))
        }
        (_, Proof::Assertion(_)) => {
            Err(refused("this client has no keys here; a new authorization stores those in its document"))
        }
    }
}

/// Reads who is presented; of the ways to prove it at most one (RFC 6749 §2.3).
pub(crate) fn presented<'a>(
    basic: Option<(String, SecretString)>,
    params: &'a Params,
) -> Result<Presented<'a>, OAuthError> {
    let (posted, assertion) = (params.get("client_secret"), assertion(params)?);
    let client_id = params.get("client_id");
    match (basic, posted, assertion) {
        (None, posted, None) => {
            let id = params.require("client_id")?.to_owned();
            let proof = posted.map_or(Proof::Nothing, |secret| Proof::Secret(secret.into()));
            Ok(Presented { id, proof })
        }
        (Some((id, _)), None, None) if client_id.is_some_and(|posted| posted != id) => {
            Err(OAuthError::InvalidRequest("client_id differs from the one in HTTP Basic".into()))
        }
        (Some((id, secret)), None, None) => Ok(Presented { id, proof: Proof::Secret(secret) }),
        (None, None, Some(assertion)) => {
            // Whoever it says it is of: the assertion is judged by that client's keys, and must name no other.
            let id = client_id.map(str::to_owned).or_else(|| claimed_client(assertion));
            let description = BadAssertion::Malformed.description();
            let id = id.ok_or(OAuthError::InvalidClient { description, basic: false })?;
            Ok(Presented { id, proof: Proof::Assertion(assertion) })
        }
        _ => Err(OAuthError::InvalidRequest(
            "the client authenticates twice; use one of HTTP Basic, client_secret and client_assertion"
                .into(),
        )),
    }
}

/// The assertion, which comes with its type (RFC 7521 §4.2).
fn assertion(params: &Params) -> Result<Option<&str>, OAuthError> {
    match (params.get("client_assertion_type"), params.get("client_assertion")) {
        (None, None) => Ok(None),
        (Some(kind), Some(assertion)) if kind == ASSERTION_TYPE => Ok(Some(assertion)),
        (Some(_), Some(_)) => Err(OAuthError::InvalidClient {
            description: "client_assertion_type must be that of a JWT, ending in :jwt-bearer",
            basic: false,
        }),
        _ => Err(OAuthError::InvalidRequest(
            "client_assertion and client_assertion_type must come together".into(),
        )),
    }
}
