//! Where everything starts: the projects the person can reach.

use futures_util::future::join;
use rmcp::{
    Json,
    handler::server::wrapper::Parameters,
    schemars::{self, JsonSchema},
    tool, tool_router,
};
use serde::{Deserialize, Serialize};
use shared::scope::Scope;

use super::{
    Toolbox,
    project_tree::{Project, walk},
};
use crate::{
    caller::Caller,
    error::ToolError,
    peaka::{
        ApiPath, PeakaError,
        types::{Info, Named},
    },
    progress::Progress,
    scope::needs,
};

/// What to look for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Search {
    /// Show only projects whose own, workspace's or organization's name contains this text, in any case.
    #[serde(default)]
    search: Option<String>,
}

/// The projects that can be worked in.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Projects {
    /// One entry for each project.
    projects: Vec<Project>,
    /// What to know about the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// What could not be listed, and why. The rest is complete.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
}

impl Project {
    fn matches(&self, search: &str) -> bool {
        let names = [&self.project_name, &self.workspace_name, &self.organization_name];
        names.into_iter().flatten().any(|name| name.to_lowercase().contains(search))
    }
}

#[tool_router(router = project_tools, vis = "pub(super)")]
impl Toolbox {
    #[tool(
        name = "peaka_list_projects",
        title = "List Projects",
        description = "List the projects that can be worked in, with their workspace and organization. Every \
                       other tool needs a `projectId` from here. If there are several and the user has not said \
                       which, ask once and keep the answer for the rest of the conversation.",
        annotations(
            title = "List Projects",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Read)
    )]
    async fn projects(
        &self,
        caller: Caller,
        progress: Progress,
        Parameters(Search { search }): Parameters<Search>,
    ) -> Result<Json<Projects>, ToolError> {
        progress.start(&caller).await.map_err(PeakaError::from)?;
        // Side by side, although a key that is bound to one project is refused the organizations: most are not.
        let (info, organizations) = (ApiPath::new("info"), ApiPath::new("organizations"));
        let (info, organizations) =
            join(self.peaka.get::<Info>(&caller, &info), self.peaka.get(&caller, &organizations)).await;
        let info = info?;
        let mut listed = match info.project_id {
            Some(project_id) => only(project_id, info.project_name),
            None => {
                let organizations: Vec<Named> = organizations?;
                progress.tell(20).await;
                let (projects, problems) = walk(&self.peaka, &caller, organizations, &progress).await?;
                Projects { projects, note: None, problems }
            }
        };
        progress.tell(100).await;
        let search = search.map(|text| text.trim().to_lowercase()).unwrap_or_default();
        listed.projects.retain(|project| {
            caller.reaches(&project.project_id) && (search.is_empty() || project.matches(&search))
        });
        Ok(Json(listed))
    }
}

/// A key that is bound to one project has no organizations to ask for.
fn only(project_id: String, project_name: Option<String>) -> Projects {
    let project = Project {
        organization_id: None,
        organization_name: None,
        workspace_id: None,
        workspace_name: None,
        project_id,
        project_name,
    };
    Projects {
        projects: vec![project],
        note: Some("This sign-in is bound to one project.".to_owned()),
        problems: Vec::new(),
    }
}
