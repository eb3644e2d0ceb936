//! The page where the code is typed.

use super::house::House;
use crate::harness::{Browser, Form, World};

#[tokio::test]
async fn a_link_may_bring_the_code_along_but_the_person_presses() {
    let house = House::start().await;
    let code = house.begin().await["user_code"].as_str().unwrap().to_owned();
    let browser = Browser::new(&house.world);
    let before = house.world.database.dump().await;
    let page = browser.get(&format!("/oauth/device?user_code={code}")).await;
    page.assert_is_a_page(200);
    assert!(page.body.contains(&format!("value=\"{code}\"")), "{page:?}");
    assert!(!page.body.contains("Headless"), "nothing is told before");
    let planted = browser.get("/oauth/device?user_code=%22%3E%3Cscript%3E").await;
    assert!(!planted.body.contains("<script") && planted.body.contains("value=\"\""), "{planted:?}");
    assert_eq!(house.world.database.dump().await, before);
    // However it is typed.
    let sloppy = code.to_lowercase().replace('-', " ");
    house.enter(&browser, &sloppy).await.assert_is_a_page(200);
}

#[tokio::test]
async fn only_a_page_of_ours_posts_the_code() {
    let house = House::start().await;
    let code = house.begin().await["user_code"].as_str().unwrap().to_owned();
    let browser = Browser::new(&house.world);
    let form = Form::of([("user_code", code.as_str())]);
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[],
    ] {
        let reply = browser.post_from("/oauth/device", &form, headers).await;
        reply.assert_is_a_page(403);
        assert!(!reply.body.contains("Headless"), "{headers:?}");
    }
    house.enter(&browser, &code).await.assert_is_a_page(200);
}

#[tokio::test]
async fn codes_cannot_be_tried_in_numbers() {
    let house = House::start().await;
    let code = house.begin().await["user_code"].as_str().unwrap().to_owned();
    let browser = Browser::new(&house.world);
    let before = house.world.database.dump().await;
    for number in 0..30 {
        let guess = if number % 2 == 0 { "BBBB-BBBB" } else { "nonsense" };
        house.enter(&browser, guess).await.assert_is_a_page(400);
    }
    // The right one, too.
    let limited = house.enter(&browser, &code).await;
    limited.assert_is_a_page(429);
    assert_ne!(limited.header("retry-after"), "");
    assert_eq!(house.world.database.dump().await, before);
    house.world.pass(61);
    house.enter(&browser, &code).await.assert_is_a_page(200);
}

#[tokio::test]
async fn the_page_is_bound_to_its_browser() {
    let house = House::start().await;
    let code = house.begin().await["user_code"].as_str().unwrap().to_owned();
    let page = house.enter(&Browser::new(&house.world), &code).await;
    let other = Browser::new(&house.world);
    other.get("/oauth/device").await.assert_is_a_page(200);
    house.enter(&other, &code).await.assert_is_a_page(200);
    other.go_on(&page).await.assert_is_a_page(403);
    assert_eq!(house.world.database.count("authorizations").await, 0);
}

/// Whoever has many neighbourhoods of one site does not take the tries of everybody else.
#[tokio::test]
async fn nor_from_the_whole_of_a_site() {
    let world = World::start_with(&[("GATEWAY_TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    let browser = Browser::new(&world);
    let guess = Form::of([("user_code", "BBBB-BBBB")]);
    let try_from = async |address: String| {
        let headers = [("sec-fetch-site", "same-origin"), ("x-forwarded-for", address.as_str())];
        browser.post_from("/oauth/device", &guess, &headers).await.status
    };
    for number in 0..120 {
        assert_eq!(try_from(format!("2001:db8:1:{number:x}::1")).await, 400, "{number}");
    }
    assert_eq!(try_from("2001:db8:1:ffff::1".to_owned()).await, 429);
    assert_eq!(try_from("2001:db8:2::1".to_owned()).await, 400);
    for number in 0..120 {
        assert_eq!(try_from(format!("203.0.113.{number}")).await, 400, "{number}");
    }
    assert_eq!(try_from("203.0.113.200".to_owned()).await, 429);
}
