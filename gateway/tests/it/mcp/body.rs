//! The body passes as it is, within its bounds, as one request.

use futures_util::stream;

use crate::harness::{Reply, World};

const MEBIBYTE: usize = 1024 * 1024;

#[tokio::test]
async fn it_passes_byte_for_byte() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    for body in ["{}", "", "not json at all \u{1f600}", " [1, 2]\r\n", &"x".repeat(4 * MEBIBYTE)] {
        let before = world.backend.seen().len();
        let request = world.http.post(world.url("/mcp")).bearer_auth(&token).body(body.to_owned());
        assert_eq!(request.send().await.unwrap().status(), 200);
        assert!(world.backend.only(before).body == body);
    }
}

#[tokio::test]
async fn one_that_is_too_large_is_refused() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    let announced = async |lines: &str| {
        let length = 4 * MEBIBYTE + 1;
        let head = format!("POST /mcp HTTP/1.1\r\nHost: {}\r\nContent-Length: {length}", world.host());
        world.raw(&format!("{head}\r\n{lines}\r\n")).await
    };
    // Not a byte of it is waited for.
    let answer = announced(&format!("Authorization: Bearer {token}\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("larger than 4 MiB"), "{answer}");
    // A stranger's is not even measured.
    let answer = announced("").await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert!(world.backend.seen().is_empty());
    // One that does not say how long it is.
    let chunks = stream::iter((0..65).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 64 * 1024])));
    let endless =
        world.http.post(world.url("/mcp")).bearer_auth(&token).body(reqwest::Body::wrap_stream(chunks));
    let reply = Reply::of(endless.send().await.unwrap()).await;
    assert_eq!((reply.status, reply.header("www-authenticate")), (413, ""), "{reply:?}");
    assert!(world.backend.seen().is_empty());
}

#[tokio::test]
async fn one_request_stays_one_request() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    let hidden = "POST /mcp HTTP/1.1\r\nHost: x\r\nX-Peaka-Identity: forged\r\nContent-Length: 2\r\n\r\n{}";
    let send = async |lines: &str, body: &str| {
        let head =
            format!("POST /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n", world.host());
        world.raw(&format!("{head}Connection: close\r\n{lines}\r\n\r\n{body}")).await
    };
    // Two lengths, or a coding that others read differently: refused.
    for lines in [
        "Content-Length: 2\r\nContent-Length: 3",
        "Content-Length: +2",
        "Content-Length: 2, 3",
        "Content-Length: 2 2",
        "Content-Length: -1",
        "Content-Length: 0x2",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: chunkedx",
        "Transfer-Encoding: x\r\n chunked",
        "Content-Length : 2",
        "X: a\r\n b: c\r\nContent-Length: 2",
    ] {
        let answer = send(lines, &format!("{{}}{hidden}")).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") || answer.is_empty(), "{lines} {answer}");
        assert!(world.backend.seen().is_empty(), "{lines}");
    }
    // Both: the coding counts (RFC 9112 §6.3), and the length does not travel on.
    for lines in
        ["Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5"]
    {
        let before = world.backend.seen().len();
        let answer = send(lines, &format!("2\r\n{{}}\r\n0\r\n\r\n{hidden}")).await;
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{lines} {answer}");
        if world.backend.seen().len() > before {
            let seen = world.backend.only(before);
            assert_eq!((seen.body.as_str(), seen.header("content-length")), ("{}", None));
        } else {
            assert!(answer.starts_with("HTTP/1.1 400 "), "{lines} {answer}");
        }
    }
    // A chunk that is cut short is no end of a request.
    let before = world.backend.seen().len();
    send("Transfer-Encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n").await;
    assert_eq!(world.backend.seen().len(), before);
}
