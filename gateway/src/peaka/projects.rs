//! The walk from organizations over workspaces to projects: several calls at a time, one deadline over all, and a
//! part of the answer rather than none.

use std::{collections::VecDeque, time::Duration};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use super::{
    error::{Outage, PartnerError},
    partner_api::PartnerApi,
};

const CALLS_AT_A_TIME: usize = 8;
/// For the whole walk: somebody waits before a page.
const DEADLINE: Duration = Duration::from_secs(8);

/// A project and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Eight letters and digits, case-sensitive.
    pub id: String,
    /// The project's name.
    pub name: String,
    /// The name of its workspace.
    pub workspace: String,
    /// The name of its organization.
    pub organization: String,
}

/// The projects that were found, ordered by organization, workspace and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectList {
    /// What was found.
    pub projects: Vec<Project>,
    /// Whether a part could not be asked for, so that there may be more.
    pub incomplete: bool,
}

/// An organization, a workspace or a project, as Peaka lists them.
#[derive(Clone, Debug, Deserialize)]
struct Item {
    id: String,
    #[serde(default)]
    name: Option<String>,
}

impl Item {
    fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.id.clone())
    }
}

/// A call of the walk.
enum Visit {
    Organization(Item),
    Workspace { organization: Item, workspace: Item },
}

/// What a call of the walk led to.
enum Found {
    Visits(Vec<Visit>),
    Projects(Vec<Project>),
}

impl Visit {
    async fn go(self, api: &PartnerApi, token: &SecretString) -> Result<Found, PartnerError> {
        match self {
            Self::Organization(organization) => {
                let path = ["organizations", &organization.id, "workspaces"];
                let workspaces: Vec<Item> = api.get(&path, token).await?;
                let visit = |workspace| Self::Workspace { organization: organization.clone(), workspace };
                Ok(Found::Visits(workspaces.into_iter().map(visit).collect()))
            }
            Self::Workspace { organization, workspace } => {
                let path = ["organizations", &organization.id, "workspaces", &workspace.id, "projects"];
                let projects: Vec<Item> = api.get(&path, token).await?;
                let project = |item: Item| Project {
                    name: item.name(),
                    id: item.id,
                    workspace: workspace.name(),
                    organization: organization.name(),
                };
                Ok(Found::Projects(projects.into_iter().map(project).collect()))
            }
        }
    }
}

impl PartnerApi {
    /// Every project that the token's owner can reach, as far as that could be found out within the deadline.
    ///
    /// # Errors
    ///
    /// When nothing could be listed, or Peaka stops accepting the token on the way.
    pub async fn projects(&self, access_token: &SecretString) -> Result<ProjectList, PartnerError> {
        list(self, access_token).await
    }
}

async fn list(api: &PartnerApi, token: &SecretString) -> Result<ProjectList, PartnerError> {
    let deadline = Instant::now() + DEADLINE;
    let organizations: Vec<Item> =
        timeout_at(deadline, api.get(&["organizations"], token)).await.map_err(|_| Outage::Timeout)??;
    let mut list = ProjectList::default();
    let mut waiting: VecDeque<Visit> = organizations.into_iter().map(Visit::Organization).collect();
    let mut under_way = FuturesUnordered::new();
    let mut calls = 1_u32;
    loop {
        while under_way.len() < CALLS_AT_A_TIME
            && let Some(visit) = waiting.pop_front()
        {
            under_way.push(visit.go(api, token));
            calls += 1;
        }
        match timeout_at(deadline, under_way.next()).await {
            Ok(None) => break,
            Ok(Some(Ok(Found::Visits(visits)))) => waiting.extend(visits),
            Ok(Some(Ok(Found::Projects(projects)))) => list.projects.extend(projects),
            // The token died on the way: what was found may be another answer than it would give now.
            Ok(Some(Err(PartnerError::Unauthorized))) => return Err(PartnerError::Unauthorized),
            Ok(Some(Err(error))) => {
                warn!(%error, "a part of the projects could not be listed");
                list.incomplete = true;
            }
            Err(_) => {
                warn!(calls, waiting = waiting.len(), "the projects could not all be listed in time");
                list.incomplete = true;
                break;
            }
        }
    }
    drop(under_way);
    list.projects.sort_by(|a, b| {
        (&a.organization, &a.workspace, &a.name, &a.id).cmp(&(&b.organization, &b.workspace, &b.name, &b.id))
    });
    Ok(list)
}
