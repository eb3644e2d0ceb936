//! What is not a well-formed form costs nobody anything.

use crate::harness::{Browser, Form, Reply, World};

async fn code_form(world: &World) -> Form {
    let client = world.register().await;
    client.redemption(&Browser::new(world).code_for(&client).await)
}

#[tokio::test]
async fn a_parameter_that_comes_twice_is_refused() {
    let world = World::start().await;
    let form = code_form(&world).await;
    let before = world.database.dump().await;
    for name in ["grant_type", "client_id", "code", "code_verifier", "redirect_uri"] {
        for value in [form.get(name), "other"] {
            assert_eq!(world.redeem(&form.and(name, value)).await.error(), "400 invalid_request", "{name}");
        }
    }
    assert_eq!(world.database.dump().await, before);
    assert_eq!(world.redeem(&form).await.status, 200);
}

#[tokio::test]
async fn parameters_in_the_query_are_not_looked_at() {
    let world = World::start().await;
    let form = code_form(&world).await;
    let in_query = world.post(&format!("/oauth/token?{}", form.encode()), &Form::default()).await;
    assert_eq!(in_query.error(), "400 invalid_request");
    let beside = world.post(&format!("/oauth/token?{}", form.encode()), &form.without("code")).await;
    assert_eq!(beside.error(), "400 invalid_request");
    let get = world.get(&format!("/oauth/token?{}", form.encode())).await;
    assert_eq!((get.status, get.header("allow")), (405, "POST"));
    assert_eq!(world.redeem(&form).await.status, 200);
}

#[tokio::test]
async fn only_the_grants_of_the_metadata_are_known() {
    let world = World::start().await;
    let form = code_form(&world).await;
    for grant in
        ["password", "implicit", "urn:ietf:params:oauth:grant-type:token-exchange", "AUTHORIZATION_CODE"]
    {
        assert_eq!(
            world.redeem(&form.with("grant_type", grant)).await.error(),
            "400 unsupported_grant_type",
            "{grant}"
        );
    }
    // These are known, and are not for a client that registered itself without them.
    for grant in ["client_credentials", "urn:ietf:params:oauth:grant-type:device_code"] {
        let reply = world.redeem(&form.with("grant_type", grant)).await;
        assert_eq!(reply.error(), "400 unauthorized_client", "{grant}");
    }
    assert_eq!(world.redeem(&form.without("grant_type")).await.error(), "400 invalid_request");
    assert_eq!(world.redeem(&form.with("grant_type", "")).await.error(), "400 invalid_request");
    assert_eq!(world.redeem(&form).await.status, 200);
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused() {
    let world = World::start().await;
    let form = code_form(&world).await;
    let send = async |kind: Option<&str>, body: String| {
        let mut request = world.http.post(world.url("/oauth/token")).body(body);
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        Reply::of(request.send().await.unwrap()).await
    };
    for kind in [
        None,
        Some("application/json"),
        Some("text/plain"),
        Some("multipart/form-data; boundary=x"),
        Some("application/x-www-form-urlencodedx"),
    ] {
        assert_eq!(send(kind, form.encode()).await.error(), "400 invalid_request", "{kind:?}");
    }
    let kind = Some("Application/X-WWW-Form-URLEncoded; charset=utf-8");
    assert_eq!(send(kind, String::new()).await.error(), "400 invalid_request");
    assert_eq!(send(kind, "\u{0}%%%=&&&===%ff".to_owned()).await.error(), "400 invalid_request");
    assert_eq!(
        send(kind, format!("{}&x={}", form.encode(), "x".repeat(17_000))).await.error(),
        "413 invalid_request"
    );
    let keys: String = (0..2000).map(|n| format!("{n}=1&")).collect();
    assert_eq!(send(kind, format!("{keys}{}", form.encode())).await.error(), "400 invalid_request");
    assert_eq!(send(kind, form.encode()).await.status, 200);
}

#[tokio::test]
async fn an_error_says_what_to_do_in_plain_ascii() {
    let world = World::start().await;
    let form = code_form(&world).await;
    let reply = world.redeem(&form.with("code", "<script>\"\\\u{e9}")).await;
    insta::assert_snapshot!(reply.body, @r#"{"error":"invalid_grant","error_description":"the authorization code is unknown, used or expired; start the authorization again"}"#);
    let reply = world.redeem(&form.with("resource", "\"")).await;
    insta::assert_snapshot!(reply.body, @r#"{"error":"invalid_target","error_description":"the resource is not one of this server; omit it or send the one from the metadata"}"#);
    assert_eq!(reply.header("content-type"), "application/json");
}
