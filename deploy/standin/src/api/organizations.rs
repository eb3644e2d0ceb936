//! `GET organizations`, their workspaces, and the projects in those: as far as the caller reaches.

use axum::{Json, extract::Path};
use serde_json::{Value, json};

use super::{caller::Caller, error::ApiError};
use crate::{
    demo,
    world::places::{self, Organization},
};

const CREATED: &str = "2025-03-25T12:28:48.737355Z";

fn owner() -> String {
    demo::PEOPLE[0].user_id()
}

pub(crate) async fn list(caller: Caller) -> Result<Json<Value>, ApiError> {
    caller.beyond_one_project()?;
    let reached = places::organizations()
        .iter()
        .filter(|organization| caller.person.reaches_organization(organization));
    let told = reached.map(|organization| {
        json!({
            "id": organization.id,
            "name": organization.name,
            "owner": owner(),
            "createdAt": CREATED,
            "iconFileId": null,
            "description": organization.description,
        })
    });
    Ok(Json(told.collect()))
}

fn organization(caller: &Caller, id: &str) -> Result<&'static Organization, ApiError> {
    caller.beyond_one_project()?;
    places::organizations()
        .iter()
        .find(|organization| organization.id == id && caller.person.reaches_organization(organization))
        .ok_or(ApiError::Forbidden)
}

pub(crate) async fn workspaces(caller: Caller, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let organization = organization(&caller, &id)?;
    let workspaces = organization.workspaces.iter();
    let reached = workspaces.filter(|workspace| caller.person.reaches_workspace(organization, workspace));
    let told = reached.map(|workspace| {
        json!({
            "id": workspace.id,
            "name": workspace.name,
            "createdBy": owner(),
            "organizationId": organization.id,
            "description": "",
            "createdAt": CREATED,
            "defaultWorkspace": workspace.is_default,
        })
    });
    Ok(Json(told.collect()))
}

pub(crate) async fn projects(
    caller: Caller,
    Path((organization_id, workspace_id)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let organization = organization(&caller, &organization_id)?;
    let workspace = organization
        .workspaces
        .iter()
        .find(|workspace| {
            workspace.id == workspace_id && caller.person.reaches_workspace(organization, workspace)
        })
        .ok_or(ApiError::Forbidden)?;
    let projects = workspace.projects.iter();
    let told =
        projects.filter(|project| caller.person.reaches_project(organization, project)).map(|project| {
            json!({
                "id": project.id,
                "name": project.name,
                "description": null,
                "domain": format!("anapp-{}", project.id.to_lowercase()),
                "webhookBaseUrl": "",
                "createdAt": "2025-03-25T12:28:48.737355112Z",
                "workspaceId": workspace.id,
            })
        });
    Ok(Json(told.collect()))
}
