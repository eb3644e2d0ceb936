//! Mail to people: of a new connection and of a theft, once, again where the server was away, and with nothing in it that a
//! client could abuse.

mod sink;
mod tls;

use serde_json::json;

use self::sink::{Sink, Tls};
use crate::{
    harness::{Browser, Tokens, World},
    replicas::{
        self,
        cluster::{Cluster, Redis},
        process::free_port,
    },
};

const FROM: &str = "Peaka <no-reply@peaka.example>";
const DONE: &str = "mail_deliveries WHERE done_at_ms IS NOT NULL";
const WAITING: &str = "mail_deliveries WHERE done_at_ms IS NULL";

async fn world(url: &str) -> World {
    World::start_with(&[("GATEWAY_MAIL_URL", url), ("GATEWAY_MAIL_FROM", FROM)]).await
}

async fn world_of(sink: &Sink) -> World {
    world(&format!("smtp://127.0.0.1:{}", sink.port)).await
}

/// A try is noted after it was answered; until then, time must not pass.
async fn noted(world: &World, rows: &str, number: i64) {
    while world.database.count(rows).await != number {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_person_is_told_of_a_connection_and_of_a_theft() {
    let mut sink = Sink::start().await;
    let world = world(&format!("smtp://peaka:p%40ss@127.0.0.1:{}", sink.port)).await;
    let connected = world.connect().await;
    let began = sink.next().await;
    assert_eq!(began.to, ["ada@demo.peaka.local"]);
    assert_eq!(began.header("To"), "ada@demo.peaka.local");
    assert_eq!(began.header("From"), FROM);
    assert_eq!(began.header("Subject"), "An app was connected to your Peaka account");
    assert_eq!(began.header("Auto-Submitted"), "auto-generated");
    assert_eq!(began.header("Date"), "Fri, 15 Jan 2027 08:00:00 +0000");
    let told = [
        "an app was connected to your Peaka account ada@demo.peaka.local.",
        "App: unverified, calls itself “Claude”\n",
        "It may: See your data catalog, Run queries, Make changes\n",
        "Where: In all your projects\n",
        "When: 2027-01-15 08:00 UTC\n",
        "From: 127.0.0.1\n",
        &format!("\n{}\n", world.url("/account")),
    ];
    for part in told {
        assert!(began.text.contains(part), "{part}: {}", began.text);
    }
    let mut newest = connected.tokens.clone();
    for _ in 0..2 {
        newest = Tokens::of(&world.refresh(&connected.client, &newest.refresh).await);
    }
    assert_eq!(world.refresh(&connected.client, &connected.tokens.refresh).await.status, 400);
    let theft = sink.next().await;
    assert_eq!(theft.to, ["ada@demo.peaka.local"]);
    assert_eq!(theft.header("Subject"), "Security: an app was disconnected from your Peaka account");
    assert!(theft.text.contains("an old token of it was used again"), "{}", theft.text);
    assert_ne!(began.header("Message-ID"), theft.header("Message-ID"));
    noted(&world, DONE, 2).await;
    assert!(sink.is_empty());
    for mail in [&began, &theft] {
        assert!(mail.header("Message-ID").ends_with("@peaka.example>"), "{mail:?}");
        assert!(!mail.text.contains("pkm_"), "{}", mail.text);
    }
    // "\0peaka\0p@ss"
    assert!(sink.said().contains(&"AUTH PLAIN AHBlYWthAHBAc3M=".to_owned()), "{:?}", sink.said());
}

#[tokio::test]
async fn a_person_is_told_in_their_language() {
    let mut sink = Sink::start().await;
    let world = world_of(&sink).await;
    let client = world.register().await;
    let browser = Browser::new(&world);
    browser.get("/?lang=tr").await;
    let code = browser.code_for(&client).await;
    Tokens::of(&world.post("/oauth/token", &client.redemption(&code)).await);
    let mail = sink.next().await;
    assert!(mail.text.contains("Peaka hesabınıza bir uygulama bağlandı."), "{}", mail.text);
    // "Peaka hesabınıza …": not in ASCII, so encoded (RFC 2047).
    assert!(mail.header("Subject").contains("=?utf-8?b?"), "{mail:?}");
}

#[tokio::test]
async fn while_the_server_is_away_nobody_waits_and_the_mail_comes_later() {
    let port = free_port();
    let world = world(&format!("smtp://127.0.0.1:{port}")).await;
    let connected = world.connect().await;
    noted(&world, WAITING, 1).await;
    world.assert_alive(&connected).await;
    let mut sink = Sink::at(port, Tls::Never).await;
    world.pass(6);
    assert_eq!(sink.next().await.to, ["ada@demo.peaka.local"]);
    noted(&world, DONE, 1).await;
    assert!(sink.is_empty());
}

#[tokio::test]
async fn what_is_refused_for_now_is_tried_again() {
    let mut sink = Sink::start().await;
    let world = world(&format!("smtp://peaka:pass@127.0.0.1:{}", sink.port)).await;
    // A wrong password is the operator's to mend: no mail is lost by it.
    sink.refuse("AUTH", "535 5.7.8 no");
    sink.refuse("RCPT", "451 4.7.1 later");
    world.connect().await;
    for (tries, pause) in [(1, 6), (2, 11)] {
        noted(&world, &format!("{WAITING} AND attempts = {tries}"), 1).await;
        assert!(sink.is_empty());
        world.pass(pause);
    }
    sink.next().await;
    noted(&world, DONE, 1).await;
}

#[tokio::test]
async fn what_is_refused_for_good_is_given_up() {
    let mut sink = Sink::start().await;
    let world = world_of(&sink).await;
    sink.refuse("RCPT", "550 5.1.1 no such user");
    world.connect().await;
    noted(&world, DONE, 1).await;
    let answer = world.http.get(format!("{}/metrics", world.internal)).send().await.unwrap();
    let counted = answer.text().await.unwrap();
    let line = "gateway_notices_total{way=\"mail\",outcome=\"given_up\"} 1";
    assert!(counted.contains(line), "{counted}");
    world.pass(2 * 60 * 60);
    world.connect().await;
    sink.next().await;
    noted(&world, DONE, 2).await;
    assert!(sink.is_empty(), "what was given up came after all");
}

#[tokio::test]
async fn what_cannot_be_told_for_a_day_is_given_up() {
    let world = world(&format!("smtp://127.0.0.1:{}", free_port())).await;
    world.connect().await;
    noted(&world, WAITING, 1).await;
    world.pass(24 * 60 * 60 - 2);
    noted(&world, DONE, 1).await;
}

#[tokio::test]
async fn a_name_gets_nothing_into_a_mail_but_itself() {
    let mut sink = Sink::start().await;
    let world = world_of(&sink).await;
    let name = "Evil\r\nBcc: grace@demo.peaka.local\r\n\r\nsee https://evil.example/x or www.evil.example";
    let metadata = json!({"client_name": name, "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"]});
    let client = world.client(&metadata).await;
    let code = Browser::new(&world).code_for(&client).await;
    Tokens::of(&world.post("/oauth/token", &client.redemption(&code)).await);
    let mail = sink.next().await;
    assert_eq!(mail.to, ["ada@demo.peaka.local"]);
    assert!(!mail.header.iter().any(|line| line.to_lowercase().contains("bcc")), "{mail:?}");
    assert!(mail.text.contains("Evil Bcc"), "{}", mail.text);
    for link in ["grace@", "evil.example"] {
        assert!(!mail.text.contains(link), "{link}: {}", mail.text);
    }
    assert_eq!(mail.text.matches("://").count(), 1, "{}", mail.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_tell_once() {
    const SESSIONS: i64 = 6;
    let mut sink = Sink::start().await;
    let url = format!("smtp://127.0.0.1:{}", sink.port);
    let mail = [("GATEWAY_MAIL_URL", url.as_str()), ("GATEWAY_MAIL_FROM", FROM)];
    let cluster = Cluster::start_with(Redis::Without, &mail).await;
    let client = replicas::client::Client::register(&cluster.http, &cluster.a.url).await;
    let [a, b] = cluster.urls();
    let mut browser = replicas::browser::Browser::new(&cluster, &[&a, &b]);
    for n in 0..SESSIONS {
        browser.tokens(&client, if n % 2 == 0 { &a } else { &b }).await;
    }
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..SESSIONS {
        ids.insert(sink.next().await.header("Message-ID").to_owned());
    }
    assert_eq!(ids.len(), usize::try_from(SESSIONS).unwrap());
    while cluster.number("SELECT COUNT(*) FROM mail_deliveries WHERE done_at_ms IS NOT NULL").await
        != SESSIONS
    {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(sink.is_empty(), "one came twice");
}
