//! `metadata/{p}/golden-sql...`: questions with the SQL that answers them.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{caller::Caller, error::ApiError};
use crate::{app::App, studio::GoldenSql};

#[derive(Debug, Deserialize)]
pub(crate) struct Question {
    #[serde(default)]
    q: String,
}

fn told(golden: &GoldenSql, project: &str, documented: bool) -> Value {
    if documented {
        return json!({ "question": golden.prompt, "sql": golden.sql });
    }
    json!({
        "id": golden.id,
        "content": golden.prompt,
        "metadata": { "sql": golden.sql, "prompt": golden.prompt, "projectId": project },
    })
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(project): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.project(&project)?;
    let all: Vec<Value> = app
        .studio
        .at(&project, |desk| desk.golden_sqls.iter().map(|golden| told(golden, &project, false)).collect());
    Ok(Json(json!({ "result": all })))
}

/// Those that share words with the question, the closest first.
pub(crate) async fn search(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(project): Path<String>,
    Query(Question { q }): Query<Question>,
) -> Result<Json<Value>, ApiError> {
    caller.project(&project)?;
    let documented = app.switches().documented_forms;
    let words = words(&q);
    let mut found: Vec<(usize, Value)> = app.studio.at(&project, |desk| {
        let scored = desk.golden_sqls.iter().map(|golden| {
            let shared = self::words(&golden.prompt).iter().filter(|word| words.contains(word)).count();
            (shared, told(golden, &project, documented))
        });
        scored.filter(|(shared, _)| *shared > 0).collect()
    });
    found.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
    let found: Vec<Value> = found.into_iter().map(|(_, golden)| golden).collect();
    Ok(Json(json!({ "result": found })))
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 3);
    words.map(str::to_lowercase).collect()
}
