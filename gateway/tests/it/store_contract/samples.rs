//! Rows to begin with.

use std::time::Duration;

use gateway::{
    domain::{
        authorization::{AuthorizationRequest, Person},
        client::{AuthMethod, ClientMetadata, ClientOrigin},
        interaction::Interaction,
        pkce::CodeChallenge,
        redirect::RedirectUri,
        session::Session,
    },
    store::{Browser, Store},
};
use shared::{
    assertion::Projects,
    clock::Timestamp,
    scope::{Scope, Scopes},
};

pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
/// Quotes, SQL, wildcards, a backslash, right-to-left, an emoji of several code points, a decomposed accent.
pub(crate) const ODD: &str = "O'Hara \"x\"; DROP TABLE sessions;-- %_ \\ $1 ?1 עברית 👩‍👩‍👧 e\u{301} \u{1}\n\t";

pub(crate) fn later() -> Timestamp {
    NOW.plus(HOUR)
}

pub(crate) fn metadata(name: &str) -> ClientMetadata {
    ClientMetadata {
        name: name.to_owned(),
        redirect_uris: vec![RedirectUri::parse("https://client.example/cb?a=%27").unwrap()],
        auth: AuthMethod::Basic,
        refreshes: true,
        device: false,
        dpop: false,
        pushes: false,
        keys: None,
    }
}

pub(crate) fn request(state: Option<&str>) -> AuthorizationRequest {
    AuthorizationRequest {
        client_id: "client".to_owned(),
        client: metadata(ODD),
        client_origin: ClientOrigin::Document { host: "client.example".to_owned() },
        redirect_uri: RedirectUri::parse("https://client.example/cb?a=%27").unwrap(),
        state: state.map(str::to_owned),
        code_challenge: CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap(),
        dpop_jkt: None,
        scopes: Scopes::from(Scope::Read),
        interaction: Interaction::default(),
        device: None,
    }
}

pub(crate) fn browser(name: Option<&str>) -> Browser {
    Browser {
        person: Person {
            subject: "subject".to_owned(),
            email: ODD.to_owned(),
            name: name.map(str::to_owned),
        },
        credential_id: "credential".to_owned(),
        signed_in_at: NOW,
    }
}

pub(crate) fn only(ids: &[&str]) -> Projects {
    Projects::Only(ids.iter().map(|id| (*id).to_owned()).collect())
}

pub(crate) fn session(id: &str) -> Session {
    Session {
        id: id.to_owned(),
        subject: "subject".to_owned(),
        email: ODD.to_owned(),
        client_id: "client".to_owned(),
        client_name: "long ".repeat(20_000),
        redirect_uri: "http://127.0.0.1:1/cb".to_owned(),
        scopes: Scopes::ALL,
        projects: Projects::All,
        resource: "https://mcp.example/mcp".to_owned(),
        generation: 1,
        created_at: NOW,
        refreshed_at: NOW,
        key_thumbprint: None,
        credential_id: "credential".to_owned(),
        idle_expires_at: NOW.plus(HOUR),
        expires_at: NOW.plus(2 * HOUR),
        revoked_at: None,
    }
}

/// A session comes into being only by a code: here is one.
pub(crate) async fn add_session(store: &Store, session: &Session) {
    let handle = format!("authorization of {}", session.id);
    let code = format!("code of {}", session.id);
    let life = (NOW, later());
    store.begin_signed_in(&handle, &request(None), "browser", &browser(None), life).await.unwrap();
    let signed_in = store.signed_in(&handle, "browser", NOW).await.unwrap().unwrap();
    let approval = gateway::domain::authorization::Approval {
        scopes: session.scopes,
        projects: session.projects.clone(),
        terms: gateway::domain::authorization::Terms::default(),
    };
    assert!(store.approve(&signed_in, &approval, &code, (NOW, later())).await.unwrap());
    let coded = store.coded(&code).await.unwrap().unwrap();
    assert!(store.redeem(&coded, session, NOW).await.unwrap());
}
