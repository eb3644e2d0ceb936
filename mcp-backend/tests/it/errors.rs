//! What the model is told when Peaka says no.

use serde_json::json;

use crate::harness::{House, PROJECT};

async fn told(status: u16, body: &str) -> String {
    let house = House::start().await;
    house.peaka.says(&format!("GET /data/projects/{PROJECT}/catalogs"), status, body);
    house.fails("peaka_list_catalogs", json!({ "projectId": PROJECT })).await
}

#[tokio::test]
async fn the_three_live_forms() {
    insta::assert_snapshot!(
        told(400, r#"{"errorCode":100,"message":"There is no catalog with id: 5"}"#).await,
        @r#"{"message":"Peaka refused the call: There is no catalog with id: 5","errorCode":100,"status":400}"#
    );
    insta::assert_snapshot!(
        told(400, r#"{"error":"INVALID_CONNECTION_ID","message":"invalid connection id","errorCode":"cn004"}"#).await,
        @r#"{"message":"Peaka refused the call: invalid connection id","errorCode":"cn004","error":"INVALID_CONNECTION_ID","status":400}"#
    );
    insta::assert_snapshot!(
        told(404, r#"{"timestamp":"x","path":"/api/v1/x","status":404,"error":"Not Found","requestId":"a"}"#).await,
        @r#"{"message":"Peaka knows nothing under these ids. List again and use the ids given there.","error":"Not Found","status":404}"#
    );
}

#[tokio::test]
async fn the_rest() {
    insta::assert_snapshot!(told(403, "").await, @r#"{"message":"Peaka does not allow this person to do that.","status":403}"#);
    insta::assert_snapshot!(told(429, "").await, @r#"{"message":"Peaka asks for fewer calls. Wait 10 seconds before the next one."}"#);
    insta::assert_snapshot!(
        told(502, "<html><body>nginx</body></html>").await,
        @r#"{"message":"Peaka failed to answer (HTTP 502). It is likely to pass; try again later."}"#
    );
    let not_understood = told(200, "").await;
    assert!(not_understood.contains("could not be understood"), "{not_understood}");
    assert_eq!(told(200, "{}").await, not_understood);
    assert_eq!(told(200, "<html>").await, not_understood);
    assert_eq!(
        told(302, "").await,
        r#"{"message":"Peaka refused the call (HTTP 302) without saying why.","status":302}"#
    );
    let large = format!("[{}]", " ".repeat(16 * 1024 * 1024));
    assert!(told(200, &large).await.contains("too large"));
}

#[tokio::test]
async fn nothing_internal_is_told() {
    let message = r#"com.peaka.gateway.exception.WrongRequestException: http://be-studio-api:8080/x\n\tat com.peaka.A.b(A.kt:1)"#;
    let told = told(400, &format!(r#"{{"message":"{message} denied"}}"#)).await;
    for internal in ["com.peaka", "http://", "be-studio", "A.kt"] {
        assert!(!told.contains(internal), "{told}");
    }
}

#[tokio::test]
async fn a_peaka_that_is_not_there() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let house = House::with_peaka_at(&format!("http://{nobody}/api/v1")).await;
    let told = house.fails("peaka_list_catalogs", json!({ "projectId": PROJECT })).await;
    assert!(told.contains("could not be reached"), "{told}");
}
