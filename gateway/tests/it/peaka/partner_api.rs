//! Who a token belongs to, and the walk to the projects.

use std::sync::Arc;

use gateway::peaka::{Outage, PartnerError, Person, Project};
use secrecy::SecretString;
use serde_json::json;
use tokio::sync::Semaphore;

use super::{Double, Reply, client, metadata};

fn token() -> SecretString {
    "t0ken".into()
}

type Answer = fn() -> Reply;

/// A Peaka whose paths answer as listed; everything else is not found.
async fn peaka_with(replies: &'static [(&str, Answer)]) -> Double {
    Double::start(move |seen, _| {
        let found = replies.iter().find(|(path, _)| seen.path.strip_prefix("/api/v1/") == Some(*path));
        found.map_or_else(|| Reply::html(404), |(_, reply)| reply())
    })
    .await
}

#[tokio::test]
async fn peaka_says_who_it_is() {
    let double =
        peaka_with(&[("info", || Reply::json(200, json!({"userId": "u1", "email": "ada@example.com"})))])
            .await;
    let (peaka, _) = client(&double, &[]);
    let ada = Person { user_id: "u1".into(), email: Some("ada@example.com".into()), name: None };
    assert_eq!(peaka.partner_api.who_is(&token()).await.unwrap(), ada);
    assert_eq!(double.seen()[0].authorization.as_deref(), Some("Bearer t0ken"));
}

#[tokio::test]
async fn a_userinfo_endpoint_can_say_it_instead() {
    let double = Double::start(|seen, origin| match seen.path.as_str() {
        "/userinfo" => Reply::json(200, json!({"sub": "u1", "email": "ada@example.com", "name": "Ada"})),
        _ => metadata(origin),
    })
    .await;
    let (peaka, _) = client(&double, &[("PEAKA_IDENTITY", "userinfo")]);
    let ada =
        Person { user_id: "u1".into(), email: Some("ada@example.com".into()), name: Some("Ada".into()) };
    assert_eq!(peaka.partner_api.who_is(&token()).await.unwrap(), ada);
    assert_eq!(double.seen()[1].authorization.as_deref(), Some("Bearer t0ken"));
}

#[tokio::test]
async fn an_address_that_is_not_verified_is_none() {
    for (said, counts) in [
        (json!(true), true),
        (json!("true"), true),
        (json!(null), true),
        (json!(false), false),
        (json!("false"), false),
        (json!(0), false),
    ] {
        let body = json!({"sub": "u1", "email": "ada@example.com", "email_verified": said});
        let double = Double::start(move |seen, origin| match seen.path.as_str() {
            "/userinfo" => Reply::json(200, body.clone()),
            _ => metadata(origin),
        })
        .await;
        let (peaka, _) = client(&double, &[("PEAKA_IDENTITY", "userinfo")]);
        let person = peaka.partner_api.who_is(&token()).await.unwrap();
        assert_eq!(person.email.is_some(), counts, "{said}");
    }
}

#[tokio::test]
async fn nobody_is_somebody_without_a_proper_id() {
    for id in [json!(null), json!(""), json!("a b"), json!("a\nb"), json!(7), json!("x".repeat(257))] {
        let body = json!({"userId": id, "email": "ada@example.com"});
        let double = Double::start(move |_, _| Reply::json(200, body.clone())).await;
        let (peaka, _) = client(&double, &[]);
        let who = peaka.partner_api.who_is(&token()).await;
        assert!(matches!(who, Err(PartnerError::Outage(Outage::Malformed(_)))), "{who:?}");
    }
}

#[tokio::test]
async fn a_bad_token_a_forbidden_thing_and_an_outage_are_told_apart() {
    type Case = (fn() -> Reply, fn(&PartnerError) -> bool);
    let cases: [Case; 8] = [
        (|| Reply::json(401, json!({})), |e| matches!(e, PartnerError::Unauthorized)),
        (|| Reply::json(403, json!({})), |e| matches!(e, PartnerError::Forbidden)),
        (|| Reply::json(400, json!({})), |e| matches!(e, PartnerError::Outage(Outage::Status(_)))),
        (|| Reply::json(429, json!({})), |e| matches!(e, PartnerError::Outage(Outage::Status(_)))),
        (|| Reply::html(302), |e| matches!(e, PartnerError::Outage(Outage::Status(_)))),
        (|| Reply::html(502), |e| matches!(e, PartnerError::Outage(Outage::Status(_)))),
        (|| Reply::html(200), |e| matches!(e, PartnerError::Outage(Outage::Malformed(_)))),
        (
            || Reply::json(200, json!({"userId": "u", "more": "x".repeat(1 << 20)})),
            |e| matches!(e, PartnerError::Outage(Outage::Malformed(_))),
        ),
    ];
    for (number, (reply, expected)) in cases.into_iter().enumerate() {
        let double = Double::start(move |_, _| reply()).await;
        let (peaka, _) = client(&double, &[]);
        let error = peaka.partner_api.who_is(&token()).await.unwrap_err();
        assert!(expected(&error), "case {number}: {error:?}");
        let error = peaka.partner_api.projects(&token()).await.unwrap_err();
        assert!(expected(&error), "case {number}: {error:?}");
    }
}

