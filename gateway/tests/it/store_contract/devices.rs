//! Requests of devices: decided once, redeemed once.

use std::time::Duration;

use gateway::{
    domain::authorization::{Approval, SignedIn, Terms},
    store::{DeviceStage, Horizon, Once, Store, Which},
};
use shared::assertion::Projects;

use super::{
    RACERS, all, on_both,
    samples::{NOW, ODD, browser, later, only, request, session},
    world::World,
};

on_both!(
    a_request_reads_as_it_was_written,
    a_user_code_is_given_once,
    asking_too_soon_lengthens_the_interval,
    it_is_decided_once_and_its_page_with_it,
    of_many_redemptions_one_wins,
    an_operator_takes_back_what_is_under_way,
    what_is_over_is_swept,
);

const INTERVAL: Duration = Duration::from_secs(5);

async fn begin(store: &Store, device: &str, code: &str) -> bool {
    store.begin_device(device, code, &request(Some(ODD)), INTERVAL, (NOW, later())).await.unwrap()
}

async fn page(store: &Store, handle: &str) -> SignedIn {
    store.begin_signed_in(handle, &request(None), "browser", &browser(None), (NOW, later())).await.unwrap();
    store.signed_in(handle, "browser", NOW).await.unwrap().unwrap()
}

fn approval(projects: Projects) -> Approval {
    Approval {
        scopes: session("s").scopes,
        projects,
        terms: Terms { life: Some(Duration::from_secs(86_400)), device: Some("Chrome, Windows".to_owned()) },
    }
}

async fn stage(store: &Store, device: &str) -> DeviceStage {
    store.device(device).await.unwrap().unwrap().stage
}

async fn a_request_reads_as_it_was_written(world: World) {
    let store = &world.store;
    assert!(begin(store, "device", "code").await);
    assert_eq!(store.device_by_user_code("code", NOW).await.unwrap(), Some(request(Some(ODD))));
    assert_eq!(store.device_by_user_code("code", later()).await.unwrap(), None);
    assert_eq!(store.device_by_user_code("device", NOW).await.unwrap(), None);
    let device = store.device("device").await.unwrap().unwrap();
    assert_eq!((device.client_id.as_str(), device.expires_at), ("client", later()));
    assert!(matches!(device.stage, DeviceStage::Pending));
    assert!(store.device("code").await.unwrap().is_none());
    for projects in [Projects::All, only(&["p1", "p2"])] {
        let name = format!("{projects:?}");
        assert!(begin(store, &name, &name).await);
        let signed_in = page(store, &name).await;
        assert!(
            store.decide_device(&signed_in, &name, Some(&approval(projects.clone())), NOW).await.unwrap()
        );
        let DeviceStage::Approved(approved) = stage(store, &name).await else { panic!("not approved") };
        assert_eq!(approved.request, request(Some(ODD)));
        assert_eq!((approved.subject.as_str(), approved.email.as_str()), ("subject", ODD));
        assert_eq!((approved.credential_id.as_str(), approved.projects), ("credential", projects));
        assert_eq!(approved.terms, approval(Projects::All).terms);
        assert_eq!(store.device_by_user_code(&name, NOW).await.unwrap(), None);
        assert!(store.redeem_device(&name, &session(&name), NOW).await.unwrap());
    }
    let of = "SELECT COUNT(*) FROM sessions WHERE device = 'Chrome, Windows'";
    assert_eq!(world.number(of).await, 2);
}

async fn a_user_code_is_given_once(world: World) {
    assert!(begin(&world.store, "one", "code").await);
    assert!(!begin(&world.store, "two", "code").await);
    assert!(world.store.device("two").await.unwrap().is_none());
}

