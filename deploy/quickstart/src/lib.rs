//! The whole of it on one machine, in one process, on embedded stores: stand-in, backend and gateway.
#![expect(clippy::print_stdout, reason = "a tour is there to be read")]

mod client;
mod house;
mod state;
mod tour;
mod welcome;

pub use self::{
    client::{Connection, Mcp, Voice, connect},
    house::{House, Ports},
    state::State,
    tour::play,
    welcome::text as welcome,
};

/// Whatever went wrong, in words.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