#[tokio::test]
async fn the_projects_of_every_workspace_are_found_a_few_calls_at_a_time() {
    let gate = Arc::new(Semaphore::new(0));
    let hold = Arc::clone(&gate);
    let double = Double::start(move |seen, _| {
        let path: Vec<&str> = seen.path.trim_start_matches("/api/v1/").split('/').collect();
        let items = |of: &str, kind: &str| {
            (0..5).map(|n| json!({"id": format!("{of}{kind}{n}"), "name": format!("{kind} {n}")})).collect()
        };
        match path[..] {
            ["organizations"] => Reply::json(200, items("", "o")),
            ["organizations", o, "workspaces"] => Reply::json(200, items(o, "w")),
            ["organizations", _, "workspaces", w, "projects"] => {
                let project = json!([{"id": format!("{w}p"), "name": null, "more": {}}]);
                Reply::After(Arc::clone(&hold), Box::new(Reply::json(200, project)))
            }
            _ => Reply::html(404),
        }
    })
    .await;
    let (peaka, _) = client(&double, &[]);
    let token = token();
    let (list, ()) = tokio::join!(peaka.partner_api.projects(&token), async {
        // All organizations have answered, and as many workspaces are asked as may be.
        double.saw(1 + 5 + 8).await;
        gate.add_permits(25);
    });
    let list = list.unwrap();
    assert!(!list.incomplete);
    assert_eq!(list.projects.len(), 25);
    let first = Project {
        id: "o0w0p".into(),
        name: "o0w0p".into(),
        workspace: "w 0".into(),
        organization: "o 0".into(),
    };
    assert_eq!(list.projects[0], first);
    assert!(list.projects.is_sorted_by_key(|project| &project.id));
    assert!(double.seen().iter().all(|seen| seen.authorization.as_deref() == Some("Bearer t0ken")));
    assert_eq!(double.most_at_once(), 8);
}

#[tokio::test]
async fn what_cannot_be_listed_leaves_the_rest() {
    let double = peaka_with(&[
        ("organizations", || Reply::json(200, json!([{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]))),
        ("organizations/a/workspaces", || Reply::json(200, json!([{"id": "w", "name": "W"}]))),
        ("organizations/a/workspaces/w/projects", || Reply::json(200, json!([{"id": "p", "name": "P"}]))),
        ("organizations/b/workspaces", || Reply::html(502)),
    ])
    .await;
    let (peaka, _) = client(&double, &[]);
    let list = peaka.partner_api.projects(&token()).await.unwrap();
    assert!(list.incomplete);
    let expected =
        Project { id: "p".into(), name: "P".into(), workspace: "W".into(), organization: "A".into() };
    assert_eq!(list.projects, [expected]);
}

#[tokio::test]
async fn a_token_that_dies_on_the_way_is_told() {
    let double = peaka_with(&[
        ("organizations", || Reply::json(200, json!([{"id": "a"}]))),
        ("organizations/a/workspaces", || Reply::json(401, json!({}))),
    ])
    .await;
    let (peaka, _) = client(&double, &[]);
    let projects = peaka.partner_api.projects(&token()).await;
    assert!(matches!(projects, Err(PartnerError::Unauthorized)), "{projects:?}");
}

#[tokio::test]
async fn an_id_cannot_leave_its_place_in_the_path() {
    let double = peaka_with(&[("organizations", || {
        Reply::json(200, json!([{"id": "../../admin?x#y%2f"}, {"id": ".."}, {"id": ""}]))
    })])
    .await;
    let (peaka, _) = client(&double, &[]);
    let list = peaka.partner_api.projects(&token()).await.unwrap();
    assert!(list.incomplete && list.projects.is_empty());
    assert_eq!(
        double.paths(),
        ["/api/v1/organizations", "/api/v1/organizations/..%2F..%2Fadmin%3Fx%23y%252f/workspaces"]
    );
}
