//! Saved queries.

use serde_json::{Value, json};

use super::run::{Phase, Run};

/// A saved query.
#[derive(Clone, Debug)]
pub(crate) struct SavedQuery {
    pub(crate) id: String,
    pub(crate) display_name: String,
    pub(crate) input_query: String,
    /// `PLAIN` or `MATERIALIZED`.
    pub(crate) query_type: String,
    pub(crate) schedule: Option<Value>,
    pub(crate) last_run: Option<Run>,
}

impl SavedQuery {
    /// The name in SQL.
    pub(crate) fn name(&self) -> String {
        self.display_name.to_lowercase()
    }

    pub(crate) fn is_materialized(&self) -> bool {
        self.query_type == "MATERIALIZED"
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut query = json!({
            "id": self.id,
            "displayName": self.display_name,
            "name": self.name(),
            "inputQuery": self.input_query,
            "queryType": self.query_type,
            "path": "/",
            "folderId": null,
        });
        if let Some(schedule) = &self.schedule {
            query["schedule"] = schedule.clone();
        }
        query
    }

    /// The status of a materialized query. One that never ran says COMPLETED with no times, and a refresh is not to
    /// be seen at once: as live.
    pub(crate) fn status(&self, sync_ms: u64) -> Value {
        let schedule = self.schedule.as_ref();
        let setting =
            |name: &str| schedule.and_then(|schedule| schedule.get(name)).cloned().unwrap_or(Value::Null);
        let seen =
            self.last_run.map(|run| (run, run.phase(sync_ms))).filter(|(_, phase)| *phase != Phase::Queued);
        let running = matches!(seen, Some((_, Phase::Running)));
        let updated = seen.filter(|_| !running).map(|(run, _)| run.finished_at(sync_ms));
        json!({
            "queryId": self.id,
            "queryName": self.name(),
            "scheduleSettings": {
                "type": setting("type"),
                "repeatDuration": setting("repeatDuration"),
                "cronExpression": setting("cronExpression"),
                "timezone": setting("timezone"),
            },
            "nextExecutionStartTime": null,
            "status": if running { "RUNNING" } else { "COMPLETED" },
            "lastExecutionStartTime": seen.map(|(run, _)| run.started_at()),
            "lastUpdateTime": updated,
        })
    }
}
