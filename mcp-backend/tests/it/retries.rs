//! What is asked again, and what never is.

use serde_json::{Value, json};

use crate::harness::{House, PROJECT};

fn line() -> String {
    format!("GET /data/projects/{PROJECT}/catalogs")
}

#[tokio::test]
async fn a_lookup_is_tried_again() {
    for (status, headers) in [(502, &[][..]), (503, &[("retry-after", "0")]), (429, &[("retry-after", "0")])]
    {
        let house = House::start().await;
        house.peaka.fails_once(&line(), status, headers);
        house.peaka.has(&line(), json!([]));
        let result = house.call("peaka_list_catalogs", json!({ "projectId": PROJECT })).await;
        assert_eq!(result["structuredContent"], json!({ "catalogs": [] }));
        assert_eq!(house.peaka.lines().len(), 2, "{status}");
    }
}

#[tokio::test]
async fn not_for_ever_and_not_at_once_for_who_asks_for_rest() {
    let house = House::start().await;
    house.peaka.says(&line(), 502, "");
    house.fails("peaka_list_catalogs", json!({ "projectId": PROJECT })).await;
    assert_eq!(house.peaka.lines().len(), 3);

    for headers in [&[][..], &[("retry-after", "60")]] {
        let house = House::start().await;
        house.peaka.fails_once(&line(), 429, headers);
        house.peaka.has(&line(), json!([]));
        let told = house.fails("peaka_list_catalogs", json!({ "projectId": PROJECT })).await;
        assert!(told.contains("asks for fewer calls"), "{told}");
        assert_eq!(house.peaka.lines().len(), 1);
    }
}

#[tokio::test]
async fn what_changes_something_is_never_repeated() {
    let house = House::start().await;
    for case in crate::cases::all() {
        if case.line.starts_with("GET ") {
            continue;
        }
        for (status, headers) in
            [(502, &[][..]), (503, &[("retry-after", "0")]), (429, &[("retry-after", "0")])]
        {
            let before = house.peaka.asked().len();
            house.peaka.fails_once(&case.line, status, headers);
            house.fails(case.tool, case.arguments()).await;
            assert_eq!(house.peaka.asked().len(), before + 1, "{} was repeated", case.tool);
        }
    }
}

#[tokio::test]
async fn the_words_on_a_change_that_broke_off_are_careful() {
    let house = House::start().await;
    let case = crate::cases::all().into_iter().find(|case| case.tool == "peaka_delete_query").unwrap();
    house.peaka.hangs_up(&case.line);
    let told: Value = serde_json::from_str(&house.fails(case.tool, case.arguments()).await).unwrap();
    assert!(told["message"].as_str().unwrap().contains("may have been made"), "{told}");
    assert_eq!(house.peaka.lines().len(), 1);
}
