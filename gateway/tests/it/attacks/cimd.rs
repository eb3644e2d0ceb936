//! Rows 54 to 60: clients that describe themselves at an address of their own.

use std::{io::Write as _, time::Duration};

use futures_util::future::join_all;
use serde_json::json;
use tempfile::NamedTempFile;
use tokio::net::TcpListener;

use super::assert_unchanged;
use crate::{
    cimd::host::{Act, Host, ID, NAME, answer, document, ok},
    harness::{Browser, Client, Form, Reply, World},
};

/// A gateway that may fetch the documents of one host, and that host.
struct Site {
    world: World,
    host: Host,
    _authority: NamedTempFile,
}

impl Site {
    async fn with(host: Host, variables: &[(&str, &str)], in_this_process: bool) -> Self {
        let mut authority = NamedTempFile::new().unwrap();
        authority.write_all(&host.authority).unwrap();
        let private = format!("{NAME}={},closed.example=127.0.0.1:1", host.address);
        let mut all = vec![
            ("GATEWAY_CIMD_PRIVATE_HOSTS", private.as_str()),
            ("GATEWAY_CIMD_CA_FILE", authority.path().to_str().unwrap()),
        ];
        all.extend(variables);
        let world = if in_this_process {
            World::start_with(&all).await
        } else {
            World::start_process_with(&all).await
        };
        Self { world, host, _authority: authority }
    }

    async fn doing(act: impl Fn(usize) -> Act + Send + Sync + 'static) -> Self {
        Self::with(Host::start(act).await, &[], false).await
    }

    async fn answering(bytes: Vec<u8>) -> Self {
        Self::doing(move |_| Act::Send(bytes.clone())).await
    }

    async fn ask(&self) -> Reply {
        Browser::new(&self.world).ask(&client(ID).request(&self.world)).await
    }
}

fn client(id: &str) -> Client {
    Client { id: id.to_owned(), secret: None, redirect_uri: "https://client.example/cb".to_owned() }
}

/// None of these ids is followed to anywhere.
async fn none_is_fetched(world: &World, ids: &[String]) {
    let before = world.database.dump().await;
    let replies = ids.iter().map(|id| async move {
        let reply = Browser::new(world).ask(&client(id).request(world)).await;
        assert_eq!(reply.status, 400, "{id}: {reply:?}");
        reply.assert_is_a_page(400);
    });
    join_all(replies).await;
    assert_unchanged(world, &before, "a client id").await;
}

/// Names that lead inside are shown with a resolver of our own in `cimd/addresses.rs`, each without a connection.
#[tokio::test]
async fn row_54_addresses_inside() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let ports = format!("443,{port}");
    let world = World::start_process_with(&[("GATEWAY_CIMD_PORTS", &ports)]).await;
    let ids: Vec<String> = [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "0",
        "\u{2460}\u{2461}\u{2466}.0.0.1",
        "localhost",
        "localhost.",
        "[::1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[::127.0.0.1]",
        "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
        "[fe80::5efe:127.0.0.1]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "198.18.0.1",
        "192.0.0.1",
        "240.0.0.1",
        "224.0.0.1",
        "[fc00::1]",
        "[fe80::1]",
        "kubernetes.default.svc.cluster.local",
    ]
    .iter()
    .flat_map(|host| [format!("https://{host}:{port}/client.json"), format!("https://{host}/client.json")])
    .collect();
    none_is_fetched(&world, &ids).await;
    let nobody = tokio::time::timeout(Duration::from_millis(200), listener.accept()).await;
    assert!(nobody.is_err(), "somebody connected");
}

/// That a name is pinned to the address that was judged is shown with a resolver of our own in `cimd/addresses.rs`.
#[tokio::test]
async fn row_55_redirects_and_proxies() {
    let bait = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = format!("http://{}/", bait.local_addr().unwrap());
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let site = Site::answering(answer(status, &format!("location: {to}\r\n"), "")).await;
        site.ask().await.assert_is_a_page(400);
        assert_eq!(site.host.requests(), 1, "{status}");
    }
    let host = Host::answering(ok("", &document(json!({})))).await;
    let proxies = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"].map(|name| (name, to.as_str()));
    let site = Site::with(host, &proxies, false).await;
    site.ask().await.assert_is_a_page(200);
    assert_eq!(site.host.requests(), 1);
    let nobody = tokio::time::timeout(Duration::from_millis(200), bait.accept()).await;
    assert!(nobody.is_err(), "somebody followed, or used the proxy");
}

/// `{}`, packed.
const GZIP: &[u8] = &[31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 171, 174, 5, 0, 67, 191, 166, 163, 2, 0, 0, 0];

