//! Clients that people keep out.

use gateway::store::{AuditFilter, Store};

use super::{
    on_both,
    samples::{HOUR, NOW, ODD, add_session, later, session},
    world::World,
};

on_both!(only_clients_that_would_come_back_are_kept_out, each_person_has_their_own);

/// A session that is begun without its person, as an enterprise does.
async fn begin(store: &Store, id: &str, subject: &str, client_id: &str) {
    let mut fresh = session(id);
    fresh.subject = subject.to_owned();
    fresh.client_id = client_id.to_owned();
    fresh.client_name = ODD.to_owned();
    store.reuse_session(&fresh, id, "grant", NOW.plus(HOUR / 2), None, NOW).await.unwrap();
}

async fn only_clients_that_would_come_back_are_kept_out(world: World) {
    let store = &world.store;
    add_session(store, &session("own")).await;
    begin(store, "one", "subject", "agent").await;
    begin(store, "two", "subject", "other").await;
    for (session, kept) in [(Some("own"), []), (Some("unknown"), [])] {
        store.keep_out("subject", session, NOW).await.unwrap();
        assert_eq!(store.kept_out("subject", 10).await.unwrap(), kept);
    }
    store.keep_out("subject", Some("one"), NOW).await.unwrap();
    store.keep_out("subject", Some("one"), later()).await.unwrap();
    let kept = store.kept_out("subject", 10).await.unwrap();
    assert_eq!(
        kept.iter().map(|out| (out.client_name.as_str(), out.since)).collect::<Vec<_>>(),
        [(ODD, NOW)]
    );
    assert!(store.is_kept_out("subject", "agent").await.unwrap());
    assert!(!store.is_kept_out("subject", "other").await.unwrap());
    // All of a person's, the newest first; and not more than asked for.
    store.keep_out("subject", None, later()).await.unwrap();
    assert_eq!(store.kept_out("subject", 10).await.unwrap().len(), 2);
    assert_eq!(store.kept_out("subject", 1).await.unwrap()[0].since, later());
}

async fn each_person_has_their_own(world: World) {
    let store = &world.store;
    begin(store, "one", "subject", "agent").await;
    begin(store, "two", "grace", "agent").await;
    store.keep_out("grace", Some("one"), NOW).await.unwrap();
    assert!(!store.is_kept_out("subject", "agent").await.unwrap());
    store.keep_out("subject", None, NOW).await.unwrap();
    assert!(!store.is_kept_out("grace", "agent").await.unwrap());
    let id = store.kept_out("subject", 10).await.unwrap().remove(0).id;
    assert!(!store.let_in("grace", &id, NOW).await.unwrap());
    assert!(store.is_kept_out("subject", "agent").await.unwrap());
    assert!(store.let_in("subject", &id, NOW).await.unwrap());
    assert!(!store.let_in("subject", &id, NOW).await.unwrap());
    assert!(!store.is_kept_out("subject", "agent").await.unwrap());
    let kind = AuditFilter { kind: "client_let_in", ..AuditFilter::default() };
    let noted = store.audit_page(&kind, None, 9).await.unwrap();
    assert_eq!(noted.len(), 1);
    assert_eq!((noted[0].client_id.as_deref(), noted[0].client_name.as_deref()), (Some("agent"), Some(ODD)));
}
