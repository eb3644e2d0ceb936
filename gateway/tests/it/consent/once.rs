//! One browser decides, once, in time.

use crate::harness::{Browser, Reply, World};

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
