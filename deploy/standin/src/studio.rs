//! What people make in a project and can change: saved queries and semantic tables. Lives as long as the process.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Mutex,
};

use serde_json::{Value, json};

use crate::{demo, sync::lock, world::ids};

/// A saved query.
#[derive(Clone, Debug)]
pub(crate) struct SavedQuery {
    pub(crate) id: String,
    pub(crate) display_name: String,
    pub(crate) input_query: String,
    /// `PLAIN` or `MATERIALIZED`.
    pub(crate) query_type: String,
    pub(crate) schedule: Option<Value>,
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
}

/// A table of a semantic catalog: a view on a saved query.
#[derive(Clone, Debug)]
pub(crate) struct SemanticTable {
    pub(crate) id: String,
    pub(crate) catalog_id: String,
    pub(crate) schema: String,
    pub(crate) table: String,
    pub(crate) query_id: String,
}

/// What one project holds.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) queries: BTreeMap<String, SavedQuery>,
    pub(crate) semantic_tables: Vec<SemanticTable>,
}

/// All projects' desks.
#[derive(Debug, Default)]
pub(crate) struct Studio(Mutex<HashMap<String, Desk>>);

impl Studio {
    /// Works on the desk of `project`, which is laid out with the samples when it is first met.
    pub(crate) fn at<R>(&self, project: &str, work: impl FnOnce(&mut Desk) -> R) -> R {
        let mut desks = lock(&self.0);
        work(desks.entry(project.to_owned()).or_insert_with(|| Desk::with_samples(project)))
    }
}

const REVENUE: &str = "SELECT date_trunc('month', o.created_at) AS month, count(*) AS orders, \
    sum(o.total_amount) AS revenue FROM \"storefront\".\"public\".\"orders\" AS o WHERE o.status <> 'cancelled' \
    GROUP BY 1 ORDER BY 1";
const TOP: &str = "SELECT c.id, c.first_name, c.last_name, c.country, sum(o.total_amount) AS spent \
    FROM \"storefront\".\"public\".\"orders\" AS o JOIN \"storefront\".\"public\".\"customers\" AS c ON c.id = o.customer_id \
    GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC LIMIT 20";

impl Desk {
    fn with_samples(project: &str) -> Self {
        let query = |name: &str, kind: &str, text: &str| SavedQuery {
            id: demo::query_id(project, name),
            display_name: format!("{}{}", name[..1].to_uppercase(), &name[1..]),
            input_query: text.to_owned(),
            query_type: kind.to_owned(),
            schedule: None,
        };
        let queries = [
            query("revenue_by_month", "PLAIN", REVENUE),
            SavedQuery {
                schedule: Some(json!({ "type": "interval", "repeatDuration": "P1D" })),
                ..query("top_customers", "MATERIALIZED", TOP)
            },
        ];
        let semantic_tables = vec![SemanticTable {
            id: ids::decimal(&format!("{project}/semantic/sales.revenue")),
            catalog_id: demo::catalog_id(project, "insights"),
            schema: "sales".to_owned(),
            table: "revenue".to_owned(),
            query_id: demo::query_id(project, "revenue_by_month"),
        }];
        Self {
            queries: queries.into_iter().map(|query| (query.id.clone(), query)).collect(),
            semantic_tables,
        }
    }

    /// The saved query with this name in SQL.
    pub(crate) fn query_named(&self, name: &str) -> Option<&SavedQuery> {
        self.queries.values().find(|query| query.name().eq_ignore_ascii_case(name))
    }
}
