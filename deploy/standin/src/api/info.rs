//! `GET info`: who the bearer is, and the project if it is a project key.

use axum::Json;
use serde_json::{Value, json};

use super::{caller::Caller, error::ApiError};
use crate::{demo, requests::Bearer};

pub(crate) async fn show(caller: Caller) -> Result<Json<Value>, ApiError> {
    let mut info = json!({ "userId": caller.person.user_id(), "email": caller.person.email });
    if caller.bearer == Bearer::ProjectKey {
        let (_, project) = caller.project(demo::PROJECT)?;
        info["projectId"] = json!(project.id);
        info["projectName"] = json!(project.name);
    }
    Ok(Json(info))
}
