//! What a person sees of their connected apps, and their sign-ins without a client.

use gateway::{
    domain::session::{Because, Session},
    store::{Calls, Channel, Which},
};

use super::{
    RACERS, all, on_both,
    samples::{HOUR, NOW, ODD, add_session, later, request, session},
    world::World,
};

on_both!(
    a_sign_in_returns_once_and_in_time,
    a_person_sees_their_live_sessions,
    counts_add_up,
    however_many_are_counted_each_has_its_own,
    the_last_use_is_the_latest_whoever_writes_first,
    a_person_ends_their_own,
    an_authorization_goes_back_to_the_sign_in_once,
    what_is_to_be_told_waits_until_it_is,
    a_language_is_the_last_one,
    what_is_over_is_swept,
);

async fn a_sign_in_returns_once_and_in_time(world: World) {
    let store = &world.store;
    for id in ["raced", "late"] {
        store.begin_sign_in(id, "browser", &ODD.into(), later()).await.unwrap();
    }
    assert!(store.return_from_sign_in("unknown", NOW).await.unwrap().is_none());
    assert!(store.return_from_sign_in("late", later()).await.unwrap().is_none());
    let racers = (0..RACERS).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.return_from_sign_in("raced", NOW).await.unwrap() })
    });
    let returned: Vec<_> = all(racers).await.into_iter().flatten().collect();
    assert_eq!(returned.len(), 1);
    assert_eq!((returned[0].id_hash.as_str(), returned[0].browser_hash.as_str()), ("raced", "browser"));
}

async fn a_person_sees_their_live_sessions(world: World) {
    let store = &world.store;
    add_session(store, &session("mine")).await;
    add_session(store, &session("ended")).await;
    add_session(store, &Session { subject: "somebody else".to_owned(), ..session("theirs") }).await;
    store.revoke_session("ended", Because::Person, NOW).await.unwrap();
    let seen = store.connected("subject", NOW, 10).await.unwrap();
    assert_eq!(seen.iter().map(|seen| seen.session.id.as_str()).collect::<Vec<_>>(), ["mine"]);
    assert_eq!(seen[0].device, None);
    assert!(
        store.connected("subject", NOW.plus(HOUR), 10).await.unwrap().is_empty(),
        "not used for too long"
    );
    assert!(store.connected("subject", NOW, 0).await.unwrap().is_empty());
}

fn calls(session_id: &str, tool: &str, calls: i64) -> Calls {
    Calls { session_id: session_id.to_owned(), tool: tool.to_owned(), calls, last_at: NOW }
}

async fn counts_add_up(world: World) {
    let store = &world.store;
    add_session(store, &session("s")).await;
    let writers = (0..RACERS).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            store.add_calls(20_000, &[calls("s", "", 1), calls("s", "tool", 2)]).await.unwrap();
        })
    });
    all(writers).await;
    store.add_calls(20_001, &[calls("s", "tool", 5), calls("nobody's", "tool", 1)]).await.unwrap();
    store.add_calls(20_001, &[]).await.unwrap();
    let racers = i64::from(RACERS);
    let both = [calls("s", "tool", 2 * racers + 5), calls("s", "", racers)];
    assert_eq!(store.calls("subject", 20_000).await.unwrap(), both);
    assert_eq!(store.calls("subject", 20_001).await.unwrap(), [calls("s", "tool", 5)]);
    assert!(store.calls("somebody else", 0).await.unwrap().is_empty());
}

async fn however_many_are_counted_each_has_its_own(world: World) {
    let store = &world.store;
    for number in [1, 9, 10, 99, 100, 223] {
        let id = format!("of {number}");
        add_session(store, &session(&id)).await;
        let counted: Vec<_> = (1..=number).map(|n| calls(&id, &format!("tool {n}"), n)).collect();
        store.add_calls(20_000, &counted).await.unwrap();
        store.add_calls(20_000, &counted).await.unwrap();
        let mut written = store.calls("subject", 20_000).await.unwrap();
        written.retain(|one| one.session_id == id);
        let twice = counted.into_iter().map(|one| Calls { calls: 2 * one.calls, ..one });
        assert_eq!(written, twice.rev().collect::<Vec<_>>());
    }
}

/// Replicas write what they counted when they come to it, and one of them may be late.
async fn the_last_use_is_the_latest_whoever_writes_first(world: World) {
    let store = &world.store;
    add_session(store, &session("s")).await;
    for last_at in [NOW, later(), NOW.plus(HOUR / 2)] {
        store.add_calls(20_000, &[Calls { last_at, ..calls("s", "tool", 1) }]).await.unwrap();
    }
    let summed = Calls { last_at: later(), ..calls("s", "tool", 3) };
    assert_eq!(store.calls("subject", 20_000).await.unwrap(), [summed]);
}