#[tokio::test]
async fn row_56_documents_that_are_too_much() {
    let large = document(json!({"x": "x".repeat(5121)}));
    let good = document(json!({}));
    let acts: Vec<Act> = vec![
        Act::Send(ok("", &large)),
        Act::Repeat(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
                .to_vec(),
            b"5\r\n     \r\n".to_vec(),
        ),
        Act::Send(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1073741824\r\n\r\n{}"
                .to_vec(),
        ),
        // Nothing is unpacked, so there is no bomb.
        Act::Send(
            [
                &b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n\r\n"[..],
                GZIP,
            ]
            .concat(),
        ),
        Act::Hold(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n".to_vec()),
        Act::Mute,
        Act::Send(ok("", &format!("{}{}", "[".repeat(2000), "]".repeat(2000)))),
        Act::Send(ok("", &good.replacen('{', "{\"client_id\":\"https://evil.example/x\",", 1))),
        Act::Send(answer("204 No Content", "", "")),
        Act::Send(answer("304 Not Modified", "", "")),
        Act::Send(answer("404 Not Found", "content-type: application/json\r\n", &good)),
        Act::Send(answer("200 OK", "content-type: text/html\r\n", &good)),
        Act::Send(ok("", &document(json!({"client_id": ID.to_uppercase()})))),
        Act::Send(ok("", &document(json!({"client_id": format!("{ID}/")})))),
        Act::Send(ok("", &document(json!({"client_secret": "x"})))),
        Act::Send(ok("", &document(json!({"token_endpoint_auth_method": "client_secret_post"})))),
    ];
    let count = acts.len();
    let fine = ok("", &good);
    let site = Site::doing(move |n| acts.get(n).cloned().unwrap_or(Act::Send(fine.clone()))).await;
    let before = site.world.database.dump().await;
    for n in 0..count {
        let asked = tokio::time::timeout(Duration::from_secs(8), site.ask()).await;
        let reply = asked.unwrap_or_else(|_| panic!("document {n} took too long"));
        assert_eq!(reply.status, 400, "document {n}: {reply:?}");
    }
    assert_unchanged(&site.world, &before, "a bad document").await;
    // No failure is remembered, and many who ask at once share a fetch.
    let fetched = site.host.connections();
    let all = join_all((0..64).map(|_| site.ask())).await;
    assert!(all.iter().all(|reply| reply.status == 200));
    assert_eq!(site.host.connections(), fetched + 1);
}

#[tokio::test]
async fn row_57_ids_that_are_no_addresses() {
    let site = Site::answering(ok("", &document(json!({})))).await;
    let ids: Vec<String> = [
        "http://client.example/app/client.json",
        "https://client.example",
        "https://client.example/",
        "https://client.example/app/../client.json",
        "https://client.example/./client.json",
        "https://client.example/%2e%2e/client.json",
        "https://client.example/app/client.json#x",
        "https://client.example/app/client.json?x=1",
        "https://user@client.example/app/client.json",
        "https://client.example@evil.example/client.json",
        "HTTPS://client.example/app/client.json",
    ]
    .map(str::to_owned)
    .to_vec();
    none_is_fetched(&site.world, &ids).await;
    assert_eq!(site.host.connections(), 0);
    let id = site.world.register().await.id;
    assert!(id.starts_with("pkm_client_"), "a registered id cannot be taken for an address: {id}");
}

/// In this process, since a document is remembered for a minute at least and only a test's clock is that quick.
#[tokio::test]
async fn row_58_a_document_that_changes() {
    let changed = json!({"client_name": "Renamed", "redirect_uris": ["https://client.example/new"]});
    let (old, new) = (ok("", &document(json!({}))), ok("", &document(changed)));
    let host = Host::start(move |n| Act::Send(if n == 0 { old.clone() } else { new.clone() })).await;
    let site = Site::with(host, &[], true).await;
    let browser = Browser::new(&site.world);
    let request = client(ID).request(&site.world);
    browser.code(&request, &Browser::all()).await;
    site.world.pass(2 * 24 * 60 * 60);
    // The old redirect URI is refused, and with the new one the person is asked again, under the new name.
    browser.ask(&request).await.assert_is_a_page(400);
    let page = browser.ask(&request.with("redirect_uri", "https://client.example/new")).await;
    page.assert_is_a_page(200);
    assert!(page.body.contains("Renamed") && !page.body.contains("code="), "{}", page.body);
}

#[tokio::test]
async fn row_59_logos() {
    let logo =
        json!({"logo_uri": "https://client.example/logo.svg", "client_uri": "https://client.example/"});
    let site = Site::answering(ok("", &document(logo))).await;
    let browser = Browser::new(&site.world);
    let request: Form = client(ID).request(&site.world);
    let page = browser.ask(&request).await;
    page.assert_is_a_page(200);
    let consent = browser.to_consent(&request).await;
    for page in [page, consent] {
        assert!(!page.body.contains("logo") && !page.body.contains("<img"), "{}", page.body);
        assert!(!page.header("content-security-policy").contains("client.example"));
    }
    assert_eq!(site.host.requests(), 1, "the document and nothing else was fetched");
}

#[tokio::test]
async fn row_60_what_a_failure_tells() {
    let acts = [
        Act::Send(answer("404 Not Found", "", "")),
        Act::Send(answer("500 Internal Server Error", "", "")),
        Act::Send(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()),
        Act::Send(Vec::new()),
        Act::Mute,
    ];
    let site = Site::doing(move |n| acts.get(n).cloned().unwrap_or(Act::Mute)).await;
    let mut told = Vec::new();
    let closed = "https://closed.example/client.json";
    for id in [ID, ID, ID, ID, ID, closed] {
        let began = std::time::Instant::now();
        let reply = Browser::new(&site.world).ask(&client(id).request(&site.world)).await;
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(2200), "quicker than others: {took:?}");
        let reference = reply.body.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
        told.push((reply.status, reply.body.replace(&reference, "")));
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:#?}");
}
