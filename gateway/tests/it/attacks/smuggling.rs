//! Row 48: requests that two parsers could read differently, byte by byte.

use super::world;
use crate::harness::World;

const HIDDEN: &str =
    "POST /mcp HTTP/1.1\r\nHost: x\r\nX-Peaka-Identity: forged\r\nContent-Length: 2\r\n\r\n{}";

/// With a good token, since otherwise nothing would pass anyway.
async fn send(world: &World, token: &str, head: &str, body: &str) -> String {
    let request = format!("{head}Authorization: Bearer {token}\r\nConnection: close\r\n\r\n{body}");
    world.raw(&request).await
}

#[tokio::test]
async fn row_48_smuggling() {
    let world = world().await;
    let token = world.connect().await.tokens.access;
    let host = format!("Host: {}\r\n", world.host());
    let line = "POST /mcp HTTP/1.1\r\n";
    let short = format!("{{}}{HIDDEN}");
    for (what, head) in [
        ("two lengths", format!("{line}{host}Content-Length: 2\r\nContent-Length: 3\r\n")),
        ("a signed length", format!("{line}{host}Content-Length: +2\r\n")),
        ("a negative length", format!("{line}{host}Content-Length: -1\r\n")),
        ("a list of lengths", format!("{line}{host}Content-Length: 2, 3\r\n")),
        ("lengths in a row", format!("{line}{host}Content-Length: 2 2\r\n")),
        ("a length in hexadecimal", format!("{line}{host}Content-Length: 0x2\r\n")),
        ("gzip, chunked", format!("{line}{host}Transfer-Encoding: gzip, chunked\r\n")),
        ("two codings", format!("{line}{host}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")),
        ("a coding that is not", format!("{line}{host}Transfer-Encoding: chunkedx\r\n")),
        ("a folded coding", format!("{line}{host}Transfer-Encoding: x\r\n chunked\r\n")),
        ("a folded line", format!("{line}{host}X: a\r\n b\r\nContent-Length: 2\r\n")),
        ("a space before the colon", format!("{line}{host}Content-Length : 2\r\n")),
        ("a zero byte", format!("{line}{host}X: a\0b\r\nContent-Length: 2\r\n")),
        ("two hosts", format!("{line}{host}{host}Content-Length: 2\r\n")),
        ("two different hosts", format!("{line}{host}Host: evil\r\nContent-Length: 2\r\n")),
        ("no host", format!("{line}Content-Length: 2\r\n")),
        (
            "another host in the target",
            format!("POST http://evil/mcp HTTP/1.1\r\n{host}Content-Length: 2\r\n"),
        ),
        ("a coding in HTTP/1.0", format!("POST /mcp HTTP/1.0\r\n{host}Transfer-Encoding: chunked\r\n")),
        ("no version", format!("POST /mcp\r\n{host}Content-Length: 2\r\n")),
        ("another version", format!("POST /mcp HTTP/3.0\r\n{host}Content-Length: 2\r\n")),
    ] {
        let answer = send(&world, &token, &head, &short).await;
        assert!(
            answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.0 400 ") || answer.is_empty(),
            "{what}: {answer}"
        );
        assert!(!answer.contains(" 200 "), "{what}: {answer}");
        assert!(world.backend.seen().is_empty(), "{what} reached the backend");
    }
    // Both, in both orders: the coding counts (RFC 9112 §6.3), the length does not travel on, and what follows is no
    // request, or it is refused.
    for lines in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    ] {
        let before = world.backend.seen().len();
        let body = format!("2\r\n{{}}\r\n0\r\n\r\n{HIDDEN}");
        let answer = send(&world, &token, &format!("{line}{host}{lines}"), &body).await;
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{lines}: {answer}");
        let seen = world.backend.seen();
        assert!(seen.len() <= before + 1, "{lines}");
        if seen.len() > before {
            let last = seen.last().unwrap();
            assert_eq!((last.body.as_str(), last.header("content-length")), ("{}", None), "{lines}");
        }
    }
    // Chunks that are no chunks.
    for body in
        ["zz\r\n{}\r\n0\r\n\r\n", "2;\n\r\n{}\r\n0\r\n\r\n", "-2\r\n{}\r\n0\r\n\r\n", "2\r\n{}0\r\n\r\n"]
    {
        let before = world.backend.seen().len();
        let head = format!("{line}{host}Transfer-Encoding: chunked\r\n");
        let answer = send(&world, &token, &head, body).await;
        let complete = world.backend.seen().len() - before;
        assert!(complete == 0 && !answer.contains(" 200 "), "{body:?}: {answer}");
    }
    // An upgrade is not followed, and what was sent behind it is a request of its own that has no token.
    let before = world.backend.seen().len();
    let upgrade = format!(
        "{line}{host}Authorization: Bearer {token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\n{{}}\
         POST /mcp HTTP/1.1\r\n{host}X-Peaka-Identity: forged\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    let answer = world.raw(&upgrade).await;
    assert!(!answer.contains(" 101 ") && answer.contains(" 401 "), "{answer}");
    assert_eq!(world.backend.seen().len(), before + 1);
    // Lines that end in a bare LF are one message or none.
    let before = world.backend.seen().len();
    let bare = format!(
        "POST /mcp HTTP/1.1\n{}\nAuthorization: Bearer {token}\nConnection: close\nContent-Length: 2\n\n{short}",
        host.trim_end()
    );
    let answer = world.raw(&bare).await;
    assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{answer}");
    assert!(world.backend.seen().len() <= before + 1);
    assert!(world.backend.seen().iter().all(|seen| seen.header("x-peaka-identity") != Some("forged")));
}
