//! SQL: identity, rights, what is refused, the forms of answers, and Trino's words.

use reqwest::StatusCode;
use serde_json::{Value, json};
use standin::demo::{self, PARTNER_KEY, PROJECT, SINGLE_PROJECT};

use crate::support::{ADA, GRACE, LINUS, complaint, post, rows, run, start, tokens};

const ORDERS: &str = "\"storefront\".\"public\".\"orders\"";
const CHARGES: &str = "\"payments\".\"payment\".\"charges\"";

#[tokio::test]
async fn the_identity_is_the_callers_own() {
    let standin = start().await;
    for (email, project) in [(ADA, PROJECT), (GRACE, PROJECT), (LINUS, SINGLE_PROJECT), (ADA, SINGLE_PROJECT)]
    {
        let (access, _) = tokens(&standin, email).await;
        let path = format!("data/projects/{project}/queries/execute?format=COMPACT");
        let statement = "SELECT current_user_props('email'), current_user_props('project'), a.project_id, \
                         current_user_props('shoe size') FROM \"peaka\".\"table\".\"about_project\" a";
        let answer = post(&standin, &access, &path, &json!({ "statement": statement })).await;
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["data"], json!([[email, project, project, ""]]));
    }
}

#[tokio::test]
async fn every_value_is_text_in_three_formats() {
    let standin = start().await;
    let statement = format!(
        "SELECT id, total_amount AS total, coupon, id > 5, count(*) OVER () FROM {ORDERS} ORDER BY 1 LIMIT 1"
    );
    let (status, compact) = run(&standin, &statement, "COMPACT").await;
    assert_eq!(status, StatusCode::OK, "{compact}");
    let row = compact["data"][0].as_array().unwrap();
    assert_eq!(row[0], "1");
    assert!(row[1].is_string());
    assert_eq!(row[2], Value::Null);
    assert_eq!(row[3], "false");
    assert_eq!(row[4], "2000");
    assert_eq!(compact["columns"][1]["tableName"], "orders");
    assert_eq!(compact["columns"][1]["columnName"], "total_amount");

    let (_, simple) = run(&standin, &statement, "SIMPLE").await;
    assert_eq!(simple["data"][0]["id"], "1");
    assert_eq!(simple["data"][0]["_col3"], "false");

    let (_, typed) = run(&standin, &statement, "CELL_TYPED").await;
    let cell = json!({ "name": "id", "displayName": "id", "dataType": "bigint", "order": 0, "value": "1" });
    assert_eq!(typed["data"][0][0], cell);
    assert_eq!(typed["data"][0][1]["dataType"], "double");
    assert_eq!(typed["data"][0][3]["dataType"], "boolean");
    let (status, _) = run(&standin, "SELECT 1", "FANCY").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn only_reading_is_allowed() {
    let standin = start().await;
    for (statement, kind) in [
        (format!("INSERT INTO {ORDERS} (id) VALUES (1)"), "Insert"),
        (format!("UPDATE {ORDERS} SET id = 1"), "Update"),
        (format!("DELETE FROM {ORDERS}"), "Delete"),
        (format!("CREATE TABLE \"a\".\"b\".\"c\" AS SELECT * FROM {ORDERS}"), "CreateTableAsSelect"),
        (format!("DROP TABLE {ORDERS}"), "DropTable"),
    ] {
        let (status, body) = run(&standin, &statement, "COMPACT").await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(body["message"], format!("Statement type '{kind}' is not allowed"));
        assert_eq!(body["error"], "WrongRequestException");
    }
    let two = complaint(&standin, "SELECT 1; DROP TABLE x").await;
    assert!(two.contains("mismatched input ';'"), "{two}");
}

#[tokio::test]
async fn nothing_of_the_engine_underneath_can_be_reached() {
    let standin = start().await;
    for statement in [
        "SELECT * FROM sqlite_master",
        "SELECT * FROM \"sqlite_master\"",
        "SELECT * FROM \"$orders\"",
        "SELECT * FROM `$orders`",
        "WITH \"$orders\" AS (SELECT 1) SELECT * FROM \"$orders\"",
        "WITH a AS (SELECT * FROM sqlite_master), sqlite_master AS (SELECT 1) SELECT * FROM pragma_table_info('x')",
        "SELECT load_extension('x')",
        "SELECT randomblob(10)",
        "SELECT sqlite_version()",
        "SELECT * FROM json_each('[1]')",
        "SELECT rowid FROM \"storefront\".\"public\".\"orders\"",
        "PRAGMA table_list",
        "ATTACH 'x' AS y",
        "SELECT 1 INTO x",
    ] {
        let (status, body) = run(&standin, statement, "COMPACT").await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{statement}: {body}");
    }
}

#[tokio::test]
async fn literals_and_names_cannot_end_their_quotes() {
    let standin = start().await;
    let tail = " UNION SELECT name FROM sqlite_master --";
    for text in [
        format!("\\'{tail}"),
        format!("\\\\'{tail}"),
        format!("'{tail}"),
        format!("''\\''{tail}"),
        "\\".to_owned(),
    ] {
        let literal = format!("'{}'", text.replace('\'', "''"));
        for expression in
            [literal.clone(), format!("concat({literal}, '')"), format!("if(true, {literal} || '', 'x')")]
        {
            assert_eq!(
                rows(&standin, &format!("SELECT {expression}")).await,
                json!([[text]]),
                "{expression}"
            );
        }
        let path = format!("data/projects/{PROJECT}/queries/execute?format=COMPACT");
        let bound = json!({ "statement": "SELECT concat(?, '')", "bindings": [text] });
        let answer: Value = post(&standin, PARTNER_KEY, &path, &bound).await.json().await.unwrap();
        assert_eq!(answer["data"], json!([[text]]));
        let (status, body) = run(&standin, &format!("SELECT DATE {literal}"), "COMPACT").await;
        assert!(status == StatusCode::BAD_REQUEST || body["data"] == json!([[text]]), "{body}");
    }
    let (_, body) = run(&standin, "SELECT 1 AS \"a\"\"b\\\"", "SIMPLE").await;
    assert_eq!(body["data"], json!([{ "a\"b\\": "1" }]));
}

#[tokio::test]
async fn complaints_are_trinos() {
    let standin = start().await;
    for (statement, message) in [
        (
            "SELECT * FROM \"storefront\".\"public\".\"nothing\"",
            "line 1:15: Table 'storefront.public.nothing' does not exist",
        ),
        ("SELECT * FROM \"storefront\".\"nowhere\".\"x\"", "line 1:15: Schema 'nowhere' does not exist"),
        ("SELECT * FROM \"nobody\".\"public\".\"x\"", "line 1:15: Catalog 'nobody' not found"),
        (&format!("SELECT shoe FROM {ORDERS}"), "line 1:8: Column 'shoe' cannot be resolved"),
        (&format!("SELECT \"shoe\" FROM {ORDERS}"), "line 1:8: Column 'shoe' cannot be resolved"),
        (&format!("SELECT o.shoe FROM {ORDERS} o"), "line 1:10: Column 'o.shoe' cannot be resolved"),
        ("SELECT 1 LIMIT 1 OFFSET 1", "line 1:18: mismatched input 'OFFSET'. Expecting: <EOF>"),
        ("SELECT launch(1)", "line 1:8: Function 'launch' not registered"),
    ] {
        assert_eq!(complaint(&standin, statement).await, message, "{statement}");
    }
    assert!(complaint(&standin, "SELECT FROM WHERE").await.contains("mismatched input"));
    assert!(complaint(&standin, "").await.contains("mismatched input '<EOF>'"));
}

#[tokio::test]
async fn trinos_words_work() {
    let standin = start().await;
    let one = async |expression: &str| rows(&standin, &format!("SELECT {expression}")).await[0][0].clone();
    for (expression, value) in [
        ("concat('a', 'b', 'c')", "abc"),
        ("'a' || 'b'", "ab"),
        ("upper(substring('peaka', 1, 2))", "PE"),
        ("year(TIMESTAMP '2026-03-04 05:06:07')", "2026"),
        ("EXTRACT(MONTH FROM DATE '2026-03-04')", "3"),
        ("date_trunc('month', DATE '2026-03-14')", "2026-03-01"),
        ("date_trunc('quarter', TIMESTAMP '2026-05-14 01:02:03')", "2026-04-01 00:00:00.000000"),
        ("date_trunc('week', DATE '2026-11-23')", "2026-11-23"),
        ("DATE '2026-03-14' - INTERVAL '14' DAY", "2026-02-28"),
        ("date_add('month', 2, DATE '2026-03-14')", "2026-05-14"),
        ("date_diff('day', DATE '2026-03-01', DATE '2026-03-14')", "13"),
        ("CAST('12' AS bigint) + 1", "13"),
        ("if(1 > 2, 'yes', 'no')", "no"),
        ("greatest(1, 5, 3)", "5"),
        ("7 / 2", "3"),
        ("1.0E7 * 1", "1.0E7"),
        ("'A' LIKE 'a'", "false"),
        ("'A' ILIKE 'a'", "true"),
        ("coalesce(NULL, 'x')", "x"),
    ] {
        assert_eq!(one(expression).await, value, "{expression}");
    }
}

#[tokio::test]
async fn queries_of_every_shape_run() {
    let standin = start().await;
    let joined = "SELECT c.country, count(*) AS n, sum(o.total_amount) FROM \"storefront\".\"public\".\"orders\" o \
                  JOIN \"storefront\".\"public\".\"customers\" c ON c.id = o.customer_id WHERE o.status <> 'cancelled' \
                  GROUP BY c.country HAVING count(*) > 1 ORDER BY n DESC";
    assert_eq!(rows(&standin, joined).await.as_array().unwrap().len(), 8);
    let cte =
        format!("WITH big AS (SELECT id FROM {ORDERS} WHERE total_amount > 100) SELECT count(*) FROM big");
    assert!(rows(&standin, &cte).await[0][0].as_str().unwrap().parse::<u32>().unwrap() > 100);
    let paged = format!("SELECT id FROM {ORDERS} ORDER BY id OFFSET 10 LIMIT 2");
    assert_eq!(rows(&standin, &paged).await, json!([["11"], ["12"]]));
    let fetched = format!("SELECT id FROM {ORDERS} ORDER BY id OFFSET 1999");
    assert_eq!(rows(&standin, &fetched).await, json!([["2000"]]));
    let first = format!("SELECT id FROM {ORDERS} ORDER BY id FETCH FIRST 1 ROWS ONLY");
    assert_eq!(rows(&standin, &first).await, json!([["1"]]));
    let union = "(SELECT 1 LIMIT 1) UNION ALL (SELECT 2 LIMIT 1) ORDER BY 1";
    assert_eq!(rows(&standin, union).await, json!([["1"], ["2"]]));
    let nulls = format!("SELECT coupon FROM {ORDERS} ORDER BY coupon LIMIT 1");
    assert_eq!(rows(&standin, &nulls).await, json!([["SUMMER25"]]));
    let qualified =
        format!("SELECT \"storefront\".\"public\".\"orders\".\"id\" FROM {ORDERS} WHERE orders.id = 3");
    assert_eq!(rows(&standin, &qualified).await, json!([["3"]]));
    let named = "SELECT t.b FROM (VALUES (1, 'x'), (2, 'y')) AS t(a, b) WHERE t.a = 2";
    assert_eq!(rows(&standin, named).await, json!([["y"]]));
    assert_eq!(rows(&standin, "VALUES (1, 'a'), (2, NULL)").await, json!([["1", "a"], ["2", null]]));
}

#[tokio::test]
async fn an_uncached_service_table_stops_at_a_hundred_rows() {
    let standin = start().await;
    assert_eq!(rows(&standin, &format!("SELECT count(*) FROM {CHARGES}")).await, json!([["100"]]));
    assert_eq!(rows(&standin, &format!("SELECT count(*) FROM {ORDERS}")).await, json!([["2000"]]));
    let (_, all) = run(&standin, &format!("SELECT * FROM {CHARGES} LIMIT 1"), "SIMPLE").await;
    assert_eq!(all["data"][0]["_q_created_gte"], Value::Null);
    assert!(all["data"][0]["paid"] == "true" || all["data"][0]["paid"] == "false");
}

#[tokio::test]
async fn saved_queries_run_by_id_by_name_and_as_tables() {
    let standin = start().await;
    let path = format!("data/projects/{PROJECT}/queries/execute?format=COMPACT");
    let run = async |body: Value| post(&standin, PARTNER_KEY, &path, &body).await;
    let by_id: Value =
        run(json!({ "id": demo::query_id(PROJECT, "revenue_by_month") })).await.json().await.unwrap();
    let by_name: Value =
        run(json!({ "qualifiedName": "peaka.query.revenue_by_month" })).await.json().await.unwrap();
    assert!(by_id["data"].as_array().unwrap().len() > 10);
    assert_eq!(by_id["data"], by_name["data"]);
    for table in ["\"insights\".\"sales\".\"revenue\"", "\"peaka\".\"query\".\"revenue_by_month\""] {
        let first = rows(&standin, &format!("SELECT month FROM {table} ORDER BY month LIMIT 1")).await;
        assert_eq!(first, json!([["2025-01-01 00:00:00.000000"]]));
    }
    let top = rows(&standin, "SELECT count(*) FROM \"peaka\".\"mtquery\".\"top_customers\"").await;
    assert_eq!(top, json!([["20"]]));
    let missing = run(json!({ "id": "1" })).await;
    assert_eq!(missing.status(), StatusCode::BAD_REQUEST);
    assert_eq!(missing.json::<Value>().await.unwrap()["errorCode"], 100);
    assert_eq!(run(json!({ "id": 1 })).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(run(json!({})).await.status(), StatusCode::BAD_REQUEST);
    let built = json!({
        "from": [{ "catalogName": "storefront", "schemaName": "public", "tableName": "orders" }],
        "columns": ["id"], "orderBy": ["id DESC"], "limit": 1,
    });
    assert_eq!(run(built).await.json::<Value>().await.unwrap()["data"], json!([["2000"]]));
    let bound = json!({ "statement": format!("SELECT id FROM {ORDERS} WHERE id = ?"), "bindings": ["7"] });
    assert_eq!(run(bound).await.json::<Value>().await.unwrap()["data"], json!([["7"]]));
}

#[tokio::test]
async fn a_hostile_statement_ends() {
    let standin = start().await;
    let path = format!("data/projects/{PROJECT}/queries/execute");
    let endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c";
    let answer = post(&standin, PARTNER_KEY, &path, &json!({ "statement": endless, "timeout": 1 })).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let body: Value = answer.json().await.unwrap();
    assert!(body["message"].as_str().unwrap().contains("maximum run time"), "{body}");
    let wide = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c";
    assert!(complaint(&standin, wide).await.contains("maximum result size"));
    let long = "WITH RECURSIVE c(n, t) AS (SELECT 1, 'x' UNION ALL SELECT n + 1, t || t FROM c WHERE n < 60) \
                SELECT max(length(t)) FROM c";
    assert_eq!(rows(&standin, long).await, json!([["1000000"]]));
}

#[tokio::test]
async fn transpiling_checks_and_converts() {
    let standin = start().await;
    let convert = async |dialect: &str, query: &str| {
        let path = format!("sql/transpile/{dialect}");
        let answer = post(&standin, PARTNER_KEY, &path, &json!({ "query": query })).await;
        (answer.status(), answer.json::<Value>().await.unwrap())
    };
    let (status, body) = convert("trino", "SELECT * FROM \"a\".\"b\".\"c\" OFFSET 1 LIMIT 2;").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body, json!({ "query": "SELECT * FROM \"a\".\"b\".\"c\" OFFSET 1 LIMIT 2" }));
    let (_, body) = convert("bigquery", "select \"a\" from \"b\"").await;
    assert_eq!(body["query"], "SELECT `a` FROM `b`");
    assert_eq!(convert("trino", "SELEC 1").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(convert("klingon", "SELECT 1").await.0, StatusCode::BAD_REQUEST);
}
