//! Who reaches what.

use reqwest::StatusCode;
use serde_json::json;
use standin::{
    Bearer,
    demo::{PROJECT, SINGLE_PROJECT},
};

use crate::support::{ADA, GRACE, LINUS, get, get_json, post, start, tokens};

async fn projects(standin: &standin::Standin, bearer: &str) -> Vec<String> {
    let mut found = Vec::new();
    for organization in get_json(standin, bearer, "organizations").await.as_array().unwrap() {
        let path = format!("organizations/{}/workspaces", organization["id"].as_str().unwrap());
        for workspace in get_json(standin, bearer, &path).await.as_array().unwrap() {
            let path = format!("{path}/{}/projects", workspace["id"].as_str().unwrap());
            let projects = get_json(standin, bearer, &path).await;
            found.extend(projects.as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap().to_owned()));
        }
    }
    found
}

#[tokio::test]
async fn each_person_sees_their_part_of_the_world() {
    let standin = start().await;
    for (email, count) in [(ADA, 24), (GRACE, 14), (LINUS, 1)] {
        let (access, _) = tokens(&standin, email).await;
        assert_eq!(projects(&standin, &access).await.len(), count, "{email}");
    }
}

#[tokio::test]
async fn out_of_reach_is_403_whether_it_exists_or_not() {
    let standin = start().await;
    let (linus, _) = tokens(&standin, LINUS).await;
    assert_eq!(projects(&standin, &linus).await, [SINGLE_PROJECT]);
    for project in [PROJECT, "zzzzzzzz"] {
        for path in [format!("data/projects/{project}/catalogs"), format!("connections/{project}")] {
            assert_eq!(get(&standin, &linus, &path).await.status(), StatusCode::FORBIDDEN);
        }
        let path = format!("data/projects/{project}/queries/execute");
        let answer = post(&standin, &linus, &path, &json!({ "statement": "SELECT 1" })).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn the_record_tells_who_asked_for_what() {
    let standin = start().await;
    let (access, _) = tokens(&standin, GRACE).await;
    get(&standin, &access, "info?x=1").await;
    get(&standin, "nonsense", "organizations").await;
    let seen = standin.requests();
    assert_eq!(seen.len(), 2);
    assert_eq!((seen[0].path.as_str(), seen[0].query.as_deref()), ("/api/v1/info", Some("x=1")));
    assert_eq!((seen[0].user.as_deref(), seen[0].bearer), (Some(GRACE), Bearer::UserToken));
    assert_eq!((seen[1].user.as_deref(), seen[1].bearer), (None, Bearer::Refused));
    assert!(!format!("{seen:?}").contains(&access));
}
