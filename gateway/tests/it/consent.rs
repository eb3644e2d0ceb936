//! The consent: one browser, one answer, never more than was asked.

use standin::{Fault, FaultKind, demo};

use crate::harness::{Browser, Form, Reply, World};
use crate::mcp::claims;

async fn tokens_for(world: &World, request_scope: &str, fields: &Form) -> serde_json::Value {
    let client = world.register().await;
    let code = Browser::new(world).code(&client.request(world).with("scope", request_scope), fields).await;
    claims(&world.tokens(&client, &code).await.access)
}

fn approve(pairs: &[(&str, &str)]) -> Form {
    Form::of(pairs.iter().copied().chain([("decision", "approve")]))
}

#[tokio::test]
async fn the_page_says_who_what_and_where() {
    let world = World::start().await;
    let browser = Browser::of(&world, &demo::PEOPLE[1]);
    let page = browser.to_consent(&world.register().await.request(&world).with("scope", "peaka:read")).await;
    for shown in ["Claude", "claude.ai", "grace@demo.peaka.local", "value=\"peaka:read\"", demo::PROJECT] {
        assert!(page.body.contains(shown), "{shown} is not in {}", page.body);
    }
    // Not offered: what was not asked for, and where she cannot go.
    for hidden in ["peaka:query", "peaka:write", demo::SINGLE_PROJECT, "http://", "https://"] {
        assert!(!page.body.contains(hidden), "{hidden} is in {}", page.body);
    }
}

#[tokio::test]
async fn approving_gives_a_code_and_exactly_that() {
    let world = World::start().await;
    let client = world.register().await;
    let browser = Browser::new(&world);
    let consent = browser.to_consent(&client.request(&world)).await;
    let leaving = browser.decide(&consent, &Browser::all()).await;
    leaving.assert_is_a_page(200);
    let code = leaving.carries("code").unwrap();
    assert!(code.starts_with("pkm_ac_"));
    let expected = Form::of([("code", code.as_str()), ("state", "st/te"), ("iss", &world.origin)]).encode();
    assert_eq!(leaving.link(), format!("{}?{expected}", client.redirect_uri));
    assert!(leaving.body.contains("http-equiv=\"refresh\""));
    let claims = claims(&world.tokens(&client, &code).await.access);
    assert_eq!(claims["scope"], "peaka:read peaka:query peaka:write");
    assert_eq!(claims["sub"], demo::PEOPLE[0].user_id());
    assert!(claims.get("projects").is_none());
}

#[tokio::test]
async fn refusing_is_told_to_the_client() {
    let world = World::start().await;
    let browser = Browser::new(&world);
    let consent = browser.to_consent(&world.register().await.request(&world)).await;
    let leaving = browser.decide(&consent, &Browser::all().with("decision", "deny")).await;
    leaving.assert_is_a_page(200);
    assert_eq!(leaving.carries("error").unwrap(), "access_denied");
    assert_eq!(leaving.carries("iss").unwrap(), world.origin);
    assert_eq!(leaving.carries("state").unwrap(), "st/te");
    assert_eq!(leaving.carries("code"), None);
    assert_eq!(world.database.count("clients").await, 0);
    browser.decide(&consent, &Browser::all()).await.assert_is_a_page(400);
}

#[tokio::test]
async fn what_is_ticked_is_what_is_granted_and_never_more_than_asked() {
    let world = World::start().await;
    let all = "peaka:read peaka:query peaka:write";
    let one = approve(&[("scope", "peaka:read"), ("projects", "all")]);
    assert_eq!(tokens_for(&world, all, &one).await["scope"], "peaka:read");
    let strange =
        approve(&[("scope", "peaka:query"), ("scope", "peaka:admin"), ("scope", "*"), ("projects", "all")]);
    assert_eq!(tokens_for(&world, all, &strange).await["scope"], "peaka:query");
    // A form that somebody widened.
    assert_eq!(tokens_for(&world, "peaka:read", &Browser::all()).await["scope"], "peaka:read");
}

#[tokio::test]
async fn the_picked_projects_are_bound_into_the_session() {
    let world = World::start().await;
    let some = approve(&[
        ("scope", "peaka:read"),
        ("projects", "some"),
        ("project", demo::PROJECT),
        ("project", demo::SINGLE_PROJECT),
    ]);
    let claims = tokens_for(&world, "peaka:read", &some).await;
    let mut expected = [demo::PROJECT, demo::SINGLE_PROJECT];
    expected.sort_unstable();
    assert_eq!(claims["projects"], serde_json::json!(expected));
    // Ticked, but "all" was chosen.
    let all = approve(&[("scope", "peaka:read"), ("projects", "all"), ("project", demo::PROJECT)]);
    assert!(tokens_for(&world, "peaka:read", &all).await.get("projects").is_none());
}

