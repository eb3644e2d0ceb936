//! The Partner API, a file per noun.

mod builder;
pub(crate) mod caller;
pub(crate) mod catalogs;
pub(crate) mod connections;
pub(crate) mod error;
pub(crate) mod execute;
pub(crate) mod info;
pub(crate) mod names;
pub(crate) mod organizations;
pub(crate) mod statistics;
pub(crate) mod transpile;
