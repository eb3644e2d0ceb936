//! A row that cannot be read is said to be damaged: an outage would be waited for in vain.

use gateway::{domain::client::ClientOrigin, store::StoreError};
use secrecy::SecretString;
use shared::{assertion::Projects, scope::Scopes};

use super::{
    on_both,
    samples::{NOW, add_session, browser, later, metadata, request, session},
    world::World,
};

on_both!(a_damaged_session, a_damaged_authorization, a_damaged_client, a_failed_commit_is_no_success);

#[track_caller]
fn is_corrupt<T: std::fmt::Debug>(result: Result<T, StoreError>, of: &str, which: &str) {
    match result {
        Err(StoreError::Corrupt { table, what }) if (table, what) == (of, which) => {}
        other => panic!("{other:?}"),
    }
}

async fn a_damaged_session(world: World) {
    let store = &world.store;
    add_session(store, &session("s")).await;
    world.meddle("UPDATE sessions SET scopes = 'peaka:everything'").await;
    is_corrupt(store.session("s").await, "sessions", "scopes");
    is_corrupt(store.advance_session("s", "client", 1, None, NOW, later()).await, "sessions", "scopes");
    world.meddle("UPDATE sessions SET scopes = 'peaka:read', generation = -1").await;
    is_corrupt(store.session("s").await, "sessions", "generation");
    world.meddle("UPDATE sessions SET generation = 4294967296").await;
    is_corrupt(store.session("s").await, "sessions", "generation");
    // A key that cannot be read must not become none.
    world.meddle("UPDATE sessions SET generation = 1, key_thumbprint = 'x'").await;
    is_corrupt(store.session("s").await, "sessions", "key_thumbprint");
}

async fn a_damaged_authorization(world: World) {
    let store = &world.store;
    let life = (NOW, later());
    store.begin_signed_in("handle", &request(None), "browser", &browser(None), life).await.unwrap();
    let signed_in = store.signed_in("handle", "browser", NOW).await.unwrap().unwrap();
    world.meddle("UPDATE authorizations SET request = '{\"client_id\":1}'").await;
    is_corrupt(store.signed_in("handle", "browser", NOW).await, "authorizations", "request");

    let approval = gateway::domain::authorization::Approval {
        scopes: Scopes::ALL,
        projects: Projects::All,
        terms: gateway::domain::authorization::Terms::default(),
    };
    assert!(store.approve(&signed_in, &approval, "code", (NOW, later())).await.unwrap());
    is_corrupt(store.coded("code").await, "authorizations", "request");
    let whole = serde_json::to_string(&request(None)).unwrap().replace('\'', "''");
    world.meddle(&format!("UPDATE authorizations SET request = '{whole}', scopes = 'everything'")).await;
    is_corrupt(store.coded("code").await, "authorizations", "scopes");
}

async fn a_damaged_client(world: World) {
    let store = &world.store;
    store.remember_client("c", &metadata("c"), &ClientOrigin::Registered, NOW).await.unwrap();
    world.meddle("UPDATE clients SET metadata = 'not JSON'").await;
    is_corrupt(store.client("c").await, "clients", "metadata");
}

/// What a conditional update returned is not yet true: its transaction can still fail.
async fn a_failed_commit_is_no_success(world: World) {
    let store = &world.store;
    add_session(store, &session("s")).await;
    store
        .begin_authorization("state", &request(None), "b", &SecretString::from("v"), (NOW, later()))
        .await
        .unwrap();
    world.meddle(if world.is_postgres() { FAIL_ON_COMMIT_POSTGRES } else { FAIL_ON_COMMIT_SQLITE }).await;
    let advanced = store.advance_session("s", "client", 1, None, NOW, later()).await;
    assert!(matches!(advanced, Err(StoreError::Unavailable(_))), "{advanced:?}");
    let returned = store.return_from_login("state", NOW).await;
    assert!(matches!(returned, Err(StoreError::Unavailable(_))), "{returned:?}");
    assert_eq!(store.session("s").await.unwrap().unwrap().generation, 1);
}

const FAIL_ON_COMMIT_POSTGRES: &str = "
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not today'; END $$;
    CREATE CONSTRAINT TRIGGER fail AFTER UPDATE ON sessions DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION fail();
    CREATE CONSTRAINT TRIGGER fail AFTER UPDATE ON authorizations DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION fail();";
const FAIL_ON_COMMIT_SQLITE: &str = "
    CREATE TABLE kept (id TEXT NOT NULL PRIMARY KEY);
    CREATE TABLE promise (id TEXT REFERENCES kept (id) DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER fail_sessions AFTER UPDATE ON sessions BEGIN INSERT INTO promise VALUES ('not today'); END;
    CREATE TRIGGER fail_authorizations AFTER UPDATE ON authorizations
        BEGIN INSERT INTO promise VALUES ('not today'); END;";
