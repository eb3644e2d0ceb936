//! Keys change online, and what is over goes.

use std::{sync::Arc, time::Duration};

use gateway::{
    domain::{
        authorization::AuthorizationRequest,
        client::{AuthMethod, ClientMetadata, ClientOrigin},
        pkce::CodeChallenge,
        redirect::RedirectUri,
        session::Session,
    },
    housekeeping::{Housekeeping, Terms},
    keys::{Keys, MasterKeys, PUBLISH, Schedule},
    store::{Store, StoreSettings},
};
use shared::{
    clock::{Clock, ManualClock, Timestamp},
    scope::Scopes,
};

use crate::store_contract::samples::{add_session, session};

const MASTER: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

struct House {
    _directory: tempfile::TempDir,
    store: Store,
    keys: Arc<Keys>,
    clock: Arc<ManualClock>,
}

impl House {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", directory.path().join("gateway.db").display());
        let settings =
            StoreSettings { url: url.into(), connections: 4, replicas: 1, acquire: Duration::from_secs(5) };
        let store = Store::connect(&settings).await.unwrap();
        let clock = Arc::new(ManualClock::starting_at(Timestamp::from_seconds(1_800_000_000)));
        let keys = Keys::open(store.clone(), MasterKeys::parse(MASTER).unwrap(), clock.now()).await.unwrap();
        Self { _directory: directory, store, keys: Arc::new(keys), clock }
    }

    fn keeper(&self) -> Housekeeping {
        self.keeper_of_sessions_of(180 * DAY)
    }

    fn keeper_of_sessions_of(&self, session: Duration) -> Housekeeping {
        let schedule = Schedule { rotate_after: 90 * DAY, access_token: Duration::from_secs(900), session };
        let terms = Terms { schedule, audit: 400 * DAY };
        let clock = Arc::clone(&self.clock);
        Housekeeping::new(self.store.clone(), Arc::clone(&self.keys), clock, terms).unwrap()
    }

    async fn states(&self, ring: &str) -> Vec<String> {
        let keys = self.store.keys().await.unwrap();
        keys.into_iter().filter(|key| key.ring == ring).map(|key| key.state).collect()
    }

    async fn begin_authorizations(&self, count: usize, ends: Timestamp) {
        let request = AuthorizationRequest {
            client_id: "c".into(),
            client: ClientMetadata {
                name: "c".into(),
                redirect_uris: vec![RedirectUri::parse("https://c.example/cb").unwrap()],
                auth: AuthMethod::None,
                refreshes: true,
                device: false,
                dpop: false,
                pushes: false,
                keys: None,
            },
            client_origin: ClientOrigin::Registered,
            redirect_uri: RedirectUri::parse("https://c.example/cb").unwrap(),
            state: None,
            code_challenge: CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap(),
            dpop_jkt: None,
            scopes: Scopes::ALL,
            interaction: gateway::domain::interaction::Interaction::default(),
            device: None,
        };
        for n in 0..count {
            let life = (self.clock.now(), ends);
            let id = format!("{}-{n}", ends.millis());
            self.store.begin_authorization(&id, &request, "b", &"v".to_owned().into(), life).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_key_is_published_before_it_signs_and_verifies_until_nothing_of_it_lives() {
    let house = House::new().await;
    let keeper = house.keeper();
    let sealed = house.keys.seal("p", b"x").unwrap();
    let signer = || house.keys.access(|ring| ring.active().kid().to_owned());
    let published = || house.keys.access(|ring| ring.published()["keys"].as_array().unwrap().len());
    let first = signer();

    house.clock.advance(90 * DAY);
    keeper.round().await.unwrap();
    assert_eq!(house.states("access").await, ["active", "next"]);
    assert_eq!((signer(), published()), (first.clone(), 2));

    house.clock.advance(PUBLISH - Duration::from_secs(1));
    keeper.round().await.unwrap();
    assert_eq!(signer(), first, "it signs no earlier than every cache can know it");

    house.clock.advance(Duration::from_secs(1));
    keeper.round().await.unwrap();
    assert_eq!(house.states("access").await, ["verify-only", "active"]);
    assert_ne!(signer(), first);
    assert_eq!(published(), 2, "what the old one signed is still verified");

    house.clock.advance(Duration::from_secs(900) + PUBLISH);
    keeper.round().await.unwrap();
    assert_eq!(house.states("access").await, ["active"]);
    assert_eq!(
        house.states("refresh").await,
        ["verify-only", "active"],
        "refresh tokens live as long as sessions"
    );
    assert_eq!(house.states("sealing").await, ["verify-only", "active"], "client ids are for ever");
    assert_eq!(house.keys.unseal("p", &sealed).unwrap(), b"x");
}

/// Sessions that live already keep the life that they began with.
#[tokio::test]
async fn a_refresh_key_is_kept_for_sessions_that_began_when_they_lived_longer() {
    let house = House::new().await;
    let expires_at = house.clock.now().plus(180 * DAY);
    let id = "AAECAwQFBgcICQoLDA0ODw";
    add_session(&house.store, &Session { idle_expires_at: expires_at, expires_at, ..session(id) }).await;
    let token = house.keys.refresh_token(std::array::from_fn(|n| u8::try_from(n).unwrap()), 1).unwrap();
    house.clock.advance(90 * DAY);
    house.keeper().round().await.unwrap();
    house.clock.advance(PUBLISH);
    house.keeper().round().await.unwrap();
    assert_eq!(house.states("refresh").await, ["verify-only", "active"]);

    house.clock.advance(8 * DAY);
    house.keeper_of_sessions_of(7 * DAY).round().await.unwrap();
    assert!(house.keys.proves(&token), "it is the newest of a session that goes on");

    house.clock.advance(82 * DAY);
    house.keeper_of_sessions_of(7 * DAY).round().await.unwrap();
    assert!(!house.keys.proves(&token), "no session needs it any more");
}

#[tokio::test]
async fn what_is_over_goes_and_the_rest_stays() {
    let house = House::new().await;
    let now = house.clock.now();
    house.begin_authorizations(1_200, now.plus(Duration::from_secs(60))).await;
    house.begin_authorizations(3, now.plus(DAY)).await;
    house.clock.advance(Duration::from_secs(2 * 60 * 60));
    assert_eq!(house.keeper().round().await.unwrap(), 1_200);
    house.clock.advance(2 * DAY);
    assert_eq!(house.keeper().round().await.unwrap(), 3, "the lease of the one before has run out");
}

#[tokio::test]
async fn ten_thousand_authorizations_that_nobody_finishes_leave_nothing() {
    let house = House::new().await;
    house.begin_authorizations(10_000, house.clock.now().plus(Duration::from_secs(900))).await;
    // For an hour after its end a code that is presented again still ends its session; then all of them go at once.
    house.clock.advance(Duration::from_secs(900 + 3600 + 1));
    assert_eq!(house.keeper().round().await.unwrap(), 10_000);
    assert_eq!(house.keeper().round().await.unwrap(), 0);
}

#[tokio::test]
async fn one_replica_does_it_for_all() {
    let house = House::new().await;
    house.begin_authorizations(1, house.clock.now()).await;
    let (holder, other) = (house.keeper(), house.keeper());
    holder.round().await.unwrap();
    house.clock.advance(Duration::from_secs(50));
    house.clock.advance(Duration::from_secs(9));
    assert!(holder.round().await.is_ok());
    house.begin_authorizations(1, house.clock.now().minus(DAY)).await;
    assert_eq!(other.round().await.unwrap(), 0, "the lease was renewed");
    assert_eq!(holder.round().await.unwrap(), 1);
}
