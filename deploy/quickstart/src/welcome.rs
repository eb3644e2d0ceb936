//! What a person needs to begin.

use std::fmt::Write as _;

use crate::{house::House, state::State};

/// What is printed once all three serve.
pub fn text(house: &House, state: &State) -> String {
    let url = house.mcp_url();
    let mut text = format!(
        "\nPeaka for AI assistants runs on this machine. Paste this URL into your client:\n\n    {url}\n\nYour browser \
         opens; sign in to the local Peaka as one of\n\n"
    );
    for person in standin::demo::PEOPLE {
        let _ = writeln!(text, "    {:28} {:12} {}", person.email, person.password, reach(person.reach));
    }
    let _ = write!(
        text,
        "\nClients:\n\
         \x20   Claude Code   claude mcp add --transport http peaka {url}\n\
         \x20   Cursor        ~/.cursor/mcp.json: {{\"mcpServers\": {{\"peaka\": {{\"url\": \"{url}\"}}}}}}\n\
         \x20   VS Code       .vscode/mcp.json: {{\"servers\": {{\"peaka\": {{\"type\": \"http\", \"url\": \"{url}\"}}}}}}\n\
         \x20   Inspector     npx -y @modelcontextprotocol/inspector, transport Streamable HTTP, URL {url}\n\
         \x20   any other     npx -y mcp-remote {url}\n\n\
         The same tools without a sign-in, with an API key, for a client that starts programs:\n\n\
         \x20   PEAKA_API_KEY={key} PARTNER_API_BASE_URL={api} cargo run -p mcp-backend -- stdio\n\n\
         The local Peaka is at {}; what gateway, backend and Peaka keep is in {}.\n\
         Ctrl-C ends it. To see every step of a client once: cargo quickstart --tour\n",
        house.peaka_url(),
        state.directory().display(),
        key = standin::demo::PROJECT_KEY,
        api = house.partner_api_url(),
    );
    text
}

fn reach(reach: standin::demo::Reach) -> String {
    use standin::demo::Reach;
    match reach {
        Reach::Everything => "sees everything".to_owned(),
        Reach::Organization(name) => format!("sees the organization {name}"),
        Reach::Project(id) => format!("sees the project {id}"),
    }
}
