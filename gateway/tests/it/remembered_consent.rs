//! A decision that its person wants to be remembered spares them the second page, never the first, and never a press:
//! nobody gets a code silently.

mod asked_again;
mod clients;

use standin::demo;

use crate::harness::{Browser, Client, Form, Reply, World};
use crate::mcp::claims;

/// As a browser says whose person typed the address, or whose client opened it from outside.
const BY_THEMSELVES: [(&str, &str); 1] = [("sec-fetch-site", "none")];

fn address(request: &Form) -> String {
    format!("/oauth/authorize?{}", request.encode())
}

async fn ask(browser: &Browser<'_>, request: &Form) -> Reply {
    let page = browser.get_from(&address(request), &BY_THEMSELVES).await;
    page.assert_is_a_page(200);
    page
}

fn says_so(page: &Reply) -> bool {
    page.body.contains("You have allowed this app before") && page.body.contains("Allow again")
}

fn remembering() -> Form {
    Browser::all().with("remember", "yes")
}

/// A client that ada let in, and wants to be remembered.
async fn remembered(world: &World) -> (Client, Browser<'_>, Form) {
    let client = world.register().await;
    let browser = Browser::new(world);
    let request = client.request(world);
    browser.code(&request, &remembering()).await;
    assert_eq!(world.database.count("remembered_consents").await, 1);
    (client, browser, request)
}

/// The page does not say so, and its button leads to the question.
async fn is_asked(browser: &Browser<'_>, request: &Form) {
    let page = ask(browser, request).await;
    assert!(!says_so(&page), "{}", page.body);
    assert_leads_to_the_question(&browser.go_on(&page).await);
}

fn assert_leads_to_the_question(reply: &Reply) {
    if reply.status == 200 {
        // The person must sign in before that.
        assert!(reply.link().contains("/oauth2/authorize?"), "{reply:?}");
    } else {
        assert_eq!(reply.status, 303, "{reply:?}");
        assert!(reply.header("location").starts_with("/oauth/consent?"), "{reply:?}");
    }
}

#[tokio::test]
async fn one_press_gives_what_was_given_before_and_nothing_more() {
    let world = World::start().await;
    let client = world.register().await;
    let browser = Browser::new(&world);
    let request = client.request(&world);
    let picked = Form::of([
        ("scope", "peaka:read"),
        ("scope", "peaka:query"),
        ("projects", "some"),
        ("project", demo::PROJECT),
        ("decision", "approve"),
        ("remember", "yes"),
    ]);
    browser.code(&request, &picked).await;
    let before = world.database.dump().await;
    let page = ask(&browser, &request).await;
    assert!(says_so(&page), "{}", page.body);
    for shown in ["Claude", "claude.ai", demo::PEOPLE[0].email, "See your data catalog", "Run queries", "(1)"]
    {
        assert!(page.body.contains(shown), "{shown} is not in {}", page.body);
    }
    assert!(!page.body.contains("Make changes"));
    // Looking is repeatable and writes nothing.
    ask(&browser, &request).await;
    assert_eq!(world.database.dump().await, before);

    let leaving = browser.go_on(&page).await;
    leaving.assert_is_a_page(200);
    assert_eq!(leaving.carries("state").unwrap(), "st/te");
    assert_eq!(leaving.carries("iss").unwrap(), world.origin);
    let given = claims(&world.tokens(&client, &leaving.carries("code").unwrap()).await.access);
    assert_eq!(given["scope"], "peaka:read peaka:query");
    assert_eq!(given["projects"], serde_json::json!([demo::PROJECT]));
    assert_eq!(given["sub"], demo::PEOPLE[0].user_id());

    // A narrower request gets no more than it asks for.
    let narrower = request.with("scope", "peaka:query");
    let leaving = browser.go_on(&ask(&browser, &narrower).await).await;
    let given = claims(&world.tokens(&client, &leaving.carries("code").unwrap()).await.access);
    assert_eq!(given["scope"], "peaka:query");
    // What was refused then is not asked about as if it were new, nor given.
    is_asked(&browser, &request.with("scope", "peaka:write")).await;
}

#[tokio::test]
async fn nothing_is_remembered_unasked() {
    let world = World::start().await;
    let client = world.register().await;
    let browser = Browser::new(&world);
    let consent = browser.to_consent(&client.request(&world)).await;
    assert!(consent.body.contains("name=\"remember\"") && !consent.body.contains("value=\"yes\" checked"));
    browser.decide(&consent, &Browser::all()).await.assert_is_a_page(200);
    assert_eq!(world.database.count("remembered_consents").await, 0);
    is_asked(&browser, &client.request(&world)).await;
}

/// GHSA-6x8h-498w-gv8c: another site sends the browser here, with a client that its person trusts.
#[tokio::test]
async fn whoever_is_sent_here_by_another_site_is_asked() {
    let world = World::start().await;
    let (_, browser, request) = remembered(&world).await;
    let before = world.database.dump().await;
    for headers in [
        &[][..],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "None")],
        &[("sec-fetch-site", "")],
        &[("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")],
        &[("sec-fetch-user", "?1")],
    ] {
        let page = browser.get_from(&address(&request), headers).await;
        page.assert_is_a_page(200);
        assert!(!says_so(&page), "{headers:?}");
        assert_eq!(world.database.dump().await, before, "{headers:?}");
        assert_leads_to_the_question(&browser.go_on(&page).await);
        world.database.run("DELETE FROM authorizations WHERE stage = 'signed_in'").await;
    }
}

#[tokio::test]
async fn only_the_button_of_that_page_in_that_browser_counts() {
    let world = World::start().await;
    let (_, browser, request) = remembered(&world).await;
    let page = ask(&browser, &request).await;
    let form = Form::of([("request", page.hidden("request").as_str())]);
    let before = world.database.dump().await;
    for headers in [
        &[][..],
        &[("sec-fetch-site", "cross-site"), ("origin", "null")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
    ] {
        browser.post_from("/oauth/authorize", &form, headers).await.assert_is_a_page(403);
    }
    let other = Browser::of(&world, &demo::PEOPLE[1]);
    other.ask(&request).await;
    other.post("/oauth/authorize", &form).await.assert_is_a_page(403);
    assert_eq!(world.database.dump().await, before);
    // An old browser that does not say where it comes from, and a person who wants to decide anew.
    let old = browser.post_from("/oauth/authorize", &form, &[("origin", &world.origin)]).await;
    assert_leads_to_the_question(&old);
    assert_leads_to_the_question(&browser.post("/oauth/authorize", &form.with("anew", "yes")).await);
    // A page that did not say so cannot be made to mean it.
    let plain = browser.ask(&request).await;
    assert_leads_to_the_question(&browser.go_on(&plain).await);
}