async fn a_person_ends_their_own(world: World) {
    let store = &world.store;
    add_session(store, &session("mine")).await;
    add_session(
        store,
        &Session { subject: "else".to_owned(), email: "subject".to_owned(), ..session("theirs") },
    )
    .await;
    assert_eq!(store.sessions(Which::Subject("subject"), 10).await.unwrap().len(), 1);
    let ended = store.revoke_sessions(Which::Subject("subject"), Because::Person, || NOW).await.unwrap();
    assert_eq!(ended, ["mine"]);
    store
        .begin_signed_in("open", &request(None), "b", &super::samples::browser(None), (NOW, later()))
        .await
        .unwrap();
    store.discard_unfinished(Which::Subject("subject")).await.unwrap();
    store.forget_consents(Which::Subject("subject")).await.unwrap();
    assert!(store.signed_in("open", "b", NOW).await.unwrap().is_none());
}

async fn an_authorization_goes_back_to_the_sign_in_once(world: World) {
    let store = &world.store;
    let browser = super::samples::browser(None);
    store.begin_signed_in("a", &request(None), "b", &browser, (NOW, later())).await.unwrap();
    let signed_in = store.signed_in("a", "b", NOW).await.unwrap().unwrap();
    assert!(store.sign_in_again(&signed_in, "state", &ODD.into()).await.unwrap());
    assert!(!store.sign_in_again(&signed_in, "other", &ODD.into()).await.unwrap());
    assert!(store.signed_in("a", "b", NOW).await.unwrap().is_none());
    let returned = store.return_from_login("state", NOW).await.unwrap().unwrap();
    assert!(store.sign_in(returned, "again", &browser, NOW).await.unwrap());
    assert!(store.signed_in("again", "b", NOW).await.unwrap().is_some());
}

async fn what_is_to_be_told_waits_until_it_is(world: World) {
    let store = &world.store;
    for id in ["a", "b"] {
        add_session(store, &session(id)).await;
    }
    // Of no interest to a webhook.
    store.revoke_session("a", Because::ClientRevoked, NOW).await.unwrap();
    // One way knows nothing of the other.
    for channel in [Channel::Webhook, Channel::Mail] {
        let untold = store.untold(channel, NOW, NOW, 10).await.unwrap();
        assert_eq!(untold.len(), 2);
        assert!(untold.iter().all(|untold| untold.attempts == 0 && untold.event.kind == "session_began"));
        assert_eq!(store.untold(channel, NOW, NOW, 1).await.unwrap().len(), 1);
        assert!(store.untold(channel, later(), later(), 10).await.unwrap().is_empty());
        let (first, second) = (&untold[0].event.id, &untold[1].event.id);
        store.note_delivery(channel, first, 1, later(), None).await.unwrap();
        store.note_delivery(channel, second, 1, NOW, Some(NOW)).await.unwrap();
        assert!(store.untold(channel, NOW, NOW, 10).await.unwrap().is_empty());
        let again = store.untold(channel, NOW, later(), 10).await.unwrap();
        assert_eq!((again.len(), &again[0].event.id, again[0].attempts), (1, first, 1));
        store.note_delivery(channel, first, 2, later(), Some(later())).await.unwrap();
        assert!(store.untold(channel, NOW, later(), 10).await.unwrap().is_empty());
    }
}

async fn a_language_is_the_last_one(world: World) {
    let store = &world.store;
    assert_eq!(store.language("subject").await.unwrap(), None);
    for tag in ["en", "tr"] {
        store.note_language("subject", tag, NOW).await.unwrap();
        assert_eq!(store.language("subject").await.unwrap().as_deref(), Some(tag));
    }
    assert_eq!(store.language("somebody else").await.unwrap(), None);
}

async fn what_is_over_is_swept(world: World) {
    let store = &world.store;
    store.begin_sign_in("state", "browser", &ODD.into(), NOW).await.unwrap();
    store.add_calls(20_000, &[calls("s", "tool", 1)]).await.unwrap();
    store.note_delivery(Channel::Webhook, "event", 1, NOW, None).await.unwrap();
    store.note_delivery(Channel::Mail, "event", 1, NOW, None).await.unwrap();
    store.note_language("subject", "tr", NOW).await.unwrap();
    let horizon = |at| gateway::store::Horizon {
        authorizations: at,
        browsers: at,
        sessions: at,
        credentials: at,
        clients: at,
        audit_events: at,
    };
    assert_eq!(store.sweep(&horizon(NOW)).await.unwrap(), 0);
    assert_eq!(store.sweep(&horizon(later())).await.unwrap(), 5);
}
