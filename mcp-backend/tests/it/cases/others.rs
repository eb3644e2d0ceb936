//! Places, connections, semantic catalogs.

use serde_json::{Value, json};

use super::{Case, case};
use crate::catalogue::{CATALOG, CONNECTION, QUERY, TABLE};

pub(super) fn all() -> Vec<Case> {
    let table = json!({ "catalogId": CATALOG, "schemaName": "payment", "tableName": "charges" });
    vec![
        case("peaka_list_catalogs", "GET /data/projects/{p}/catalogs", json!({}), &[
            json!([{ "id": "1", "name": "peaka", "displayName": "Peaka", "catalogType": "internal", "connectionId": null }]),
            json!([{ "id": 1, "name": "peaka", "displayName": "Peaka", "type": "internal" }]),
        ], json!({ "catalogs": [{ "id": "1", "name": "peaka", "displayName": "Peaka", "catalogType": "internal" }] })),
        case("peaka_list_schemas", "GET /data/projects/{p}/catalogs/{c}/schemas", json!({ "catalogId": CATALOG }),
            &[json!([{ "catalogId": CATALOG, "schemaName": "payment" }])], json!({ "schemas": [{ "schemaName": "payment" }] })),
        case("peaka_list_tables", "GET /data/projects/{p}/catalogs/{c}/schemas/payment/tables",
            json!({ "catalogId": CATALOG, "schemaName": "payment" }),
            &[json!([{ "catalogId": CATALOG, "catalogName": "stripe", "schemaName": "payment", "tableName": "charges",
                "isCacheable": true, "isDynamicTable": false, "isCached": false,
                "supportedCacheTypes": ["FULL_REFRESH"] }])],
            json!({ "tables": [{ "catalogName": "stripe", "schemaName": "payment", "tableName": "charges",
                "isCacheable": true, "isDynamicTable": false, "isCached": false,
                "supportedCacheTypes": ["FULL_REFRESH"] }] })),
        case("peaka_list_columns", "GET /data/projects/{p}/catalogs/{c}/schemas/payment/tables/charges/columns", table.clone(),
            &[json!([{ "name": "id", "dataType": "varchar", "displayName": "id", "defaultValue": null,
                "isNotNull": true, "isUnique": true, "desc": "The key" }])],
            json!({ "columns": [{ "name": "id", "dataType": "varchar", "displayName": "id", "isNotNull": true,
                "isUnique": true, "description": "The key" }] })),
        case("peaka_get_table_statistics", "GET /data/projects/{p}/catalogs/{c}/schemas/payment/tables/charges/statistics", table,
            &[json!({ "catalogId": CATALOG, "schemaName": "payment", "tableName": "charges",
                "columnStatistics": [{ "columnName": "id", "distinctFraction": -1.0 }] })],
            json!({ "columnStatistics": [{ "columnName": "id", "distinctFraction": -1.0 }] })),
        case("peaka_list_connections", "GET /connections/{p}", json!({}), &[
            json!([{ "id": CONNECTION, "name": "Shop", "type": "stripe", "url": null }]),
            json!([{ "id": CONNECTION, "name": "Shop", "type": "stripe" }]),
        ], json!({ "connections": [{ "id": CONNECTION, "name": "Shop", "type": "stripe" }] })),
        case("peaka_get_connection_detail", "GET /connections/{p}/{n}/detail", json!({ "connectionId": CONNECTION }),
            &[json!({ "type": "bullhorn", "restApiTokenUrl": "https://rest.example/t", "swimlane": "1", "port": 5432,
                "corpToken": "acme", "clientSecret": "hunter2", "api_key": "hunter2" })],
            json!({ "type": "bullhorn", "settings": { "restApiTokenUrl": "https://rest.example/t", "swimlane": "1",
                "port": 5432, "corpToken": "acme" } })),
        case("peaka_create_semantic_catalog", "POST /data/projects/{p}/semantic-catalogs", json!({ "name": "Sales" }),
            &[json!({ "id": CATALOG, "name": "sales", "displayName": "Sales", "type": "SEMANTIC", "connectionId": null })],
            json!({ "id": CATALOG, "name": "sales", "displayName": "Sales", "type": "SEMANTIC" }))
            .sending(json!({ "name": "Sales" })),
        case("peaka_create_semantic_table", "POST /data/projects/{p}/semantic-catalogs/{c}",
            json!({ "catalogId": CATALOG, "schemaName": "main", "tableName": "top", "queryId": QUERY }),
            &[json!({ "tableId": TABLE, "catalogName": "sales", "schemaName": "main", "tableName": "top" })],
            json!({ "tableId": TABLE, "catalogName": "sales", "schemaName": "main", "tableName": "top",
                "sqlName": "\"sales\".\"main\".\"top\"" }))
            .sending(json!({ "schemaName": "main", "tableName": "top", "queryId": QUERY })),
        case("peaka_delete_semantic_table", "DELETE /data/projects/{p}/semantic-catalogs/{c}/table/{t}",
            json!({ "catalogId": CATALOG, "tableId": TABLE }), &[Value::Null],
            json!({ "ok": true, "message": format!("The semantic table {TABLE} was deleted.") })),
    ]
}
