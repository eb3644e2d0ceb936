//! The checks, a file each. Each says what it asks, and what a client makes of the answer.

pub(super) mod agents;
pub(super) mod authorization;
pub(super) mod challenge;
pub(super) mod connection;
pub(super) mod document;
pub(super) mod pages;
pub(super) mod plain_http;
pub(super) mod registration;
pub(super) mod resource;
pub(super) mod server;
pub(super) mod streams;
pub(super) mod token;
pub(super) mod versions;
pub(super) mod well_known;
