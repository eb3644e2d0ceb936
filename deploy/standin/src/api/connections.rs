//! `GET connections/{p}`.

use axum::{Json, extract::Path};
use serde_json::{Value, json};

use super::{caller::Caller, error::ApiError};
use crate::world::catalogs::{self, Class};

pub(crate) async fn list(caller: Caller, Path(project): Path<String>) -> Result<Json<Value>, ApiError> {
    caller.project(&project)?;
    let told = catalogs::all().iter().filter_map(|catalog| {
        let id = catalog.connection_id(&project)?;
        Some(json!({ "id": id, "name": catalog.display_name, "type": catalog.kind }))
    });
    Ok(Json(told.collect()))
}

pub(crate) async fn detail(
    caller: Caller,
    Path((project, connection)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    caller.project(&project)?;
    let catalog = catalogs::all()
        .iter()
        .find(|catalog| catalog.connection_id(&project).as_deref() == Some(&*connection))
        .ok_or_else(|| ApiError::Named {
            error: "INVALID_CONNECTION_ID",
            message: "invalid connection id".to_owned(),
            code: json!("cn004"),
        })?;
    let mut detail = json!({ "type": catalog.kind });
    if catalog.class == Class::Database {
        detail["host"] = json!("db.storefront.example");
        detail["port"] = json!("5432");
        detail["database"] = json!("storefront");
        detail["user"] = json!("peaka_reader");
    }
    Ok(Json(detail))
}