#[tokio::test]
async fn a_form_that_says_nothing_grants_nothing_and_can_be_answered_again() {
    let world = World::start().await;
    let browser = Browser::new(&world);
    let consent =
        browser.to_consent(&world.register().await.request(&world).with("scope", "peaka:read")).await;
    let before = world.database.dump().await;
    let many: Vec<String> = (0..101).map(|n| format!("p{n}")).collect();
    let too_many = many
        .iter()
        .fold(approve(&[("scope", "peaka:read"), ("projects", "some")]), |form, id| form.and("project", id));
    for form in [
        approve(&[("projects", "all")]),
        approve(&[("scope", "peaka:write"), ("projects", "all")]),
        approve(&[("scope", "peaka:read")]),
        approve(&[("scope", "peaka:read"), ("projects", "none")]),
        approve(&[("scope", "peaka:read"), ("projects", "some")]),
        approve(&[("scope", "peaka:read"), ("projects", "some"), ("project", "a b")]),
        approve(&[("scope", "peaka:read"), ("projects", "some"), ("project", "../x")]),
        too_many,
        Browser::all().without("decision"),
        Browser::all().with("decision", "maybe"),
    ] {
        browser.decide(&consent, &form).await.assert_is_a_page(400);
        assert_eq!(world.database.dump().await, before, "{form:?}");
    }
    browser.decide(&consent, &Browser::all()).await.assert_is_a_page(200);
}

#[tokio::test]
async fn only_the_page_in_this_browser_decides() {
    let world = World::start().await;
    let request = world.register().await.request(&world);
    let (browser, other) = (Browser::new(&world), Browser::new(&world));
    let consent = browser.to_consent(&request).await;
    other.to_consent(&request).await;
    let before = world.database.dump().await;
    let form = Browser::all().with("authorization", &consent.hidden("authorization"));
    let unchanged = async |reply: Reply, status| {
        reply.assert_is_a_page(status);
        assert_eq!(world.database.dump().await, before);
    };
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
        &[("origin", "https://evil.example")],
        &[],
    ] {
        unchanged(browser.post_from("/oauth/consent", &form, headers).await, 403).await;
    }
    unchanged(other.post("/oauth/consent", &form).await, 400).await;
    unchanged(Browser::new(&world).post("/oauth/consent", &form).await, 403).await;
    unchanged(browser.post("/oauth/consent", &form.with("authorization", "unknown")).await, 400).await;
    unchanged(browser.post("/oauth/consent", &form.without("authorization")).await, 400).await;
    // Looking decides nothing, whatever the address says.
    let looked = browser.get(&format!("/oauth/consent?{}", form.without("scope").encode())).await;
    unchanged(looked, 200).await;
    unchanged(
        other.get(&format!("/oauth/consent?authorization={}", consent.hidden("authorization"))).await,
        400,
    )
    .await;
}

#[tokio::test]
async fn two_presses_give_one_code() {
    let world = World::start().await;
    let client = world.register().await;
    let browser = Browser::new(&world);
    let consent = browser.to_consent(&client.request(&world)).await;
    let all = Browser::all();
    let replies = futures_util::future::join_all((0..8).map(|_| browser.decide(&consent, &all))).await;
    let codes: Vec<String> = replies
        .iter()
        .filter(|reply| reply.status == 200)
        .map(|reply| reply.carries("code").unwrap())
        .collect();
    assert_eq!(codes.len(), 1);
    replies.iter().filter(|reply| reply.status != 200).for_each(|reply| reply.assert_is_a_page(400));
    world.tokens(&client, &codes[0]).await;
}

#[tokio::test]
async fn a_consent_page_that_lay_too_long_is_refused() {
    let world = World::start().await;
    let browser = Browser::new(&world);
    let consent = browser.to_consent(&world.register().await.request(&world)).await;
    world.pass(15 * 60);
    let before = world.database.dump().await;
    browser.decide(&consent, &Browser::all()).await.assert_is_a_page(400);
    assert_eq!(world.database.dump().await, before);
}

#[tokio::test]
async fn the_page_comes_even_when_the_projects_cannot_be_listed() {
    let world = World::start().await;
    let client = world.register().await;
    world.peaka.faults().add(Fault::new(FaultKind::Internal).on("/organizations").times(99));
    let browser = Browser::new(&world);
    let page = browser.to_consent(&client.request(&world)).await;
    assert!(page.body.contains("could not be listed") && !page.body.contains("value=\"some\""));
    let leaving = browser.decide(&page, &Browser::all()).await;
    world.tokens(&client, &leaving.carries("code").unwrap()).await;
}

#[tokio::test]
async fn an_outage_is_a_page_that_says_so_and_costs_nothing() {
    let world = World::start().await;
    let client = world.register().await;
    let browser = Browser::new(&world);
    let consent = browser.to_consent(&client.request(&world)).await;
    world.database.goes_away().await;
    let reply = browser.decide(&consent, &Browser::all()).await;
    reply.assert_is_a_page(503);
    assert_eq!(reply.header("retry-after"), "2");
    assert!(!reply.body.contains("authorizations") && !reply.body.contains("SQL"), "{}", reply.body);
    world.database.comes_back().await;
    browser.decide(&consent, &Browser::all()).await.assert_is_a_page(200);
}
