//! A client that has never been here before: it is given one URL and finds, registers and signs in by itself, over the
//! real endpoints and pages.

mod browser;
mod mcp;
mod page;
mod step;

use std::collections::HashMap;

use serde_json::{Value, json};
use standin::demo::Person;
use url::Url;

use self::browser::Browser;
pub(crate) use self::step::Step;
pub use self::{mcp::Mcp, step::Voice};
use crate::{Error, House};

const REDIRECT_URI: &str = "http://127.0.0.1:33418/callback";
/// The verifier and challenge of RFC 7636 appendix B: on a tour nothing is secret.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A connected client: its registration, its tokens and where they are good.
#[derive(Debug)]
pub struct Connection {
    http: reqwest::Client,
    voice: Voice,
    url: String,
    client_id: String,
    token_endpoint: String,
    revocation_endpoint: String,
    access_token: String,
    refresh_token: String,
}

/// Connects to `house` on behalf of `person`, from the first 401 to the tokens.
///
/// # Errors
///
/// If any step is not as it should be.
pub async fn connect(house: &House, person: &Person, voice: Voice) -> Result<Connection, Error> {
    let http = step::client()?;
    let url = house.mcp_url();

    let step = Step::new(voice, "A client calls without a token");
    let answer = step.send(http.post(&url).json(&json!({}))).await?;
    step.expect(answer.status == 401, "401")?;
    let metadata_url = answer.challenge("resource_metadata")?;

    let step = Step::new(voice, "It reads what protects the resource (RFC 9728)");
    let resource = step.send(http.get(&metadata_url)).await?.json()?;
    step.expect(resource["resource"] == url.as_str(), "the resource is the URL it was given")?;
    let issuer = text(&resource["authorization_servers"][0])?;

    let step = Step::new(voice, "It reads how to sign in (RFC 8414)");
    let server =
        step.send(http.get(format!("{issuer}/.well-known/oauth-authorization-server"))).await?.json()?;
    step.expect(server["issuer"] == issuer.as_str(), "the issuer is the one it looked for")?;

    let step = Step::new(voice, "It registers itself (RFC 7591)");
    let registration = json!({"client_name": "Tour", "redirect_uris": [REDIRECT_URI]});
    let answer = step.send(http.post(text(&server["registration_endpoint"])?).json(&registration)).await?;
    step.expect(answer.status == 201, "201")?;
    let client_id = text(&answer.json()?["client_id"])?;

    let parameters = [
        ("response_type", "code"),
        ("client_id", &client_id),
        ("redirect_uri", REDIRECT_URI),
        ("state", "tour"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("resource", &url),
    ];
    let authorize = Url::parse_with_params(&text(&server["authorization_endpoint"])?, parameters)?;
    let callback = Browser::new(house, voice)?.sign_in_and_allow(authorize.as_str(), person).await?;
    let step = Step::new(voice, "The browser is back at the client, with a code");
    let parameters: HashMap<_, _> = callback.query_pairs().into_owned().collect();
    step.expect(parameters.get("iss") == Some(&issuer), "iss is the issuer (RFC 9207)")?;
    step.expect(parameters.get("state").is_some_and(|state| state == "tour"), "state came back")?;
    let code = parameters.get("code").ok_or("there is no code")?;

    let step = Step::new(voice, "The client redeems the code (RFC 7636)");
    let token_endpoint = text(&server["token_endpoint"])?;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("client_id", &client_id),
        ("code_verifier", VERIFIER),
        ("redirect_uri", REDIRECT_URI),
        ("resource", &url),
    ];
    let tokens = step.send(http.post(&token_endpoint).form(&form)).await?.ok(&step)?;
    Ok(Connection {
        access_token: text(&tokens["access_token"])?,
        refresh_token: text(&tokens["refresh_token"])?,
        revocation_endpoint: text(&server["revocation_endpoint"])?,
        token_endpoint,
        client_id,
        url,
        voice,
        http,
    })
}

impl Connection {
    /// The present access token.
    pub fn access_token(&self) -> &str {
        &self.access_token
    }

    /// The resource, with the present access token.
    pub fn mcp(&self) -> Mcp<'_> {
        Mcp { http: &self.http, url: &self.url, access_token: &self.access_token, voice: self.voice }
    }

    /// Trades the refresh token for new tokens.
    ///
    /// # Errors
    ///
    /// If the tokens are refused or not rotated.
    pub async fn refresh(&mut self) -> Result<(), Error> {
        let step = Step::new(self.voice, "The access token ages; the client refreshes");
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", &self.refresh_token),
            ("client_id", &self.client_id),
        ];
        let tokens = step.send(self.http.post(&self.token_endpoint).form(&form)).await?.ok(&step)?;
        let rotated = text(&tokens["refresh_token"])?;
        step.expect(rotated != self.refresh_token, "the refresh token was rotated")?;
        self.access_token = text(&tokens["access_token"])?;
        self.refresh_token = rotated;
        Ok(())
    }

    /// Ends the session.
    ///
    /// # Errors
    ///
    /// If the server does not take the revocation.
    pub async fn revoke(&self) -> Result<(), Error> {
        let step = Step::new(self.voice, "The person ends it: the client revokes (RFC 7009)");
        let form = [("token", &self.refresh_token), ("client_id", &self.client_id)];
        let answer = step.send(self.http.post(&self.revocation_endpoint).form(&form)).await?;
        step.expect(answer.status == 200, "200")
    }
}

pub(crate) fn text(value: &Value) -> Result<String, Error> {
    Ok(value.as_str().ok_or("a text is missing in an answer")?.to_owned())
}
