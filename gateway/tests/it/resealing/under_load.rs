use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use gateway::{keys::PUBLISH, store::Lease};
use shared::clock::Clock as _;

use super::house::{House, OLD_MASTER, id, purpose};
use crate::store_contract::{
    all, on_both,
    samples::{NOW, later},
    world::World,
};

const CREDENTIALS: usize = 300;

on_both!(nobody_meets_a_credential_that_cannot_be_opened);

/// One replica re-seals, another reads and refreshes all the while, over three rotations. The other one has read the
/// rings after the next key was published and not since: as late as [`PUBLISH`] allows.
async fn nobody_meets_a_credential_that_cannot_be_opened(world: World) {
    let keeper = House::new(&world, OLD_MASTER).await;
    keeper.add_credentials(CREDENTIALS).await;
    let reader = Arc::new(House::new(&world, OLD_MASTER).await);
    let (over, opened) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let readers = (0..4_usize).map(|first| {
        let (house, over, opened) = (Arc::clone(&reader), Arc::clone(&over), Arc::clone(&opened));
        tokio::spawn(async move {
            for n in (first..).step_by(7) {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let id = id(n % CREDENTIALS);
                let row = house.store.credential(&id).await.unwrap().unwrap();
                let plain = house.keys.unseal(&purpose(&id), &row.sealed).unwrap();
                assert_eq!(plain, id.as_bytes());
                opened.fetch_add(1, Ordering::SeqCst);
                let lease = Lease { version: row.version, until: later() };
                if n % 3 == 0 && house.store.lease_credential(&id, lease, NOW).await.unwrap() {
                    let sealed = house.keys.seal(&purpose(&id), &plain).unwrap();
                    assert!(house.store.renew_credential(&id, lease, &sealed, later()).await.unwrap());
                }
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    for _ in 0..3 {
        assert!(keeper.keys.rotate("sealing", keeper.clock.now()).await.unwrap());
        reader.keys.reload().await.unwrap();
        keeper.clock.advance(PUBLISH);
        keeper.keeper().round().await.unwrap();
        // What the reader has sealed under the key before, as it did not know better, goes in the next round.
        reader.keys.reload().await.unwrap();
        let before = opened.load(Ordering::SeqCst);
        while opened.load(Ordering::SeqCst) < before + CREDENTIALS {
            tokio::task::yield_now().await;
        }
        let resealing = keeper.resealing();
        resealing.begin().await.unwrap().unwrap().run(99).await.unwrap();
        let left = resealing.outstanding().await.unwrap();
        assert!(left.iter().all(|(_, count)| *count == 0), "{left:?}");
    }
    over.store(true, Ordering::SeqCst);
    all(readers).await;
    keeper.all_open(CREDENTIALS).await;
}
