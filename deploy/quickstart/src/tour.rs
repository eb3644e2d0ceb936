//! `--tour`: a client that has never been here before, from the first 401 to the revoked token, over the real endpoints
//! and pages. Every step says what was sent and what came back, and fails the tour if that is not as it should be.

mod browser;
mod mcp;
mod page;
mod step;

use serde_json::{Value, json};

use self::{browser::Browser, mcp::Mcp, step::Step};
use crate::{Error, house::House};

const REDIRECT_URI: &str = "http://127.0.0.1:33418/callback";
/// The verifier and challenge of RFC 7636 appendix B: on a tour nothing is secret.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) async fn play(house: &House) -> Result<(), Error> {
    let http = step::client()?;
    let url = house.mcp_url();
    let person = standin::demo::PEOPLE.first().ok_or("the stand-in has no people")?;

    let step = Step::new("A client calls without a token");
    let answer = step.send(http.post(&url).json(&json!({}))).await?;
    step.expect(answer.status == 401, "401")?;
    let metadata_url = answer.challenge("resource_metadata")?;

    let step = Step::new("It reads what protects the resource (RFC 9728)");
    let resource = step.send(http.get(&metadata_url)).await?.json()?;
    step.expect(resource["resource"] == url.as_str(), "the resource is the URL it was given")?;
    let issuer = text(&resource["authorization_servers"][0])?;

    let step = Step::new("It reads how to sign in (RFC 8414)");
    let server =
        step.send(http.get(format!("{issuer}/.well-known/oauth-authorization-server"))).await?.json()?;
    step.expect(server["issuer"] == issuer.as_str(), "the issuer is the one it looked for")?;

    let step = Step::new("It registers itself (RFC 7591)");
    let registration = json!({"client_name": "Tour", "redirect_uris": [REDIRECT_URI]});
    let answer = step.send(http.post(text(&server["registration_endpoint"])?).json(&registration)).await?;
    step.expect(answer.status == 201, "201")?;
    let client_id = text(&answer.json()?["client_id"])?;

    let authorize = url::Url::parse_with_params(
        &text(&server["authorization_endpoint"])?,
        [
            ("response_type", "code"),
            ("client_id", &client_id),
            ("redirect_uri", REDIRECT_URI),
            ("state", "tour"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("resource", &url),
        ],
    )?;
    let callback = Browser::new(house)?.sign_in_and_allow(authorize.as_str(), person).await?;
    let step = Step::new("The browser is back at the client, with a code");
    let parameters: std::collections::HashMap<_, _> = callback.query_pairs().into_owned().collect();
    step.expect(parameters.get("iss") == Some(&issuer), "iss is the issuer (RFC 9207)")?;
    step.expect(parameters.get("state").is_some_and(|state| state == "tour"), "state came back")?;
    let code = parameters.get("code").ok_or("there is no code")?;

    let step = Step::new("The client redeems the code (RFC 7636)");
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

    let mcp = Mcp { http: &http, url: &url };
    calls(&mcp, &text(&tokens["access_token"])?, person.email).await?;

    let step = Step::new("The access token ages; the client refreshes");
    let refresh_token = text(&tokens["refresh_token"])?;
    let form =
        [("grant_type", "refresh_token"), ("refresh_token", &refresh_token), ("client_id", &client_id)];
    let renewed = step.send(http.post(&token_endpoint).form(&form)).await?.ok(&step)?;
    step.expect(renewed["refresh_token"] != tokens["refresh_token"], "the refresh token was rotated")?;
    let access_token = text(&renewed["access_token"])?;
    mcp.call("The new token works", &access_token, "peaka_list_projects", json!({})).await?;

    let step = Step::new("The person ends it: the client revokes (RFC 7009)");
    let form = [("token", text(&renewed["refresh_token"])?), ("client_id", client_id)];
    let answer = step.send(http.post(text(&server["revocation_endpoint"])?).form(&form)).await?;
    step.expect(answer.status == 200, "200")?;

    let step = Step::new("From now on the token is refused");
    let answer = mcp.send(&step, &access_token, "tools/list", json!({})).await?;
    step.expect(answer.status == 401, "401")?;
    step.expect(answer.challenge("error")? == "invalid_token", "the challenge says invalid_token")?;
    step::done();
    Ok(())
}

async fn calls(mcp: &Mcp<'_>, access_token: &str, email: &str) -> Result<(), Error> {
    let step = Step::new("It introduces itself (MCP initialize)");
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "tour", "version": "1"}});
    let answer = mcp.send(&step, access_token, "initialize", hello).await?.ok(&step)?;
    step.expect(answer["result"]["serverInfo"]["name"] == "Peaka", "the server is Peaka")?;

    let step = Step::new("It asks which tools there are");
    let answer = mcp.send(&step, access_token, "tools/list", json!({})).await?.ok(&step)?;
    let tools = answer["result"]["tools"].as_array().map_or(0, Vec::len);
    step.expect(tools >= 6, "there are six or more")?;

    let projects = mcp.call("It lists the projects", access_token, "peaka_list_projects", json!({})).await?;
    let project = text(&projects["projects"][0]["projectId"])?;

    let sql = json!({"projectId": project, "query": "SELECT current_user_props('email') AS email"});
    let rows = mcp
        .call("It runs SQL, as the person who signed in", access_token, "peaka_execute_sql_query", sql)
        .await?;
    let step = Step::quiet();
    step.expect(rows["rows"][0][0] == email, "Peaka answered for that person")
}

fn text(value: &Value) -> Result<String, Error> {
    Ok(value.as_str().ok_or("a text is missing in an answer")?.to_owned())
}
