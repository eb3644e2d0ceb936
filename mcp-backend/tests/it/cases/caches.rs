//! Caches.

use serde_json::{Value, json};

use super::{Case, case};
use crate::{
    catalogue::{CACHE, CATALOG},
    harness::PROJECT,
};

pub(super) fn all() -> Vec<Case> {
    let cache = json!({ "id": CACHE, "catalogId": CATALOG, "schemaName": "payment", "tableName": "charges",
        "projectId": PROJECT, "incrementalCacheSchedule": { "type": "BASIC", "expression": "PT1H" },
        "fullRefreshCacheSchedule": null });
    let told = |note: Option<&str>| {
        let mut told = json!({ "cacheId": CACHE, "catalogId": CATALOG, "schemaName": "payment",
            "tableName": "charges", "incrementalSchedule": "PT1H" });
        if let Some(note) = note {
            told["note"] = json!(note);
        }
        told
    };
    let place = json!({ "catalogId": CATALOG, "schemaName": "payment", "tableName": "charges" });
    let mut wanted = place.clone();
    wanted["incrementalSchedule"] = json!("PT1H");
    let mut body = place.clone();
    body["incrementalCacheSchedule"] = json!({ "type": "BASIC", "expression": "PT1H" });
    let execution = |status: &str, at: &str| {
        json!({ "id": "e", "executionMode": "x", "status": status, "error": null,
        "createdAt": at, "updatedAt": at, "finishedAt": null,
        "progress": { "numberOfCachedRecords": 3, "lastOffset": null } })
    };
    vec![
        case("peaka_create_cache", "POST /data/projects/{p}/cache", wanted.clone(), std::slice::from_ref(&cache),
            told(Some("The first sync has started; until peaka_get_cache_statuses shows it as COMPLETED the table \
                reads as empty.")))
            .sending(body.clone()),
        case("peaka_create_cache_batch", "POST /data/projects/{p}/cache/batch",
            json!({ "items": [wanted, { "catalogId": CATALOG, "schemaName": "payment", "tableName": "internal" }] }), &[
                json!([{ "success": true, "cache": cache }, { "success": false, "error": "not cacheable (http://be-x)" }]),
                json!([cache, { "success": false, "error": { "message": "not cacheable (http://be-x)" } }]),
            ], json!({ "results": [
                { "tableName": "charges", "success": true, "cache": told(None) },
                { "tableName": "internal", "success": false, "error": "not cacheable [internal]" },
            ], "succeeded": 1, "failed": 1, "note": "1 tables are cached, 1 could not be: tell the user which. \
                Their first syncs have started; until peaka_get_cache_statuses shows them as COMPLETED the tables \
                read as empty." }))
            .sending(json!([body, { "catalogId": CATALOG, "schemaName": "payment", "tableName": "internal" }])),
        case("peaka_get_cache_statuses", "GET /data/projects/{p}/cache/status", json!({}), &[json!([{
            "id": CACHE, "status": "COMPLETED", "catalogId": CATALOG, "schemaName": "payment", "tableName": "charges",
            "projectId": PROJECT, "lastIncrementalCacheExecution": execution("COMPLETED", "2026-01-01T00:00:00Z"),
            "lastFullRefreshCacheExecution": execution("RUNNING", "2026-01-02T00:00:00Z"),
            "cacheActionLogs": [{ "timestamp": "x", "action": "START", "message": "at http://be-cache:1" }],
        }])], json!({ "caches": [{ "cacheId": CACHE, "status": "COMPLETED", "inProgress": true, "catalogId": CATALOG,
            "schemaName": "payment", "tableName": "charges",
            "lastIncremental": { "status": "COMPLETED", "createdAt": "2026-01-01T00:00:00Z",
                "progress": { "numberOfCachedRecords": 3 } },
            "lastFullRefresh": { "status": "RUNNING", "createdAt": "2026-01-02T00:00:00Z",
                "progress": { "numberOfCachedRecords": 3 } } }] })),
        case("peaka_refresh_cache_full", "POST /data/projects/{p}/cache/{k}/fullRefreshUpdate", json!({ "cacheId": CACHE }),
            &[json!({ "status": "canceled", "message": "queued" })], json!({ "ok": true, "status": "CANCELLED",
            "detail": "queued", "message": "A full sync was started. peaka_get_cache_statuses shows how it goes." })),
        case("peaka_refresh_cache_incremental", "POST /data/projects/{p}/cache/{k}/incrementalUpdate",
            json!({ "cacheId": CACHE }), &[json!({}), Value::Null], json!({ "ok": true,
            "message": "An incremental sync was started. peaka_get_cache_statuses shows how it goes." })),
        case("peaka_update_cache", "PUT /data/projects/{p}/cache/{k}",
            json!({ "cacheId": CACHE, "fullRefreshSchedule": "NONE" }), &[cache], told(Some("The schedules are set as shown.")))
            .sending(json!({ "fullRefreshCacheSchedule": { "type": "NONE" } })),
        case("peaka_delete_cache", "DELETE /data/projects/{p}/cache/{k}", json!({ "cacheId": CACHE }), &[Value::Null],
            json!({ "ok": true, "message": format!("The cache {CACHE} was deleted; the table is read from its source again.") })),
    ]
}
