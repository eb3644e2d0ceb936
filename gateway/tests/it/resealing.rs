//! Older keys go: what lies under them moves under the ones in use, while everything goes on.

mod columns;
mod command;
mod house;
mod killed;
mod under_load;

use std::time::Duration;

use gateway::keys::{PUBLISH, RetireError};
use house::{DAY, House, NEW_MASTER, OLD_MASTER, OTHER_MASTER};

use crate::store_contract::{on_both, world::World};

on_both!(
    what_lies_under_an_older_key_moves,
    the_schedule_does_it_after_a_rotation,
    a_key_that_is_needed_is_not_retired,
    a_damaged_credential_is_no_obstacle,
    the_api_keys_of_clients_move_too,
    an_older_master_key_becomes_dispensable,
    a_missing_master_key_is_named,
);

async fn what_lies_under_an_older_key_moves(world: World) {
    let house = House::new(&world, OLD_MASTER).await;
    let old = house.active("sealing").await;
    house.add_credentials(250).await;
    house.rotate("sealing").await;
    assert_eq!(house.resealing().outstanding().await.unwrap(), [(old.clone(), 250)]);

    let resealing = house.resealing();
    let mut pass = resealing.begin().await.unwrap().unwrap();
    assert_eq!(pass.batch().await.unwrap().unwrap().credentials, 100);
    assert!(house.resealing().begin().await.unwrap().is_none(), "one at a time");
    pass.end().await.unwrap();
    let rest = house.resealing().begin().await.unwrap().unwrap().run(9).await.unwrap();
    assert_eq!((rest.credentials, rest.unreadable), (150, 0), "the next one goes on where the first was");
    assert_eq!(house.resealing().outstanding().await.unwrap(), [(old, 0)]);
    house.all_open(250).await;
}

async fn the_schedule_does_it_after_a_rotation(world: World) {
    let house = House::new(&world, OLD_MASTER).await;
    house.add_credentials(30).await;
    let keeper = house.keeper();
    house.clock.advance(90 * DAY);
    keeper.round().await.unwrap();
    house.clock.advance(PUBLISH);
    keeper.round().await.unwrap();
    let left = house.resealing().outstanding().await.unwrap();
    assert_eq!(left.into_iter().map(|(_, count)| count).collect::<Vec<_>>(), [0]);
    house.all_open(30).await;
}

async fn a_key_that_is_needed_is_not_retired(world: World) {
    let house = House::new(&world, OLD_MASTER).await;
    house.add_credentials(3).await;
    let client = house.add_registered_client().await;
    let refused = async |ring: &str, id: &str, forget| house.retire(ring, id, forget).await.unwrap_err();
    for ring in ["access", "identity", "sealing", "refresh"] {
        let old = house.active(ring).await;
        assert!(matches!(refused(ring, &old, false).await, RetireError::InUse { .. }), "{ring}");
        house.rotate(ring).await;
        assert!(matches!(refused(ring, &old, false).await, RetireError::Alive { .. }), "{ring}");
        assert!(matches!(refused("access", "unknown", false).await, RetireError::Unknown { .. }));
    }
    house.clock.advance(181 * DAY);
    // The schedule has retired the old key of the ring `identity` by itself meanwhile.
    for ring in ["access", "refresh"] {
        house.retire(ring, &house.older(ring).await, false).await.unwrap();
    }
    let old = house.older("sealing").await;
    assert!(matches!(refused("sealing", &old, false).await, RetireError::Clients { count: 1, .. }));
    assert!(matches!(refused("sealing", &old, true).await, RetireError::Credentials { count: 3, .. }));
    house.resealing().begin().await.unwrap().unwrap().run(9).await.unwrap();
    assert!(matches!(refused("sealing", &old, false).await, RetireError::Clients { count: 1, .. }));
    assert!(house.keys.unseal("client id", &client).is_ok(), "an id is for ever");
    house.retire("sealing", &old, true).await.unwrap();
    assert!(house.keys.unseal("client id", &client).is_err());
    house.all_open(3).await;
}

async fn a_damaged_credential_is_no_obstacle(world: World) {
    let house = House::new(&world, OLD_MASTER).await;
    house.add_credentials(120).await;
    // It still names its key.
    world.meddle("UPDATE credentials SET sealed = substr(sealed, 1, 20) WHERE id = 'c00003'").await;
    house.rotate("sealing").await;
    let moved = house.resealing().begin().await.unwrap().unwrap().run(9).await.unwrap();
    assert_eq!((moved.credentials, moved.unreadable), (119, 1));
}

/// What a client's secret is known by cannot be moved; its API key can.
async fn the_api_keys_of_clients_move_too(world: World) {
    let house = House::new(&world, OLD_MASTER).await;
    let old = house.active("sealing").await;
    house.add_credentials(1).await;
    house.add_machine("robot", "the API key").await;
    house.rotate("sealing").await;
    assert_eq!(house.resealing().outstanding().await.unwrap(), [(old.clone(), 2)]);
    house.clock.advance(181 * DAY);
    let refused = house.retire("sealing", &old, true).await.unwrap_err();
    assert!(matches!(refused, RetireError::Credentials { count: 2, .. }), "{refused:?}");
    let moved = house.resealing().begin().await.unwrap().unwrap().run(9).await.unwrap();
    assert_eq!((moved.credentials, moved.unreadable), (2, 0));
    house.retire("sealing", &old, true).await.unwrap();
    assert_eq!(house.api_key("robot").await, "the API key");
}

async fn an_older_master_key_becomes_dispensable(world: World) {
    House::new(&world, OLD_MASTER).await.add_credentials(2).await;
    // As the version before stored it.
    world.meddle("UPDATE keys SET master = NULL").await;
    assert!(House::open(&world, NEW_MASTER).await.is_err());
    let both = House::new(&world, &format!("{NEW_MASTER},{OLD_MASTER}")).await;
    assert_eq!(both.keys.reseal_under_newest_master().await.unwrap(), 4);
    assert_eq!(both.keys.reseal_under_newest_master().await.unwrap(), 0);
    let alone = House::new(&world, NEW_MASTER).await;
    alone.all_open(2).await;
    assert!(House::open(&world, OLD_MASTER).await.is_err());
}

async fn a_missing_master_key_is_named(world: World) {
    let house = House::new(&world, OLD_MASTER).await;
    let needed = house.store.keys().await.unwrap().remove(0).master.unwrap();
    let error = House::open(&world, OTHER_MASTER).await.map(|_| ()).unwrap_err().to_string();
    assert!(
        error.starts_with("4 stored key(s) cannot be opened with any key of GATEWAY_MASTER_KEYS"),
        "{error}"
    );
    let id = house.active("access").await;
    assert!(
        error.contains(&format!("access {id} needs the master key with the fingerprint {needed}")),
        "{error}"
    );
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(house.store.keys().await.unwrap().len(), 4, "nothing was made beside them");
}
