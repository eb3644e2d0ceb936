//! The Partner API, a file per noun.

mod builder;
pub(crate) mod caches;
pub(crate) mod caller;
pub(crate) mod catalogs;
pub(crate) mod connections;
pub(crate) mod error;
pub(crate) mod execute;
pub(crate) mod golden_sql;
pub(crate) mod info;
mod listing;
pub(crate) mod materialized;
pub(crate) mod metadata;
pub(crate) mod names;
pub(crate) mod organizations;
pub(crate) mod queries;
pub(crate) mod relations;
pub(crate) mod semantic;
pub(crate) mod statistics;
pub(crate) mod transpile;
