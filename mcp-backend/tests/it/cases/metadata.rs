//! What Peaka knows about tables.

use serde_json::{Value, json};

use super::{Case, case};
use crate::{catalogue::CATALOG, harness::PROJECT};

pub(super) fn all() -> Vec<Case> {
    let flat = json!({ "id": "r1", "projectId": PROJECT, "type": "MANY_TO_ONE",
        "sourceCatalogId": CATALOG, "sourceCatalogName": "shop", "sourceSchemaName": "public",
        "sourceTableName": "orders", "sourceColumnName": "customer_id",
        "targetCatalogId": CATALOG, "targetCatalogName": "shop", "targetSchemaName": "public",
        "targetTableName": "customers", "targetColumnName": "id" });
    let end = |table: &str, column: &str| {
        json!({ "catalogId": CATALOG, "catalogName": "shop",
        "schemaName": "public", "tableName": table, "columnName": column })
    };
    let relation = json!({ "id": "r1", "type": "MANY_TO_ONE", "source": end("orders", "customer_id"),
        "target": end("customers", "id") });
    let table = json!({ "projectId": PROJECT, "catalogId": CATALOG, "catalogType": "peaka_postgres",
        "catalogSubType": null, "catalogQueryName": "shop", "catalogDisplayName": "Shop", "schemaName": "public",
        "tableName": "orders", "tableDescription": "null", "isCacheable": false, "isDynamicTable": false,
        "useWithAI": true, "relations": [flat],
        "columns": [
            { "columnName": "id", "columnDescription": "null", "dataType": "bigint", "order": 0, "isPrimary": true,
              "isCategorical": false, "categoricalValues": [], "sampleValues": ["1", "2"] },
            { "columnName": "state", "columnDescription": "Where it is", "dataType": "varchar", "isCategorical": true,
              "categoricalValues": ["open", "shipped"], "sampleValues": null },
            { "columnName": "_system", "dataType": "varchar", "isSystem": true },
        ] });
    let told = |samples: bool| {
        let mut id = json!({ "name": "id", "dataType": "bigint", "isPrimary": true });
        if samples {
            id["sampleValues"] = json!(["1", "2"]);
        }
        json!({ "tables": [{ "sqlName": "\"shop\".\"public\".\"orders\"", "catalogId": CATALOG,
            "catalogType": "peaka_postgres", "schemaName": "public", "tableName": "orders", "isCacheable": false,
            "columns": [id, { "name": "state", "dataType": "varchar", "description": "Where it is",
                "isCategorical": true, "categoricalValues": ["open", "shipped"] }],
            "relations": [relation] }], "tableCount": 1, "truncated": false })
    };
    let indexed = json!({ "metadata": [{ "id": "m1", "content": "orders: id, state", "metadata": table }] });
    vec![
        case(
            "peaka_get_project_metadata",
            "GET /metadata/{p}?catalogId={c}&schemaName=public",
            json!({ "catalogId": CATALOG, "schemaName": "public" }),
            &[indexed.clone(), json!({ "metadata": [table] })],
            told(false),
        ),
        case(
            "peaka_get_project_metadata",
            "GET /metadata/{p}",
            json!({ "includeSamples": true }),
            &[indexed],
            told(true),
        ),
        case(
            "peaka_refresh_project_metadata",
            "POST /metadata/{p}/refresh",
            json!({ "catalogId": CATALOG }),
            &[json!({}), Value::Null, json!("started")],
            json!({ "ok": true, "message":
            "The refresh was started. peaka_get_metadata_refresh_status shows when it has ended." }),
        )
        .sending(json!({ "catalogId": CATALOG })),
        case(
            "peaka_get_metadata_refresh_status",
            "GET /metadata/{p}/refresh/{c}",
            json!({ "catalogId": CATALOG }),
            &[json!({ "status": "not-active" }), json!({ "status": "NOT_ACTIVE" })],
            json!({ "status": "NOT_ACTIVE", "inProgress": false,
                "meaning": "No refresh is running; the last one, if any, has ended." }),
        ),
        case(
            "peaka_get_relations",
            "GET /metadata/{p}/relations/{c}",
            json!({ "catalogId": CATALOG }),
            &[
                json!({ "relations": [flat] }),
                json!([flat]),
                json!({ "r1": flat }),
                json!({ "relations": { "r1": flat } }),
            ],
            json!({ "relations": [relation] }),
        ),
    ]
}
