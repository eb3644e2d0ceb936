//! From organizations through workspaces down to projects.

use futures_util::{StreamExt as _, stream};
use rmcp::schemars::{self, JsonSchema};
use serde::Serialize;
use tokio::sync::Semaphore;

use crate::{
    caller::Caller,
    peaka::{ApiPath, Client, PeakaError, UpstreamId, types::Named},
    progress::Progress,
};

/// How many calls to Peaka one listing has under way at a time.
const AT_A_TIME: usize = 24;

/// A project and where it lives.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Project {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) organization_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) organization_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) workspace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) workspace_name: Option<String>,
    /// The id that the other tools want as `projectId`.
    pub(super) project_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) project_name: Option<String>,
}

/// What was found below a branch, and what could not be listed there.
pub(super) type Found = (Vec<Project>, Vec<String>);

/// All projects of `organizations`, branches side by side: a workspace does not wait for those of another
/// organization. Tells progress from 20 to 99.
pub(super) async fn walk(
    peaka: &Client,
    caller: &Caller,
    organizations: Vec<Named>,
    progress: &Progress,
) -> Result<Found, PeakaError> {
    let way = Way { peaka, caller, slots: Semaphore::new(AT_A_TIME) };
    let count = organizations.len();
    let mut branches = stream::iter(organizations)
        .map(|organization| way.organization(organization))
        .buffered(AT_A_TIME)
        .enumerate();
    let (mut projects, mut problems) = (Vec::new(), Vec::new());
    while let Some((done, branch)) = branches.next().await {
        let (found, failed) = branch?;
        projects.extend(found);
        problems.extend(failed);
        progress.tell(20 + u8::try_from(79 * (done + 1) / count).unwrap_or(79)).await;
    }
    Ok((projects, problems))
}

/// One listing on its way down the tree.
struct Way<'a> {
    peaka: &'a Client,
    caller: &'a Caller,
    /// A place for each call that is under way.
    slots: Semaphore,
}

impl Way<'_> {
    async fn get(&self, path: &ApiPath) -> Result<Vec<Named>, PeakaError> {
        // The semaphore is never closed; if it were, the call would go ahead.
        let _slot = self.slots.acquire().await;
        self.peaka.get(self.caller, path).await
    }

    async fn organization(&self, organization: Named) -> Result<Found, PeakaError> {
        let path = organization_path(&organization.id).map(|path| path.then("workspaces"));
        let workspaces = match path {
            Ok(path) => self.get(&path).await,
            Err(error) => Err(error),
        };
        let workspaces = match workspaces {
            Ok(workspaces) => workspaces,
            Err(error) => return Ok((Vec::new(), vec![problem("organization", &organization, error)?])),
        };
        let organization = &organization;
        let mut branches = stream::iter(workspaces)
            .map(async |workspace| (self.workspace(organization, &workspace).await, workspace))
            .buffered(AT_A_TIME);
        let (mut projects, mut problems) = (Vec::new(), Vec::new());
        while let Some((found, workspace)) = branches.next().await {
            match found {
                Ok(found) => projects.extend(found),
                Err(error) => problems.push(problem("workspace", &workspace, error)?),
            }
        }
        Ok((projects, problems))
    }

    async fn workspace(&self, organization: &Named, workspace: &Named) -> Result<Vec<Project>, PeakaError> {
        let path = organization_path(&organization.id)?.then("workspaces").segment(&id_of(&workspace.id)?);
        let projects = self.get(&path.then("projects")).await?;
        let with_origin = |project: Named| Project {
            organization_id: Some(organization.id.clone()),
            organization_name: organization.name.clone(),
            workspace_id: Some(workspace.id.clone()),
            workspace_name: workspace.name.clone(),
            project_id: project.id,
            project_name: project.name,
        };
        Ok(projects.into_iter().map(with_origin).collect())
    }
}

/// The sentence on a branch that could not be listed. A credential that is dead or cannot be had fails all of
/// them, so it is no branch's problem.
fn problem(kind: &str, node: &Named, error: PeakaError) -> Result<String, PeakaError> {
    if error.is_of_the_credential() {
        return Err(error);
    }
    Ok(format!("{kind} {}: {error}", node.name.as_deref().unwrap_or(&node.id)))
}

fn organization_path(id: &str) -> Result<ApiPath, PeakaError> {
    Ok(ApiPath::new("organizations").segment(&id_of(id)?))
}

/// Ids out of an answer are checked like any other before they stand in a path.
fn id_of(text: &str) -> Result<UpstreamId, PeakaError> {
    UpstreamId::try_from(text.to_owned()).map_err(|_| PeakaError::NotUnderstood)
}
