//! Session ids of the protocol before 2026-07-28 (row 52).

use crate::harness::{Answer, World};

#[tokio::test]
async fn a_session_belongs_to_whom_it_was_given() {
    let world = World::start().await;
    let (alice, bob) = (world.connect().await.tokens.access, world.connect().await.tokens.access);
    let bearers = [&alice, &bob].map(|token| format!("Bearer {token}"));
    world.backend.next(Answer::status(200, &[("mcp-session-id", "of-the-backend")]));
    let given = world.mcp(&alice).await.header("mcp-session-id").to_owned();
    assert!(!given.is_empty() && !given.contains("of-the-backend"));

    let legacy = |bearer: usize, session: &str, version: &str| {
        let headers = [
            ("authorization", bearers[bearer].clone()),
            ("mcp-session-id", session.to_owned()),
            ("mcp-protocol-version", version.to_owned()),
        ];
        let world = &world;
        async move {
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            world.mcp_with(&headers).await.status
        }
    };
    assert_eq!(legacy(0, &given, "2025-11-25").await, 200);
    let seen = world.backend.seen();
    assert_eq!(seen.last().unwrap().header("mcp-session-id"), Some("of-the-backend"));

    let before = world.backend.seen().len();
    for stolen in [given.as_str(), "of-the-backend", "x"] {
        assert_eq!(legacy(1, stolen, "2025-11-25").await, 404, "{stolen}");
    }
    assert_eq!(world.backend.seen().len(), before, "none of these reached the backend");
    // Since 2026-07-28 there are no sessions: what is sent is not listened to.
    assert_eq!(legacy(1, &given, "2026-07-28").await, 200);
    assert_eq!(world.backend.seen().last().unwrap().header("mcp-session-id"), None);
}
