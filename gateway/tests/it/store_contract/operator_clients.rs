//! Clients that an operator registered by command.

use gateway::store::{AuditFilter, KeyRow, OperatorClientRow};

use super::{
    on_both,
    samples::{HOUR, NOW, ODD, add_session, later, session},
    world::World,
};

on_both!(a_client_reads_as_it_was_written, its_live_sessions_are_counted, a_key_that_it_needs_is_not_retired,);

fn row(id: &str, secret: Option<&str>) -> OperatorClientRow {
    OperatorClientRow {
        id: id.to_owned(),
        entry: ODD.to_owned(),
        secret_hash: secret.map(str::to_owned),
        sealed_api_key: secret.map(|text| format!("{text}{ODD}")),
    }
}

async fn a_client_reads_as_it_was_written(world: World) {
    let store = &world.store;
    let (first, second) = (row("a", None), row("b", Some(ODD)));
    for client in [&second, &first] {
        assert!(store.add_operator_client(client, NOW).await.unwrap());
    }
    // An id is given once.
    assert!(!store.add_operator_client(&row("a", Some("other")), later()).await.unwrap());
    assert_eq!(store.operator_client("a").await.unwrap().as_ref(), Some(&first));
    assert_eq!(store.operator_clients().await.unwrap(), [first, second.clone()]);
    assert!(store.remove_operator_client("a", NOW).await.unwrap());
    assert!(!store.remove_operator_client("a", NOW).await.unwrap());
    assert_eq!(store.operator_client("a").await.unwrap(), None);
    assert_eq!(store.operator_clients().await.unwrap(), [second]);
    // Those who were refused changed nothing.
    let noted = store.audit_page(&AuditFilter::default(), None, 9).await.unwrap();
    let mut noted: Vec<_> = noted.into_iter().map(|row| (row.kind, row.client_id.unwrap())).collect();
    noted.sort();
    let expected = [("client_added", "a"), ("client_added", "b"), ("client_removed", "a")];
    assert_eq!(noted, expected.map(|(kind, id)| (kind.to_owned(), id.to_owned())));
}

async fn its_live_sessions_are_counted(world: World) {
    let store = &world.store;
    for id in ["1", "2"] {
        add_session(store, &session(id)).await;
    }
    assert_eq!(store.live_sessions_of_client("client", NOW).await.unwrap(), 2);
    assert_eq!(store.live_sessions_of_client("other", NOW).await.unwrap(), 0);
    store.revoke_session("1", gateway::domain::session::Because::Operator, NOW).await.unwrap();
    assert_eq!(store.live_sessions_of_client("client", NOW).await.unwrap(), 1);
    assert_eq!(store.live_sessions_of_client("client", NOW.plus(HOUR)).await.unwrap(), 0);
}

async fn a_key_that_it_needs_is_not_retired(world: World) {
    let store = &world.store;
    for (id, secret, api_key) in [("hashed", "sealing-key1", ""), ("sealed", "", "sealing-key2")] {
        let text = |text: &str| (!text.is_empty()).then(|| format!("{text}..."));
        let client =
            OperatorClientRow { secret_hash: text(secret), sealed_api_key: text(api_key), ..row(id, None) };
        store.add_operator_client(&client, NOW).await.unwrap();
    }
    for id in ["sealing-key1", "other-key-12"] {
        let key = KeyRow {
            id: id.to_owned(),
            ring: "sealing".to_owned(),
            state: "verify-only".to_owned(),
            sealed: ODD.to_owned(),
            changed_at: NOW,
            master: None,
        };
        assert!(store.add_key(&key).await.unwrap());
    }
    // The first ten characters of a key's id tell it apart.
    assert_eq!(store.operator_clients_under("sealing-key1").await.unwrap(), ["hashed", "sealed"]);
    let sealed = store.api_keys_under("sealing-key1").await.unwrap().remove(0);
    assert_eq!((sealed.id.as_str(), store.count_sealed_under("sealing-key1").await.unwrap()), ("sealed", 1));
    assert!(store.reseal_api_key(&sealed, "sealing-key1 again").await.unwrap());
    assert!(!store.reseal_api_key(&sealed, "later").await.unwrap(), "it is another by now");
    assert!(store.retire_key("other-key-12", NOW).await.unwrap());
    assert!(!store.retire_key("sealing-key1", NOW).await.unwrap());
    for id in ["hashed", "sealed"] {
        assert!(!store.retire_key("sealing-key1", NOW).await.unwrap());
        store.remove_operator_client(id, NOW).await.unwrap();
    }
    assert!(store.retire_key("sealing-key1", NOW).await.unwrap());
}
