//! Rows 61 to 63 and 66 to 69: more than a server should bear.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};

use super::{assert_unchanged, refused_registration, registered, world};
use crate::harness::{Answer, Reply, World};

const CALLBACK: &str = "https://client.example/cb";

#[tokio::test]
async fn row_61_registrations_without_end() {
    let world = World::start_process_with(&[("GATEWAY_TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    let before = world.database.dump().await;
    let register = |from: String| {
        let metadata = json!({"client_name": "x", "redirect_uris": [CALLBACK]});
        let request =
            world.http.post(world.url("/oauth/register")).header("x-forwarded-for", from).json(&metadata);
        async move { Reply::of(request.send().await.unwrap()).await }
    };
    // Ten thousand that succeed, as they come from everywhere, write nothing.
    let everywhere = stream::iter(0..10_000)
        .map(|n| register(format!("10.1.{}.{}", n / 256, n % 256)))
        .buffer_unordered(16)
        .map(|reply| u32::from(reply.status == 201))
        .fold(0, |sum, one| async move { sum + one });
    assert_eq!(everywhere.await, 10_000);
    assert_unchanged(&world, &before, "registering").await;
    let one_place = stream::iter(0..1000).map(|_| register("192.0.2.1".to_owned())).buffer_unordered(16);
    let (mut accepted, mut refused) = (0, 0);
    for reply in one_place.collect::<Vec<_>>().await {
        if reply.status == 429 {
            refused += 1;
            assert!((1..=60).contains(&reply.header("retry-after").parse::<u32>().unwrap()));
        } else {
            accepted += 1;
        }
    }
    assert!(accepted >= 600 && refused >= 1 && accepted <= 1200, "{accepted} {refused}");
    assert_unchanged(&world, &before, "registering").await;
}

#[tokio::test]
async fn row_62_registrations_that_are_hostile() {
    let world = world().await;
    for (name, value) in [
        ("redirect_uris", json!([CALLBACK, 1])),
        ("redirect_uris", json!((0..1000).map(|n| format!("https://c.example/{n}")).collect::<Vec<_>>())),
        ("grant_types", json!(["password", "implicit"])),
        ("response_types", json!(["token"])),
        ("scope", json!("*")),
        ("client_name", json!({"a": 1})),
        ("token_endpoint_auth_method", json!("client_secret_jwt")),
    ] {
        let mut metadata = json!({"redirect_uris": [CALLBACK]});
        metadata[name] = value;
        let error = refused_registration(&world, metadata).await;
        assert!(error.starts_with("400 invalid_") || error.starts_with("413 "), "{name}: {error}");
    }
    // A name is cut, what is not known is passed over, and nothing of it is fetched or kept.
    let odd = json!({
        "redirect_uris": [CALLBACK], "client_name": "x".repeat(9000), "unknown": [1, {"a": null}],
        "jwks_uri": "http://169.254.169.254/", "jwks": {"keys": [{"kty": "EC", "d": "private"}]},
    });
    let reply = world.register_with(&odd).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    assert!(reply.json()["client_name"].as_str().unwrap().len() <= 80);
    assert!(!reply.body.contains("private") && !reply.body.contains("169.254"), "{}", reply.body);
    for body in
        ["", "{", "null", "[]", "\u{0}", &format!("{{\"x\":{}{}}}", "[".repeat(7000), "]".repeat(7000))]
    {
        let request = world.http.post(world.url("/oauth/register")).body(body.to_owned());
        assert_eq!(
            Reply::of(request.send().await.unwrap()).await.error(),
            "400 invalid_client_metadata",
            "{body:.9}"
        );
    }
    let head =
        format!("POST /oauth/register HTTP/1.1\r\nHost: {}\r\nContent-Length: 1048576\r\n\r\n", world.host());
    let answer = world.raw(&format!("{head}{{\"client_name\":\"{}", "x".repeat(20_000))).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

/// That replicas share a count, and each goes on alone without Redis, is shown in `rate_limit.rs`; by person and session,
/// below.
#[tokio::test]
async fn row_63_limits_that_are_walked_around() {
    let unreachable = "redis://127.0.0.1:1/";
    let world = World::start_process_with(&[("GATEWAY_REDIS_URL", unreachable)]).await;
    let client = registered(&world, CALLBACK).await;
    let form = client.redemption("pkm_ac_guess");
    let mut refused = 0;
    for n in 0..400 {
        let claimed = [("x-forwarded-for", format!("198.51.100.{}", n % 250))];
        let claimed = claimed.each_ref().map(|(name, value)| (*name, value.as_str()));
        let reply = world.post_with("/oauth/token", &form, &claimed).await;
        if reply.status == 429 {
            refused += 1;
            assert!(!reply.header("retry-after").is_empty());
        }
    }
    assert!(
        (90..=110).contains(&refused),
        "claiming other addresses helped, or the limit was off: {refused}"
    );
    // Whoever has good ones is not locked out by it.
    let connected = world.connect().await;
    world.assert_alive(&connected).await;
    // One session refreshes so often and no more; it is asked to wait and loses nothing.
    let mut token = connected.tokens.refresh.clone();
    let mut waited = None;
    for _ in 0..700 {
        let reply = world.refresh(&connected.client, &token).await;
        if reply.status == 429 {
            waited = Some(reply.header("retry-after").to_owned());
            break;
        }
        token = reply.json()["refresh_token"].as_str().unwrap().to_owned();
    }
    assert!(waited.is_some_and(|seconds| !seconds.is_empty()), "a session was refreshed without end");
    world.assert_alive(&connected).await;
}

#[tokio::test]
async fn row_66_messages_that_are_too_large() {
    let world = world().await;
    let token = world.connect().await.tokens.access;
    let bearer = format!("Authorization: Bearer {token}");
    let answer = world.raw_mcp(&[&bearer, &format!("X: {}", "x".repeat(40_000)), "Connection: close"]).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let many: Vec<String> = (0..200).map(|n| format!("X-{n}: y")).collect();
    let lines: Vec<&str> =
        many.iter().map(String::as_str).chain([bearer.as_str(), "Connection: close"]).collect();
    assert!(world.raw_mcp(&lines).await.starts_with("HTTP/1.1 431 "));
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\n{bearer}\r\nContent-Length: 8000000\r\n\r\n",
        world.host()
    );
    assert!(world.raw(&head).await.starts_with("HTTP/1.1 413 "), "before it is read");
    assert!(world.backend.seen().is_empty());
    // The body is not the gateway's to read: a bomb of brackets costs it nothing.
    let deep = "[".repeat(100_000);
    let request = world.http.post(world.url("/mcp")).bearer_auth(&token).body(deep.clone());
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(world.backend.only(0).body, deep);
    // What is too large is refused as soon as that is known: not all of it is read, or even sent.
    let keys: String = (0..10_000).map(|n| format!("k{n}=1&")).collect();
    for (form, refusal) in [
        (&keys[..], "413"),
        (&keys[..16_000], "400"),
        (&"x=1&".repeat(4000), "400"),
        (&format!("code={}", "x".repeat(100_000)), "413"),
    ] {
        let head = format!(
            "POST /oauth/token HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n",
            world.host(),
            form.len()
        );
        let sent = &form[..form.len().min(20_000)];
        let answer = world.raw(&format!("{head}{sent}")).await;
        assert_eq!(&answer[9..12], refusal, "{answer}");
    }
    world.mcp(&token).await;
}

/// How long a connection stays open that sends this at once and then `drip` every half second.
async fn closed_after(world: &World, begin: &[u8], drip: &[u8]) -> Duration {
    let mut stream = TcpStream::connect(world.address()).await.unwrap();
    stream.write_all(begin).await.unwrap();
    let began = std::time::Instant::now();
    let (mut reader, mut writer) = stream.split();
    let mut answer = Vec::new();
    let dripping = async {
        loop {
            tokio::time::sleep(Duration::from_millis(500)).await;
            if !drip.is_empty() && writer.write_all(drip).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        _ = reader.read_to_end(&mut answer) => {}
        () = dripping => {}
        () = tokio::time::sleep(Duration::from_secs(40)) => panic!("still open: {}", String::from_utf8_lossy(begin)),
    }
    began.elapsed()
}

/// A header that comes byte by byte is cut after 75 seconds, which is shown with a shorter deadline where the loop is
/// tested (`shared/src/serve.rs`).
#[tokio::test]
async fn row_67_slow_clients() {
    let world = world().await;
    let token = world.connect().await.tokens.access;
    let process = world.process.as_ref().unwrap();
    let base = process.descriptors();
    let silent = closed_after(&world, b"", b"");
    let half_a_preface = closed_after(&world, b"PRI * HTTP/2.0\r\n", b"");
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nContent-Length: 1000\r\n\r\n{{",
        world.host()
    );
    let stalled_body = closed_after(&world, head.as_bytes(), b"");
    let form = format!(
        "POST /oauth/token HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\na",
        world.host()
    );
    let stalled_form = closed_after(&world, form.as_bytes(), b"");
    let idle: Vec<TcpStream> = stream::iter(0..500)
        .then(|_| TcpStream::connect(world.address()))
        .map(Result::unwrap)
        .collect()
        .await;
    let good = async {
        for _ in 0..20 {
            assert_eq!(world.mcp(&token).await.status, 200, "others are served meanwhile");
        }
    };
    let (silent, half_a_preface, stalled_body, stalled_form, ()) =
        tokio::join!(silent, half_a_preface, stalled_body, stalled_form, good);
    assert!(silent < Duration::from_secs(15), "{silent:?}");
    assert!(half_a_preface < Duration::from_secs(15), "{half_a_preface:?}");
    for body in [stalled_body, stalled_form] {
        assert!(body < Duration::from_secs(35), "{body:?}");
    }
    for mut stream in idle {
        let mut nothing = [0; 1];
        let closed = timeout(Duration::from_secs(15), stream.read(&mut nothing)).await;
        assert!(matches!(closed, Ok(Ok(0) | Err(_))), "an idle connection stays");
    }
    let left = process.descriptors().saturating_sub(base);
    assert!(left < 50, "{left} descriptors stay behind 500 connections");
}

/// An HTTP/2 frame (RFC 9113 §4.1).
fn frame(kind: u8, flags: u8, on: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &on.to_be_bytes(), payload].concat()
}

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;
const END_STREAM: u8 = 1;

/// Sends frames until the gateway has enough; `false` if it never has.
async fn is_cut_off(world: &World, frames: impl Fn(u32) -> Vec<u8>) -> bool {
    let mut stream = TcpStream::connect(world.address()).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let reading = tokio::spawn(async move {
        let mut sink = [0; 4096];
        while let Ok(1..) = reader.read(&mut sink).await {}
    });
    for n in 0..50_000 {
        if reading.is_finished() || writer.write_all(&frames(n)).await.is_err() {
            return true;
        }
    }
    timeout(Duration::from_secs(5), reading).await.is_ok()
}

#[tokio::test]
async fn row_68_http_2_abuse() {
    let world = world().await;
    let token = world.connect().await.tokens.access;
    let process = world.process.as_ref().unwrap();
    let before = process.resident();
    let host = world.host().to_owned();
    // GET / over http, by the static table (RFC 7541 appendix A), and the authority as a literal.
    let head = [&[0x82, 0x84, 0x86, 0x41, u8::try_from(host.len()).unwrap()], host.as_bytes()].concat();
    let rapid_reset = is_cut_off(&world, |n| {
        let on = 2 * n + 1;
        [frame(HEADERS, END_HEADERS | END_STREAM, on, &head), frame(RST_STREAM, 0, on, &8_u32.to_be_bytes())]
            .concat()
    });
    assert!(rapid_reset.await, "rapid reset");
    let continuations = is_cut_off(&world, |n| match n {
        0 => frame(HEADERS, 0, 1, &head),
        _ => frame(CONTINUATION, 0, 1, &[[0x40, 1, b'a', 1, b'b'].as_slice(); 100].concat()),
    });
    assert!(continuations.await, "continuations without end");
    // Pings are answered and no more than that: whoever does not read the answers is not read from either.
    let pings = timeout(Duration::from_secs(5), is_cut_off(&world, |_| frame(PING, 0, 0, &[0; 8])));
    let _ = pings.await;
    let settings = |_| frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0xff, 0xff]);
    let _ = timeout(Duration::from_secs(5), is_cut_off(&world, settings)).await;
    // Streams that are begun and left so: some are borne with, who goes on opening them is not.
    let streams = is_cut_off(&world, |n| frame(HEADERS, END_HEADERS, 2 * n + 1, &head));
    assert!(streams.await, "streams without end");
    // A kilobyte that says 'the same again' of a long field a thousand times (HPACK, RFC 7541 §7.3): 3.5 MB each.
    let bomb = [&head[..], &[0x40, 1, b'a', 0x7f, 0xad, 0x1a], &[b'x'; 3500], &[0xbe; 1000]].concat();
    let bombs = is_cut_off(&world, |n| frame(HEADERS, END_HEADERS | END_STREAM, 2 * n + 1, &bomb));
    let _ = timeout(Duration::from_secs(5), bombs).await;
    let grown = process.resident().saturating_sub(before);
    assert!(grown < 64, "{grown} MiB more than before");
    let upgrade = format!(
        "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
    );
    let answer = world.raw(&upgrade).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "no upgrade: {answer:.80}");
    assert_eq!(world.mcp(&token).await.status, 200, "others are served as before");
}

#[tokio::test]
async fn row_69_streams_that_are_left_open() {
    let world = world().await;
    let token = world.connect().await.tokens.access;
    let mut streams = Vec::new();
    let open = async || {
        let (events, receiver) = mpsc::channel::<String>(1);
        world.backend.next(Answer::Events(receiver));
        (events, world.http.post(world.url("/mcp")).bearer_auth(&token).body("{}").send().await.unwrap())
    };
    for n in 0..100 {
        let (events, response) = open().await;
        assert_eq!(response.status(), 200, "stream {n}");
        streams.push((events, response));
    }
    let reached = world.backend.seen().len();
    let crowded = world.mcp(&token).await;
    assert_eq!(crowded.status, 429, "{crowded:?}");
    assert!(!crowded.header("retry-after").is_empty());
    assert!(crowded.json()["error"]["message"].is_string());
    assert_eq!(world.backend.seen().len(), reached, "it was refused before the backend did anything");
    // Others are not concerned.
    let other = world.register().await;
    let code = crate::harness::Browser::of(&world, &standin::demo::PEOPLE[1]).code_for(&other).await;
    let others = world.tokens(&other, &code).await.access;
    assert_ne!(world.mcp(&others).await.status, 429);
    // A reader that goes away is a stream that ends, at the backend too.
    let (_senders, readers): (Vec<_>, Vec<_>) = streams.split_off(50).into_iter().unzip();
    drop(readers);
    world.backend.was_cancelled().await;
    let mut again = 429;
    for _ in 0..100 {
        again = world.mcp(&token).await.status;
        if again == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(again, 200, "the places are free again");
    // The end of the session is the end of its streams.
    let (events, mut response) = streams.pop().unwrap();
    events.send("data: 1\n\n".to_owned()).await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "data: 1\n\n");
    world
        .database
        .run("UPDATE sessions SET revoked_at_ms = (SELECT max(at_ms) FROM audit_events) + 1000")
        .await;
    let cut = timeout(Duration::from_secs(10), response.chunk()).await.expect("the stream goes on");
    assert!(cut.is_err(), "{cut:?}");
}
