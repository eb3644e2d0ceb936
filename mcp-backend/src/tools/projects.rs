//! Where everything starts: the projects the person can reach.

use futures_util::{StreamExt as _, stream};
use rmcp::{
    Json,
    handler::server::wrapper::Parameters,
    schemars::{self, JsonSchema},
    tool, tool_router,
};
use serde::{Deserialize, Serialize};
use shared::scope::Scope;

use super::Toolbox;
use crate::{
    caller::Caller,
    error::ToolError,
    peaka::{
        ApiPath, PeakaError, UpstreamId,
        types::{Info, Named},
    },
    scope::needs,
};

/// How many calls to Peaka one listing has under way at a time.
const AT_A_TIME: usize = 8;

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

/// A project and where it lives.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Project {
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_name: Option<String>,
    /// The id that the other tools want as `projectId`.
    project_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_name: Option<String>,
}

impl Project {
    fn matches(&self, search: &str) -> bool {
        let names = [&self.project_name, &self.workspace_name, &self.organization_name];
        names.into_iter().flatten().any(|name| name.to_lowercase().contains(search))
    }
}

/// One step of the way down: what was found, and what could not be listed.
type Found<T> = (Vec<T>, Vec<String>);

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
        Parameters(Search { search }): Parameters<Search>,
    ) -> Result<Json<Projects>, ToolError> {
        let info: Info = self.peaka.get(&caller, &ApiPath::new("info")).await?;
        let mut listed = match info.project_id {
            Some(project_id) => only(project_id, info.project_name),
            None => self.every_project(&caller).await?,
        };
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

impl Toolbox {
    async fn every_project(&self, caller: &Caller) -> Result<Projects, PeakaError> {
        let organizations: Vec<Named> = self.peaka.get(caller, &ApiPath::new("organizations")).await?;
        let (workspaces, mut problems) =
            collect(organizations.into_iter().map(|organization| self.workspaces(caller, organization)))
                .await?;
        let (projects, further) = collect(
            workspaces
                .into_iter()
                .map(|(organization, workspace)| self.projects_of(caller, organization, workspace)),
        )
        .await?;
        problems.extend(further);
        Ok(Projects { projects, note: None, problems })
    }

    async fn workspaces(
        &self,
        caller: &Caller,
        organization: Named,
    ) -> Result<Vec<((String, Option<String>), Named)>, Branch> {
        let failed = |error| Branch::of("organization", &organization, error);
        let path = organization_path(&organization.id).map_err(failed)?.then("workspaces");
        let workspaces: Vec<Named> = self.peaka.get(caller, &path).await.map_err(failed)?;
        let of = (organization.id.clone(), organization.name.clone());
        Ok(workspaces.into_iter().map(|workspace| (of.clone(), workspace)).collect())
    }

    async fn projects_of(
        &self,
        caller: &Caller,
        (organization_id, organization_name): (String, Option<String>),
        workspace: Named,
    ) -> Result<Vec<Project>, Branch> {
        let failed = |error| Branch::of("workspace", &workspace, error);
        let id = id_of(&workspace.id).map_err(failed)?;
        let path = organization_path(&organization_id).map_err(failed)?.then("workspaces").segment(&id);
        let projects: Vec<Named> = self.peaka.get(caller, &path.then("projects")).await.map_err(failed)?;
        let with_origin = |project: Named| Project {
            organization_id: Some(organization_id.clone()),
            organization_name: organization_name.clone(),
            workspace_id: Some(workspace.id.clone()),
            workspace_name: workspace.name.clone(),
            project_id: project.id,
            project_name: project.name,
        };
        Ok(projects.into_iter().map(with_origin).collect())
    }
}

/// A branch of the tree that could not be listed.
struct Branch {
    what: String,
    error: PeakaError,
}

impl Branch {
    fn of(kind: &str, node: &Named, error: PeakaError) -> Self {
        Self { what: format!("{kind} {}", node.name.as_deref().unwrap_or(&node.id)), error }
    }
}

/// Runs the branches side by side, keeps their order, and notes those that fail. A credential that is dead or
/// cannot be had fails all of them, so it is no branch's problem.
async fn collect<T, F: Future<Output = Result<Vec<T>, Branch>>>(
    branches: impl Iterator<Item = F>,
) -> Result<Found<T>, PeakaError> {
    let mut answers = stream::iter(branches).buffered(AT_A_TIME);
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(items) => found.extend(items),
            Err(Branch {
                error: error @ (PeakaError::SignInAgain | PeakaError::NoCredential(_)), ..
            }) => {
                return Err(error);
            }
            Err(Branch { what, error }) => problems.push(format!("{what}: {error}")),
        }
    }
    Ok((found, problems))
}

fn organization_path(id: &str) -> Result<ApiPath, PeakaError> {
    Ok(ApiPath::new("organizations").segment(&id_of(id)?))
}

/// Ids out of an answer are checked like any other before they stand in a path.
fn id_of(text: &str) -> Result<UpstreamId, PeakaError> {
    UpstreamId::try_from(text.to_owned()).map_err(|_| PeakaError::NotUnderstood)
}
