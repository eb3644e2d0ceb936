//! What hosts answer, and what becomes of it.

use std::time::Duration;

use gateway::cimd::{CimdError, FetchPolicy, InvalidDocument, Unreachable};
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::Instant};

use super::host::{Act, Host, ID, answer, document, documents, hasty, id, ok};

const GENERIC: &str =
    "the client's metadata document could not be fetched from its client_id, or is not valid";

async fn refusal(host: &Host) -> CimdError {
    host.documents().fetch(&id(ID)).await.unwrap_err()
}

async fn refusal_of(answer: Vec<u8>) -> CimdError {
    refusal(&Host::answering(answer).await).await
}

async fn refusal_of_document(changes: Value) -> CimdError {
    refusal_of(ok("", &document(changes))).await
}

#[tokio::test]
async fn a_document_is_read_and_what_it_leaves_out_has_its_default() {
    let host = Host::answering(ok(
        "",
        &document(json!({
            "client_uri": "https://client.example/",
            "logo_uri": "https://client.example/logo.png",
            "scope": "peaka:read peaka:query",
            "application_type": "native",
            "software_id": "s",
            "software_version": null,
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "none",
            "contacts": ["someone@client.example"],
            "jwks": {"keys": []},
            "something": {"else": 1},
        })),
    ))
    .await;
    let document = host.documents().fetch(&id(ID)).await.unwrap();
    assert_eq!(document.client_id, ID);
    assert_eq!(document.client_name.as_deref(), Some("Example App"));
    assert_eq!(document.logo_uri.as_deref(), Some("https://client.example/logo.png"));
    assert_eq!(document.redirect_uris, ["http://127.0.0.1/callback", "https://client.example/cb"]);
    assert_eq!(document.grant_types, ["authorization_code", "refresh_token"]);
    assert_eq!(document.response_types, ["code"]);
    assert_eq!(document.scope.as_deref(), Some("peaka:read peaka:query"));
    assert_eq!(document.software_version, None);
    assert_eq!(host.requests(), 1, "the logo is not fetched");

    let stored = serde_json::to_string(&document).unwrap();
    assert_eq!(serde_json::from_str::<gateway::cimd::ClientDocument>(&stored).unwrap(), document);
}

