//! What the logs tell, and what they never do.

use std::{
    io,
    sync::{Arc, Mutex},
};

use serde_json::json;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, layer::SubscriberExt as _};

use crate::harness::{House, Mood, PROJECT};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

// On one thread, so that the subscriber of this test hears all of it and nothing else.
#[tokio::test(flavor = "current_thread")]
async fn a_call_is_one_line_and_holds_no_secret() {
    let lines = Lines::default();
    // Of this crate all there is; of the others what the default filter shows.
    let subscriber = tracing_subscriber::registry()
        .with(EnvFilter::new("info,mcp_backend=trace,rmcp=info"))
        .with(tracing_subscriber::fmt::layer().with_ansi(false).with_writer(lines.clone()));
    let _heard = tracing::subscriber::set_default(subscriber);

    let house = House::start().await;
    house.peaka.says(
        &format!("POST /data/projects/{PROJECT}/queries/execute?format=COMPACT"),
        400,
        r#"{"message":"Table 'top-secret-table' does not exist"}"#,
    );
    let sql = "SELECT 'hunter2' FROM \"top-secret-table\"";
    house.fails("peaka_execute_sql_query", json!({ "projectId": PROJECT, "query": sql })).await;
    house.call_as(&House::somebody(), "peaka_such_a_tool", json!({ "password": "hunter2" })).await;
    house.peaka.refuses_all();
    house.call_as(&House::somebody(), "peaka_list_catalogs", json!({ "projectId": PROJECT })).await;
    house.gateway.exchange_is(Mood::Outage);
    house.call_as(&House::somebody(), "peaka_list_catalogs", json!({ "projectId": PROJECT })).await;
    house.post().header(shared::assertion::HEADER, "eyJ-forged").send().await.unwrap();

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let calls: Vec<_> = text.lines().filter(|line| line.contains("tool call")).collect();
    assert_eq!(calls.len(), 4, "{text}");
    assert!(calls[0].contains("tool=peaka_execute_sql_query session=session-1"), "{}", calls[0]);
    assert!(calls[0].contains(r#"outcome="tool error""#), "{}", calls[0]);
    assert!(calls[1].contains("tool=unknown"), "{}", calls[1]);
    for secret in
        ["hunter2", "secret-table", "peaka-token", "eyJ", "such_a_tool", "Bearer", "ada@example.com"]
    {
        assert!(!text.contains(secret), "{secret} is in the logs:\n{text}");
    }
}
