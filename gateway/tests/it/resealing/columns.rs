use std::collections::BTreeSet;

use crate::harness::{Browser, World};

/// A sealed column that re-sealing does not know of would be lost with its key. `login_verifier` is gone within the time
/// of an authorization, before a key can be retired; ids of clients are for ever, and so are their keys.
#[tokio::test]
async fn every_sealed_column_is_known() {
    let world = World::start().await;
    world.connect().await;
    let client = world.register().await;
    Browser::new(&world).leave_for_peaka(&client.request(&world)).await;
    let key = world.database.texts("SELECT id FROM keys WHERE ring = 'sealing'").await.remove(0);
    let mut sealed = BTreeSet::new();
    let dump = world.database.dump().await;
    // That a key began its life names it as well.
    for row in dump.iter().filter(|row| !row.contains("kind='key_changed'")) {
        let (table, columns) = row.split_once(": ").unwrap();
        for (before, _) in columns.match_indices(&key[..10]).map(|(at, _)| columns.split_at(at)) {
            let column = before.rsplit_once('=').unwrap().0.rsplit(' ').next().unwrap().to_owned();
            let of_a_client = before.ends_with("pkm_client_");
            sealed.insert(if of_a_client {
                "ids of clients".to_owned()
            } else {
                format!("{table}.{column}")
            });
        }
    }
    let known = ["authorizations.login_verifier", "credentials.sealed", "ids of clients"];
    assert_eq!(sealed, known.map(str::to_owned).into());
}
