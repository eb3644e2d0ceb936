//! `--tour`: a client from the first 401 to the revoked token. Every step says what was sent and what came back, and
//! fails the tour if that is not as it should be.

use serde_json::json;

use crate::{
    Error, House,
    client::{Mcp, Step, Voice, connect, text},
};

/// Plays the tour.
///
/// # Errors
///
/// If any step is not as it should be.
pub async fn play(house: &House) -> Result<(), Error> {
    let person = standin::demo::PEOPLE.first().ok_or("the stand-in has no people")?;
    let mut connection = connect(house, person, Voice::Aloud).await?;
    calls(&connection.mcp(), person.email).await?;
    connection.refresh().await?;
    let mcp = connection.mcp();
    mcp.call("The new token works", "peaka_list_projects", json!({})).await?;
    connection.revoke().await?;

    let step = Step::new(Voice::Aloud, "From now on the token is refused");
    let answer = mcp.send(&step, "tools/list", json!({})).await?;
    step.expect(answer.status == 401, "401")?;
    step.expect(answer.challenge("error")? == "invalid_token", "the challenge says invalid_token")?;
    println!("\nThe tour is over: every step was as it should be.");
    Ok(())
}

async fn calls(mcp: &Mcp<'_>, email: &str) -> Result<(), Error> {
    let step = Step::new(Voice::Aloud, "It introduces itself (MCP initialize)");
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "tour", "version": "1"}});
    let answer = mcp.send(&step, "initialize", hello).await?.ok(&step)?;
    step.expect(answer["result"]["serverInfo"]["name"] == "Peaka", "the server is Peaka")?;

    let step = Step::new(Voice::Aloud, "It asks which tools there are");
    let answer = mcp.send(&step, "tools/list", json!({})).await?.ok(&step)?;
    let tools = answer["result"]["tools"].as_array().map_or(0, Vec::len);
    step.expect(tools >= 6, "there are six or more")?;

    let projects = mcp.call("It lists the projects", "peaka_list_projects", json!({})).await?;
    let project = text(&projects["projects"][0]["projectId"])?;

    let sql = json!({"projectId": project, "query": "SELECT current_user_props('email') AS email"});
    let rows = mcp.call("It runs SQL, as the person who signed in", "peaka_execute_sql_query", sql).await?;
    step.expect(rows["rows"][0][0] == email, "Peaka answered for that person")
}
