//! Which clients with a metadata document an operator lets in.

use serde_json::json;

use crate::{
    cimd::{
        host::{Act, document, ok},
        site::Site,
    },
    harness::{Browser, World},
};

async fn site(variables: &[(&str, &str)]) -> Site {
    Site::start(vec![Act::Send(ok("", &document(json!({}))))], variables).await
}

async fn promised(world: &World) -> serde_json::Value {
    let document = world.get("/.well-known/oauth-authorization-server").await.json();
    document["client_id_metadata_document_supported"].clone()
}

#[tokio::test]
async fn who_is_not_refused_gets_to_the_page() {
    for variables in [
        &[][..],
        &[("GATEWAY_CIMD_ADMISSION", "open")],
        &[("GATEWAY_CIMD_ADMISSION", "open"), ("GATEWAY_CIMD_HOSTS", "other.example")],
        &[("GATEWAY_CIMD_ADMISSION", "listed"), ("GATEWAY_CIMD_HOSTS", "known, client.example")],
        &[("GATEWAY_CIMD_ADMISSION", "listed"), ("GATEWAY_CIMD_HOSTS", "client.example/app/")],
        &[("GATEWAY_CIMD_ADMISSION", "listed"), ("GATEWAY_CIMD_HOSTS", "client.example/app/client.json")],
        &[("GATEWAY_CIMD_ADMISSION", "report"), ("GATEWAY_CIMD_HOSTS", "other.example")],
    ] {
        let site = site(variables).await;
        let page = Browser::new(&site.world).ask(&site.client.request(&site.world)).await;
        page.assert_is_a_page(200);
        assert!(page.body.contains("Published by client.example"), "{variables:?}");
        assert_eq!(promised(&site.world).await, true, "{variables:?}");
    }
}

#[tokio::test]
async fn whoever_is_not_listed_is_told_what_to_do_and_nothing_is_fetched() {
    for hosts in
        ["known", "other.example", "client.example/other", "client.example/ap", "client.example:8443"]
    {
        let site = site(&[("GATEWAY_CIMD_ADMISSION", "listed"), ("GATEWAY_CIMD_HOSTS", hosts)]).await;
        let before = site.world.database.dump().await;
        let page = Browser::new(&site.world).ask(&site.client.request(&site.world)).await;
        page.assert_is_a_page(400);
        for told in ["client.example", "GATEWAY_CIMD_HOSTS"] {
            assert!(page.body.contains(told), "{hosts}: {}", page.body);
        }
        assert!(!page.body.contains("<a "), "{hosts}: the person was offered a way to somewhere");
        assert_eq!(site.host.connections(), 0, "{hosts}");
        assert_eq!(site.world.database.dump().await, before);
        assert_eq!(site.world.database.noted("admission_refused").await, "refused - - 127.0.0.1/32 -");
    }
}

#[tokio::test]
async fn off_is_off_and_not_promised() {
    let site = site(&[("GATEWAY_CIMD_ADMISSION", "off")]).await;
    assert_eq!(promised(&site.world).await, false);
    let page = Browser::new(&site.world).ask(&site.client.request(&site.world)).await;
    page.assert_is_a_page(400);
    assert!(
        page.body.contains("not let in here") && page.body.contains("GATEWAY_CIMD_ADMISSION"),
        "{}",
        page.body
    );
    assert_eq!(site.host.connections(), 0);
    // Those who register are none of its business.
    let client = site.world.register().await;
    let code = Browser::new(&site.world).code_for(&client).await;
    site.world.tokens(&client, &code).await;
}

#[test]
fn every_mistake_is_reported() {
    use gateway::cimd::FetchPolicy;
    use shared::env::Env;
    for (admission, hosts, mistakes) in [
        ("hunter2", "", 1),
        ("listed", "", 1),
        ("report", " , ", 1),
        ("open", "*.example.com,https://a.example,a.example/%61,localhost", 4),
    ] {
        let mut env = Env::of([("GATEWAY_CIMD_ADMISSION", admission), ("GATEWAY_CIMD_HOSTS", hosts)]);
        let policy = FetchPolicy::read(&mut env);
        let message = env.finish(policy).unwrap_err().to_string();
        assert!(message.contains(&format!("{mistakes} mistake(s)")), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}
