//! The page behind the bare address.

use crate::harness::World;

#[tokio::test]
async fn it_gives_the_one_url_that_the_metadata_names() {
    let world = World::start().await;
    let page = world.get("/").await;
    assert_eq!(page.status, 200);
    let metadata: serde_json::Value =
        serde_json::from_str(&world.get("/.well-known/oauth-protected-resource").await.body).unwrap();
    let url = metadata["resource"].as_str().unwrap();
    assert!(page.body.contains(&format!("claude mcp add --transport http peaka {url}")), "{}", page.body);
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    let elsewhere = world.get("/nothing").await;
    assert_eq!(elsewhere.status, 404);
}
