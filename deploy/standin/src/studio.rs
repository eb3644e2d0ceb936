//! What people make in a project and can change. Lives as long as the process.

pub(crate) mod cache;
pub(crate) mod query;
pub(crate) mod run;
mod samples;
pub(crate) mod semantic;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Mutex,
};

use self::{
    cache::Cache,
    query::SavedQuery,
    run::Run,
    semantic::{SemanticCatalog, SemanticTable},
};
use crate::sync::lock;

/// A question with the SQL that is known to answer it.
#[derive(Clone, Debug)]
pub(crate) struct GoldenSql {
    pub(crate) id: String,
    pub(crate) prompt: String,
    pub(crate) sql: String,
}

/// What one project holds.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    pub(crate) queries: BTreeMap<String, SavedQuery>,
    pub(crate) semantic_catalogs: Vec<SemanticCatalog>,
    pub(crate) semantic_tables: Vec<SemanticTable>,
    pub(crate) golden_sqls: Vec<GoldenSql>,
    pub(crate) caches: Vec<Cache>,
    /// The last refresh of the metadata, by catalog id.
    pub(crate) metadata_refreshes: HashMap<String, Run>,
}

/// All projects' desks.
#[derive(Debug, Default)]
pub(crate) struct Studio(Mutex<HashMap<String, Desk>>);

impl Studio {
    /// Works on the desk of `project`, which is laid out with the samples when it is first met.
    pub(crate) fn at<R>(&self, project: &str, work: impl FnOnce(&mut Desk) -> R) -> R {
        let mut desks = lock(&self.0);
        work(desks.entry(project.to_owned()).or_insert_with(|| samples::desk(project)))
    }
}

impl Desk {
    /// The saved query with this name in SQL.
    pub(crate) fn query_named(&self, name: &str) -> Option<&SavedQuery> {
        self.queries.values().find(|query| query.name().eq_ignore_ascii_case(name))
    }

    /// The cache of a table.
    pub(crate) fn cache_of(&self, catalog_id: &str, schema: &str, table: &str) -> Option<&Cache> {
        self.caches.iter().find(|cache| {
            (cache.catalog_id.as_str(), cache.schema.as_str(), cache.table.as_str())
                == (catalog_id, schema, table)
        })
    }
}
