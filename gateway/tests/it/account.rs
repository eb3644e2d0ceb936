//! Connected apps: a person sees what they let in, and ends it.

use serde_json::json;
use shared::clock::Clock as _;
use standin::demo;

use crate::harness::{Browser, Form, Reply, World};

/// Signs in without a client.
async fn signed_in(browser: &Browser<'_>) -> Reply {
    let page = browser.get("/account").await;
    page.assert_is_a_page(200);
    let leaving = browser.post("/account/sign-in", &Form::default()).await;
    leaving.assert_is_a_page(200);
    let back = browser.sign_in_at_peaka(&leaving.link()).await;
    let reply = browser.get(&back).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/account"), "{reply:?}");
    let page = browser.get("/account").await;
    page.assert_is_a_page(200);
    page
}

fn form(page: &Reply, action: &str) -> Form {
    Form::of([("token", page.hidden("token").as_str()), ("action", action)])
}

#[tokio::test]
async fn a_person_sees_their_own_apps_and_ends_one() {
    let world = World::start().await;
    let first = world.connect().await;
    world.pass(60);
    let second = world.connect().await;
    let grace = Browser::of(&world, &demo::PEOPLE[1]);
    assert!(signed_in(&grace).await.body.contains("No app is connected"));

    let browser = Browser::new(&world);
    let page = signed_in(&browser).await;
    for shown in [
        "Claude",
        "claude.ai",
        "Unverified",
        "Known: Anthropic",
        "Make changes",
        "All my projects",
        "just now",
    ] {
        assert!(page.body.contains(shown), "{shown} is not in {}", page.body);
    }
    assert!(page.body.contains(" · 127.0.0.1<"), "one address looks like one: {}", page.body);
    let session = page.hidden("session");
    // Not by anybody else, not from elsewhere, not without the page's token.
    let good = form(&page, "end").with("session", &session);
    let grace_page = grace.get("/account").await;
    let stolen = form(&grace_page, "end").with("session", &session);
    let nothing = grace.post("/account", &stolen).await;
    assert_eq!(nothing.header("location"), "/account?ended=0");
    grace.post("/account", &good).await.assert_is_a_page(400);
    browser.post("/account", &good.with("token", "x")).await.assert_is_a_page(400);
    browser.post("/account", &good.without("token")).await.assert_is_a_page(400);
    browser.post_from("/account", &good, &[("sec-fetch-site", "cross-site")]).await.assert_is_a_page(403);
    Browser::new(&world).post("/account", &good).await.assert_is_a_page(400);
    world.assert_alive(&first).await;
    world.assert_alive(&second).await;

    let ended = browser.post("/account", &good).await;
    assert_eq!((ended.status, ended.header("location")), (303, "/account?ended=1"));
    // The newest comes first.
    world.assert_over(&second.client, &second.tokens).await;
    world.assert_alive(&first).await;
    let page = browser.get(ended.header("location")).await;
    assert!(
        page.body.contains("Disconnected.") && page.body.contains("You disconnected Claude."),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn what_was_decided_is_listed_and_forgotten() {
    let world = World::start().await;
    let browser = Browser::new(&world);
    for redirect_uri in ["https://claude.ai/api/mcp/auth_callback", "https://app.example/callback"] {
        let metadata = json!({"client_name": "An app", "redirect_uris": [redirect_uri]});
        let request = world.client(&metadata).await.request(&world);
        browser.code(&request, &Browser::all().with("remember", "yes")).await;
        world.pass(60);
    }
    let page = browser.get("/account").await;
    page.assert_is_a_page(200);
    for shown in ["Remembered decisions", "https://app.example", "Forget all"] {
        assert!(page.body.contains(shown), "{shown} is not in {}", page.body);
    }
    // The newest comes first. Nobody else forgets it.
    let one = form(&page, "forget_one").with("entry", &page.hidden("entry"));
    let grace = Browser::of(&world, &demo::PEOPLE[1]);
    let stolen = form(&signed_in(&grace).await, "forget_one").with("entry", &page.hidden("entry"));
    assert_eq!(grace.post("/account", &stolen).await.status, 303);
    assert_eq!(world.database.count("remembered_consents").await, 2);
    assert_eq!(browser.post("/account", &one).await.header("location"), "/account");
    let page = browser.get("/account").await;
    let (has, had) = ("https://claude.ai", "https://app.example");
    assert!(page.body.contains(has) && !page.body.contains(had), "{}", page.body);
    assert!(!page.body.contains("Forget all"), "{}", page.body);
    assert_eq!(browser.post("/account", &form(&page, "forget")).await.status, 303);
    assert!(!browser.get("/account").await.body.contains("Remembered decisions"));
}

#[tokio::test]
async fn all_end_at_once_and_what_is_under_way_does_not_begin() {
    let world = World::start().await;
    let connected = world.connect().await;
    let browser = Browser::new(&world);
    let code = browser.code_for(&connected.client).await;
    let page = browser.get("/account").await;
    let reply = browser.post("/account", &form(&page, "end_all")).await;
    assert_eq!(reply.header("location"), "/account?ended=1");
    world.assert_over(&connected.client, &connected.tokens).await;
    assert_eq!(world.redeem(&connected.client.redemption(&code)).await.error(), "400 invalid_grant");
}

#[tokio::test]
async fn a_page_that_lay_too_long_ends_nothing() {
    let world = World::start().await;
    let connected = world.connect().await;
    let browser = Browser::new(&world);
    let page = signed_in(&browser).await;
    world.pass(60 * 60);
    browser.post("/account", &form(&page, "end_all")).await.assert_is_a_page(400);
    assert_eq!(world.refresh(&connected.client, &connected.tokens.refresh).await.status, 200);
}

#[tokio::test]
async fn signing_out_is_for_this_browser_and_the_way_back_is_not_repeatable() {
    let world = World::start().await;
    let browser = Browser::new(&world);
    browser.get("/account").await;
    let leaving = browser.post("/account/sign-in", &Form::default()).await;
    let back = browser.sign_in_at_peaka(&leaving.link()).await;
    let other = Browser::new(&world);
    other.get("/account").await;
    other.get(&back).await.assert_is_a_page(403);
    browser.get(&back).await.assert_is_a_page(400);
    let page = signed_in(&browser).await;
    assert_eq!(browser.post("/account", &form(&page, "sign_out")).await.status, 303);
    assert!(browser.get("/account").await.body.contains("Sign in with Peaka"));
}

#[tokio::test]
async fn a_theft_is_told() {
    let world = World::start().await;
    let connected = world.connect().await;
    let mut newest = connected.tokens.clone();
    for _ in 0..2 {
        newest = crate::harness::Tokens::of(&world.refresh(&connected.client, &newest.refresh).await);
    }
    assert_eq!(world.refresh(&connected.client, &connected.tokens.refresh).await.status, 400);
    let page = signed_in(&Browser::new(&world)).await;
    assert!(page.body.contains("somebody may have copied it"), "{}", page.body);
    assert!(page.body.contains("perhaps by a thief"), "{}", page.body);
}

/// Whoever stole something must not be able to push the notice of it off the page.
#[tokio::test]
async fn a_theft_is_told_whatever_happened_since() {
    let world = World::start().await;
    world.connect().await;
    let now = world.clock.now().millis();
    for (kind, times) in [("refresh_reused", 1), ("session_began", 40), ("refreshed", 300)] {
        world
            .database
            .run(&format!(
                "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {times})
                 INSERT INTO audit_events (id, at_ms, kind, subject, client_name)
                 SELECT '{kind}' || n, {now}, '{kind}', subject, 'An app' FROM n, sessions"
            ))
            .await;
        world.pass(60);
    }
    let page = signed_in(&Browser::new(&world)).await;
    assert!(page.body.contains("somebody may have copied it"), "{}", page.body);
    assert!(page.body.contains("perhaps by a thief"), "{}", page.body);
}

#[tokio::test]
async fn use_is_counted_by_tool_where_the_tool_is_known() {
    let world = World::start().await;
    let connected = world.connect().await;
    let bearer = format!("Bearer {}", connected.tokens.access);
    let checked = [
        ("authorization", bearer.as_str()),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "peaka_list_projects"),
    ];
    for _ in 0..3 {
        assert_eq!(world.mcp_with(&checked).await.status, 200);
    }
    world.mcp(&connected.tokens.access).await;
    // Written every few seconds.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while world.database.count("calls").await < 2 {
        assert!(std::time::Instant::now() < deadline, "nothing was written");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let page = signed_in(&Browser::new(&world)).await;
    assert!(page.body.contains("<code>peaka_list_projects</code> <span>3</span>"), "{}", page.body);
    assert!(page.body.contains("1 requests of which"), "{}", page.body);
}