#[tokio::test]
async fn json_under_a_name_of_its_own_and_with_parameters_is_json() {
    for content_type in ["application/json; charset=utf-8", "Application/Client+JSON"] {
        let headers = format!("content-type: {content_type}\r\n");
        let host = Host::answering(answer("200 OK", &headers, &document(json!({})))).await;
        host.documents().fetch(&id(ID)).await.unwrap();
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = elsewhere.local_addr().unwrap();
    for status in [301, 302, 303, 307, 308] {
        for location in [format!("https://{target}/"), format!("http://{target}/"), "/other".to_owned()] {
            let host =
                Host::answering(answer(&format!("{status} R"), &format!("location: {location}\r\n"), ""))
                    .await;
            let error = refusal(&host).await;
            assert!(
                matches!(error, CimdError::Unreachable(Unreachable::Status(s)) if s == status),
                "{error}"
            );
            assert_eq!(host.requests(), 1);
        }
    }
    let visit = tokio::time::timeout(Duration::ZERO, elsewhere.accept()).await;
    assert!(visit.is_err(), "someone came");
}

#[tokio::test]
async fn only_status_200_is_a_document() {
    let body = document(json!({}));
    for (status, gone) in [
        (201, false),
        (203, false),
        (206, false),
        (403, false),
        (404, true),
        (410, true),
        (429, false),
        (503, false),
    ] {
        let error =
            refusal_of(answer(&format!("{status} S"), "content-type: application/json\r\n", &body)).await;
        assert_eq!(matches!(error, CimdError::Invalid(InvalidDocument::Gone(_))), gone, "{status}: {error}");
        assert_eq!(
            matches!(error, CimdError::Unreachable(Unreachable::Status(_))),
            !gone,
            "{status}: {error}"
        );
        assert_eq!(error.public_message(), GENERIC);
    }
    let nothing = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_vec();
    assert!(matches!(refusal_of(nothing).await, CimdError::Unreachable(Unreachable::Status(204))));
}

#[tokio::test]
async fn a_document_of_five_kibibytes_is_read_and_one_byte_more_is_not() {
    let padded = |size: usize| {
        let empty = document(json!({"padding": ""}));
        document(json!({"padding": "x".repeat(size - empty.len())}))
    };
    let host = Host::answering(ok("", &padded(5120))).await;
    host.documents().fetch(&id(ID)).await.unwrap();
    let error = refusal_of(ok("", &padded(5121))).await;
    assert!(matches!(error, CimdError::Invalid(InvalidDocument::TooLarge)), "{error}");
}

#[tokio::test]
async fn a_body_without_end_is_left_after_five_kibibytes() {
    let head = |framing: &str| {
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{framing}\r\n").into_bytes()
    };
    for (head, rest) in [
        (head("transfer-encoding: chunked\r\n"), b"10\r\n{              {\r\n".to_vec()),
        (head("content-length: 1073741824\r\n"), vec![b'['; 1024]),
        (head("connection: close\r\n"), vec![b' '; 1024]),
    ] {
        let host = Host::start(move |_| Act::Repeat(head.clone(), rest.clone())).await;
        let error = refusal(&host).await;
        assert!(matches!(error, CimdError::Invalid(InvalidDocument::TooLarge)), "{error}");
    }
}

#[tokio::test]
async fn a_host_that_does_not_finish_is_given_up() {
    let started =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{".to_vec();
    for act in [Act::Mute, Act::Hold(vec![]), Act::Hold(b"HTTP/1.1 200 ".to_vec()), Act::Hold(started)] {
        let host = Host::start(move |_| act.clone()).await;
        let error = documents(hasty(host.policy())).fetch(&id(ID)).await.unwrap_err();
        assert!(matches!(error, CimdError::Unreachable(Unreachable::Timeout)), "{error}");
    }
}

#[tokio::test]
async fn what_is_not_declared_or_not_json_is_refused() {
    for headers in
        ["", "content-type: text/html\r\n", "content-type: text/json\r\n", "content-type: image/svg+xml\r\n"]
    {
        let error = refusal_of(answer("200 OK", headers, &document(json!({})))).await;
        assert!(matches!(error, CimdError::Invalid(InvalidDocument::ContentType)), "{headers}: {error}");
    }
    let twice = document(json!({})).replacen('{', r#"{"redirect_uris":["https://evil.example/cb"],"#, 1);
    let deep = format!(r#"{{"client_id":"{ID}","x":{}{}}}"#, "[".repeat(2000), "]".repeat(2000));
    for body in
        ["", "{", "[]", "null", "\"x\"", "\u{1f}\u{8b}\u{8}", &twice, &deep, &(document(json!({})) + "{}")]
    {
        let error = refusal_of(ok("", body)).await;
        assert!(matches!(error, CimdError::Invalid(InvalidDocument::Json(_))), "{body}: {error}");
    }
    let packed = refusal_of(ok("content-encoding: gzip\r\n", "\u{1f}\u{8b}\u{8}")).await;
    assert!(matches!(packed, CimdError::Invalid(InvalidDocument::Json(_))), "{packed}");
}

#[tokio::test]
async fn a_document_about_another_client_is_refused() {
    for other in [
        json!("https://client.example/app/Client.json"),
        json!("https://client.example/app/client.json/"),
        json!("https://client.example:443/app/client.json"),
        json!("https://CLIENT.example/app/client.json"),
        json!(" https://client.example/app/client.json"),
        json!(null),
        json!(7),
    ] {
        let error = refusal_of_document(json!({"client_id": other})).await;
        assert!(matches!(error, CimdError::Invalid(InvalidDocument::OtherClient)), "{other}: {error}");
        assert_eq!(error.public_message(), GENERIC);
    }
}

#[tokio::test]
async fn clients_have_no_secrets_and_are_told_so() {
    for changes in [
        json!({"client_secret": "s3cr3t"}),
        json!({"client_secret": null}),
        json!({"client_secret_expires_at": 0}),
        json!({"client_secret": "s", "token_endpoint_auth_method": "none"}),
    ] {
        let error = refusal_of_document(changes.clone()).await;
        assert!(matches!(error, CimdError::Invalid(InvalidDocument::Secret(_))), "{changes}: {error}");
        assert!(error.public_message().contains("client_secret"));
    }
    for method in
        ["client_secret_post", "client_secret_basic", "client_secret_jwt", "tls_client_auth", "NONE"]
    {
        let error = refusal_of_document(json!({"token_endpoint_auth_method": method})).await;
        assert!(matches!(error, CimdError::Invalid(InvalidDocument::Authentication(_))), "{method}: {error}");
        assert!(error.public_message().contains(method));
    }
}

#[tokio::test]
async fn members_have_their_types_and_redirect_uris_are_there() {
    for changes in [
        json!({"redirect_uris": null}),
        json!({"redirect_uris": []}),
        json!({"redirect_uris": "https://client.example/cb"}),
        json!({"redirect_uris": ["https://client.example/cb", 1]}),
        json!({"client_name": ["x"]}),
        json!({"grant_types": "authorization_code"}),
        json!({"token_endpoint_auth_method": ["none"]}),
    ] {
        let error = refusal_of_document(changes.clone()).await;
        assert!(matches!(error, CimdError::Invalid(InvalidDocument::Members(_))), "{changes}: {error}");
    }
}

#[tokio::test]
async fn a_host_without_the_right_certificate_is_not_believed() {
    let host = Host::answering(ok("", &document(json!({})))).await;
    let unknown_authority = FetchPolicy { extra_authorities: None, ..host.policy() };
    let error = documents(unknown_authority).fetch(&id(ID)).await.unwrap_err();
    assert!(matches!(error, CimdError::Unreachable(Unreachable::Failed(_))), "{error}");

    let mut other_name = host.policy();
    other_name.private_hosts.insert("other.example".to_owned(), host.address);
    let error = documents(other_name).fetch(&id("https://other.example/x")).await.unwrap_err();
    assert!(matches!(error, CimdError::Unreachable(Unreachable::Failed(_))), "{error}");
    assert_eq!(host.requests(), 0);
}

#[tokio::test]
async fn failures_look_alike_and_come_no_sooner_than_the_floor() {
    let floor = Duration::from_millis(400);
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let not_there = Host::answering(answer("404 Not Found", "", "")).await;
    let no_json = Host::answering(ok("", "no")).await;
    let mut no_port = not_there.policy();
    no_port.private_hosts.insert("client.example".to_owned(), closed);
    for policy in [not_there.policy(), no_json.policy(), no_port] {
        let documents = documents(FetchPolicy { failure_floor: floor, ..policy });
        let asked = Instant::now();
        let error = documents.fetch(&id(ID)).await.unwrap_err();
        assert!(asked.elapsed() >= floor, "{error}");
        assert_eq!(error.public_message(), GENERIC);
    }
}
