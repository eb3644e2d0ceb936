//! The gateway seen from outside, one file per part.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failing step of a test should end it there")]

mod account;
mod admission;
mod attacks;
mod audit;
mod authorize;
mod cimd;
mod cli;
mod client_credentials;
mod clients_file;
mod config;
mod connect;
mod consent;
mod device;
mod dpop;
mod doctor;
mod ephemeral_contract;
mod exchange;
mod harness;
mod housekeeping;
mod id_jag;
mod introspect;
mod leaving;
mod login;
mod mcp;
mod metadata;
mod metrics;
mod openapi;
mod par;
mod peaka;
mod postgres;
mod private_key_jwt;
mod prompt;
mod properties;
mod rate_limit;
mod register;
mod remembered_consent;
mod replicas;
mod resealing;
mod revoke;
mod secrets;
mod store_contract;
mod token;
mod webhook;
mod words;
