//! Every statement of the durable store, on both of its engines. What only one of them can show comes last.

pub(crate) mod database;
pub(crate) mod samples;
pub(crate) mod world;

mod audit;
mod authorizations;
mod codes;
mod connected;
mod credentials;
mod damage;
mod devices;
mod given_up;
mod kept_out;
mod migrations;
mod operator_clients;
mod people;
mod remembered;
mod reuse;
mod sessions;
mod upkeep;

use tokio::task::JoinHandle;

/// Runs each test on SQLite and on PostgreSQL, in a database of its own.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite {
            use crate::store_contract::world::World;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$test(World::sqlite().await).await; })*
        }
        mod on_postgres {
            use crate::store_contract::world::World;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::$test(World::postgres().await).await; })*
        }
    };
}
pub(crate) use on_both;

/// How many try at once, where one must win.
pub(crate) const RACERS: u32 = 32;

/// Waits for all of them.
pub(crate) async fn all<T>(tasks: impl IntoIterator<Item = JoinHandle<T>>) -> Vec<T> {
    let tasks: Vec<_> = tasks.into_iter().collect();
    let mut results = Vec::with_capacity(tasks.len());
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}
