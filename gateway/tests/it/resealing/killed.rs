use std::{process::Stdio, time::Duration};

use super::{
    command::{gateway, told},
    house::{House, NEW_MASTER, OLD_MASTER},
};
use crate::store_contract::world::World;

const CREDENTIALS: usize = 250;

/// The command stops before a row that somebody holds, and there `kill -9` meets it.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_killed_in_the_middle_is_gone_on_from() {
    let world = World::postgres().await;
    let house = House::new(&world, OLD_MASTER).await;
    house.add_credentials(CREDENTIALS).await;
    house.rotate("sealing").await;
    let (old, both) = (house.older("sealing").await, format!("{NEW_MASTER},{OLD_MASTER}"));

    let mut holder = world.raw().await;
    let hold = sqlx::raw_sql("BEGIN; SELECT 1 FROM credentials WHERE id = 'c00123' FOR UPDATE");
    hold.execute(&mut holder).await.unwrap();
    let mut first = gateway(&world, &both)
        .args(["keys", "reseal"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                   AND query LIKE 'UPDATE credentials%' AND datname = current_database()";
    while world.number(waiting).await == 0 {
        assert!(first.try_wait().unwrap().is_none(), "it should wait for the row");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    first.kill().unwrap();
    first.wait().unwrap();
    sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.unwrap();

    // What was begun is whole, row by row: some under the one key, some under the other.
    let left = house.store.count_sealed_under(&old).await.unwrap();
    assert!((CREDENTIALS as i64 - 124..=CREDENTIALS as i64 - 123).contains(&left), "{left}");
    let rings = House::new(&world, &both).await;
    rings.all_open(CREDENTIALS).await;

    // The lease of the one that was killed runs out by itself.
    let second = gateway(&world, &both).args(["keys", "reseal", "--json"]).output().unwrap();
    let second: serde_json::Value = serde_json::from_str(&told(&second)).unwrap();
    assert_eq!((&second["keys"], &second["left"][&old]), (&0.into(), &0.into()), "{second}");
    House::new(&world, NEW_MASTER).await.all_open(CREDENTIALS).await;
}
