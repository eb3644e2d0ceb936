#![doc = include_str!("../README.md")]

mod access_token;
mod account;
mod answer;
mod app;
mod audit;
mod bulkhead;
mod caller;
pub mod cimd;
mod client_assertion;
mod clients;
pub mod config;
mod connect;
mod consents;
mod cookies;
mod credentials;
mod device;
pub mod doctor;
pub mod domain;
mod dpop;
pub mod ephemeral;
mod exchange;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
mod gateway;
mod health;
#[cfg(test)]
mod histories;
pub mod housekeeping;
pub mod id_jag;
pub mod keys;
mod language;
mod limits;
mod login;
mod metrics;
mod notices;
mod oauth;
mod openapi;
pub mod operator_clients;
mod pages;
pub mod peaka;
mod probe;
mod proxy;
pub mod rate_limit;
mod replays;
pub mod resealing;
mod revocation;
mod router;
mod same_origin;
mod scrape;
mod signed_assertion;
pub mod store;
mod tally;
mod tools;
mod upstream;
mod usage;
mod words;

pub use self::{
    app::{App, StartError},
    config::Config,
    gateway::Gateway,
    router::internal,
};