async fn asking_too_soon_lengthens_the_interval(world: World) {
    let store = &world.store;
    begin(store, "device", "code").await;
    let at = |seconds| NOW.plus(Duration::from_secs(seconds));
    for (seconds, in_time) in [(0, true), (4, false), (13, false), (28, true), (43, true), (44, false)] {
        assert_eq!(store.poll_device("device", at(seconds)).await.unwrap(), in_time, "{seconds}");
    }
    assert!(!store.poll_device("unknown", NOW).await.unwrap());
}

async fn it_is_decided_once_and_its_page_with_it(world: World) {
    let store = &world.store;
    begin(store, "device", "code").await;
    let (first, second) = (page(store, "first").await, page(store, "second").await);
    assert!(!store.decide_device(&first, "device", None, later()).await.unwrap(), "too late");
    assert!(store.decide_device(&first, "device", None, NOW).await.unwrap());
    assert!(matches!(stage(store, "device").await, DeviceStage::Denied));
    assert!(store.signed_in("first", "browser", NOW).await.unwrap().is_none());
    let all = approval(Projects::All);
    assert!(!store.decide_device(&second, "device", Some(&all), NOW).await.unwrap());
    assert!(store.signed_in("second", "browser", NOW).await.unwrap().is_some(), "nothing was changed");
    // A page that was answered before decides nothing else.
    begin(store, "another", "another code").await;
    assert!(!store.decide_device(&first, "another", Some(&all), NOW).await.unwrap());
    assert!(matches!(stage(store, "another").await, DeviceStage::Pending));
}

async fn of_many_redemptions_one_wins(world: World) {
    let store = &world.store;
    begin(store, "device", "code").await;
    assert!(!store.redeem_device("device", &session("early"), NOW).await.unwrap());
    let signed_in = page(store, "page").await;
    store.decide_device(&signed_in, "device", Some(&approval(Projects::All)), NOW).await.unwrap();
    assert!(!store.redeem_device("device", &session("late"), later()).await.unwrap());
    let racers = (0..RACERS).map(|n| {
        let store = store.clone();
        tokio::spawn(
            async move { store.redeem_device("device", &session(&n.to_string()), NOW).await.unwrap() },
        )
    });
    assert_eq!(all(racers).await.into_iter().filter(|won| *won).count(), 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM sessions").await, 1);
    let began = "SELECT COUNT(*) FROM audit_events WHERE kind = 'session_began'";
    assert_eq!(world.number(began).await, 1);
    assert!(matches!(stage(store, "device").await, DeviceStage::Exchanged));
}

async fn an_operator_takes_back_what_is_under_way(world: World) {
    let store = &world.store;
    for which in [Which::Person("subject"), Which::Client("client"), Which::All] {
        begin(store, "device", "code").await;
        let signed_in = page(store, "page").await;
        store.decide_device(&signed_in, "device", Some(&approval(Projects::All)), NOW).await.unwrap();
        store.discard_unfinished(Which::Person("somebody else")).await.unwrap();
        store.discard_unfinished(Which::Client("another")).await.unwrap();
        assert!(store.device("device").await.unwrap().is_some());
        store.discard_unfinished(which).await.unwrap();
        assert!(store.device("device").await.unwrap().is_none(), "{which:?}");
        world.meddle("DELETE FROM authorizations").await;
    }
}

async fn what_is_over_is_swept(world: World) {
    let store = &world.store;
    begin(store, "device", "code").await;
    let once = Once { id_hash: "assertion", until: later() };
    store.reuse_session(&session("s"), "key", "grant", later(), Some(once), NOW).await.unwrap();
    let horizon = |at| Horizon {
        authorizations: at,
        browsers: NOW,
        sessions: NOW,
        credentials: NOW,
        clients: NOW,
        audit_events: NOW,
    };
    assert_eq!(store.sweep(&horizon(later())).await.unwrap(), 0);
    assert_eq!(store.sweep(&horizon(later().plus(INTERVAL))).await.unwrap(), 2);
    assert!(store.device("device").await.unwrap().is_none());
    assert_eq!(world.number("SELECT COUNT(*) FROM used_assertions").await, 0);
}
