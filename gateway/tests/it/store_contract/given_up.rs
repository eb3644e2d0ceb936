//! Work that is given up half-way, as it is whenever a client hangs up.

use std::pin::pin;

use futures_util::poll;
use gateway::{
    domain::session::Because,
    store::{Store, StoreSettings},
};
use tokio::task::yield_now;

use super::{
    on_both,
    samples::{NOW, later},
    world::World,
};

on_both!(what_is_given_up_leaves_no_transaction_open);

/// Moments at which it is given up.
const MOMENTS: usize = 200;

/// Whatever is written over the same connection next would be part of it: acknowledged, and undone later.
async fn what_is_given_up_leaves_no_transaction_open(world: World) {
    let one = StoreSettings { connections: 1, ..world.settings.clone() };
    let store = Store::connect(&one).await.unwrap();
    for moment in 0..MOMENTS {
        {
            let mut given_up = pin!(store.revoke_session("nobody's", Because::Operator, NOW));
            for _ in 0..moment {
                if poll!(&mut given_up).is_ready() {
                    break;
                }
                yield_now().await;
            }
        }
        assert!(store.take_lease(&format!("{moment}"), "test", NOW, later()).await.unwrap());
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM leases").await, MOMENTS as i64);
}
