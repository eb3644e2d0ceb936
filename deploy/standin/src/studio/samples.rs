//! What lies on a project's desk before anyone has touched it.

use serde_json::json;

use super::{
    Desk, GoldenSql,
    query::SavedQuery,
    semantic::{SemanticCatalog, SemanticTable},
};
use crate::{demo, world::ids};

const REVENUE: &str = "SELECT date_trunc('month', o.created_at) AS month, count(*) AS orders, \
    sum(o.total_amount) AS revenue FROM \"storefront\".\"public\".\"orders\" AS o WHERE o.status <> 'cancelled' \
    GROUP BY 1 ORDER BY 1";
const TOP: &str = "SELECT c.id, c.first_name, c.last_name, c.country, sum(o.total_amount) AS spent \
    FROM \"storefront\".\"public\".\"orders\" AS o JOIN \"storefront\".\"public\".\"customers\" AS c ON c.id = o.customer_id \
    GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC LIMIT 20";
const BY_COUNTRY: &str = "SELECT c.country, count(*) AS customers FROM \"storefront\".\"public\".\"customers\" AS c \
    WHERE c.is_active GROUP BY 1 ORDER BY 2 DESC";

pub(super) fn desk(project: &str) -> Desk {
    let query = |name: &str, kind: &str, text: &str| SavedQuery {
        id: demo::query_id(project, name),
        display_name: format!("{}{}", name[..1].to_uppercase(), &name[1..]),
        input_query: text.to_owned(),
        query_type: kind.to_owned(),
        schedule: None,
        last_run: None,
    };
    let queries = [
        query("revenue_by_month", "PLAIN", REVENUE),
        SavedQuery {
            schedule: Some(json!({ "type": "interval", "repeatDuration": "P1D" })),
            ..query("top_customers", "MATERIALIZED", TOP)
        },
    ];
    let golden = |prompt: &str, sql: &str| GoldenSql {
        id: ids::uuid(&format!("{project}/golden/{prompt}")),
        prompt: prompt.to_owned(),
        sql: sql.to_owned(),
    };
    let insights = demo::catalog_id(project, "insights");
    Desk {
        queries: queries.into_iter().map(|query| (query.id.clone(), query)).collect(),
        semantic_catalogs: vec![SemanticCatalog {
            id: insights.clone(),
            display_name: "Insights".to_owned(),
        }],
        semantic_tables: vec![SemanticTable {
            id: ids::decimal(&format!("{project}/semantic/sales.revenue")),
            catalog_id: insights,
            schema: "sales".to_owned(),
            table: "revenue".to_owned(),
            query_id: demo::query_id(project, "revenue_by_month"),
        }],
        golden_sqls: vec![
            golden("What was our revenue by month?", REVENUE),
            golden("Who are our best customers?", TOP),
            golden("How many active customers do we have in each country?", BY_COUNTRY),
        ],
        ..Desk::default()
    }
}
