//! The identity that the backend gets: whose it is, and how long it lives.

use shared::{
    assertion::{Identity, Projects},
    scope::Scopes,
};
use standin::demo::PEOPLE;

use super::headers::verified;
use crate::{
    harness::{Browser, Client, NOW, World},
    mcp::claims,
};

#[tokio::test]
async fn the_identity_is_the_persons_the_clients_and_the_sessions() {
    let world = World::start().await;
    for (person, picked, projects) in [
        (&PEOPLE[0], "all", Projects::All),
        (&PEOPLE[1], "some", Projects::Only([standin::demo::PROJECT.to_owned()].into())),
    ] {
        let client: Client = world.register().await;
        let fields = Browser::all().with("projects", picked).with("project", standin::demo::PROJECT);
        let code = Browser::of(&world, person).code(&client.request(&world), &fields).await;
        let tokens = world.tokens(&client, &code).await;
        let before = world.backend.seen().len();
        world.mcp(&tokens.access).await;
        let seen = world.backend.only(before);
        let identity = verified(&world, seen.header("x-peaka-identity").unwrap()).await;
        let session_id = claims(&tokens.access)["sid"].as_str().unwrap().to_owned();
        let expected = Identity {
            subject: person.user_id(),
            session_id,
            client_id: client.id,
            scopes: Scopes::ALL,
            projects,
        };
        assert_eq!(identity, expected);
    }
}

#[tokio::test]
async fn the_identity_lives_for_a_minute_at_the_most_and_is_signed_anew_in_time() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    let mut headers = Vec::new();
    for wait in [0, 9, 1, 60] {
        world.pass(wait);
        let before = world.backend.seen().len();
        world.mcp(&token).await;
        headers.push(world.backend.only(before).header("x-peaka-identity").unwrap().to_owned());
    }
    assert_eq!(headers[0], headers[1]);
    assert_ne!(headers[1], headers[2]);
    assert_ne!(headers[2], headers[3]);
    let claims = claims(&headers[3]);
    assert_eq!(claims["iat"], NOW.seconds() + 70);
    assert_eq!(claims["exp"], NOW.seconds() + 130);
    assert_eq!(claims["aud"], "peaka-mcp-backend");
}
