//! Caches of service tables, and their two kinds of sync.

use serde_json::{Value, json};

use super::run::{Phase, Run};
use crate::chance;

/// Rows that a sync is said to have copied.
const RECORDS: u64 = 1500;

/// A cache.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    pub(crate) id: String,
    pub(crate) project: String,
    pub(crate) catalog_id: String,
    pub(crate) schema: String,
    pub(crate) table: String,
    pub(crate) incremental_schedule: Option<Value>,
    pub(crate) full_schedule: Option<Value>,
    /// The sync that began with the cache: until it is done, the table reads as empty.
    first: Run,
    full: (String, Run),
    incremental: Option<(String, Run)>,
    log: Vec<(String, &'static str, &'static str)>,
}

impl Cache {
    pub(crate) fn begin(project: &str, catalog_id: &str, schema: &str, table: &str) -> Self {
        let first = Run::begin();
        Self {
            id: chance::uuid(),
            project: project.to_owned(),
            catalog_id: catalog_id.to_owned(),
            schema: schema.to_owned(),
            table: table.to_owned(),
            incremental_schedule: None,
            full_schedule: None,
            first,
            full: (chance::uuid(), first),
            incremental: None,
            log: vec![(first.started_at(), "CREATED", "FULL_REFRESH")],
        }
    }

    pub(crate) fn refresh_full(&mut self) {
        self.full = (chance::uuid(), Run::begin());
        self.log.push((self.full.1.started_at(), "STARTED", "FULL_REFRESH"));
    }

    pub(crate) fn refresh_incremental(&mut self) {
        let run = Run::begin();
        self.incremental = Some((chance::uuid(), run));
        self.log.push((run.started_at(), "STARTED", "INCREMENTAL"));
    }

    /// Whether the table's rows are there.
    pub(crate) fn is_filled(&self, sync_ms: u64) -> bool {
        self.first.phase(sync_ms) == Phase::Done
    }

    /// The cache's settings.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "catalogId": self.catalog_id,
            "schemaName": self.schema,
            "tableName": self.table,
            "projectId": self.project,
            "incrementalCacheSchedule": self.incremental_schedule,
            "fullRefreshCacheSchedule": self.full_schedule,
        })
    }

    /// How far its syncs are.
    pub(crate) fn status(&self, sync_ms: u64) -> Value {
        let full = execution("FULL_REFRESH", &self.full, sync_ms);
        let incremental = self.incremental.as_ref().map(|run| execution("INCREMENTAL", run, sync_ms));
        let running = [Some(&self.full), self.incremental.as_ref()]
            .into_iter()
            .flatten()
            .any(|(_, run)| run.phase(sync_ms) == Phase::Running);
        let status = match self.first.phase(sync_ms) {
            Phase::Queued => "NOT_INITIALIZED",
            Phase::Running => "RUNNING",
            Phase::Done if running => "RUNNING",
            Phase::Done => "COMPLETED",
        };
        let log = self.log.iter().map(|(at, action, kind)| {
            json!({ "timestamp": at, "action": action, "message": "", "cacheType": kind, "isScheduled": false })
        });
        json!({
            "id": self.id,
            "status": status,
            "catalogId": self.catalog_id,
            "schemaName": self.schema,
            "tableName": self.table,
            "projectId": self.project,
            "lastIncrementalCacheExecution": incremental.unwrap_or(Value::Null),
            "lastFullRefreshCacheExecution": full,
            "cacheActionLogs": log.collect::<Vec<_>>(),
        })
    }
}

/// One slot; null until its run is to be seen.
fn execution(mode: &str, (id, run): &(String, Run), sync_ms: u64) -> Value {
    let phase = run.phase(sync_ms);
    let records = match phase {
        Phase::Queued => return Value::Null,
        Phase::Running => RECORDS / 3,
        Phase::Done => RECORDS,
    };
    let finished = (phase == Phase::Done).then(|| run.finished_at(sync_ms));
    json!({
        "id": id,
        "executionMode": mode,
        "status": if phase == Phase::Done { "COMPLETED" } else { "RUNNING" },
        "error": null,
        "createdAt": run.started_at(),
        "updatedAt": finished.clone().unwrap_or_else(|| run.started_at()),
        "finishedAt": finished,
        "progress": {
            "numberOfCachedRecords": records,
            "numberOfInsertedRecords": records,
            "numberOfUpdatedRecords": 0,
            "numberOfDeletedRecords": 0,
            "lastOffset": null,
            "lastCacheTxId": null,
        },
    })
}
