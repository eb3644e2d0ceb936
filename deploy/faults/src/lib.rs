//! The fault suite. It starts real databases and several replicas of everything, keeps a load on them whose every
//! question and answer is recorded, lets something fail, and holds the record against what must be true whatever fails.
#![doc = include_str!("../README.md")]

pub mod audit;
pub mod chance;
pub mod link;
pub mod load;
pub mod record;
pub mod report;
pub mod scenarios;
pub mod settings;
pub mod stage;
pub mod tally;
pub mod trial;

/// Whatever went wrong, in words.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
