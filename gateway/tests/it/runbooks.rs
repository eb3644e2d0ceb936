//! What the runbooks have operators do to the database.

use std::path::Path;

use crate::store_contract::world::World;

/// The SQL of a runbook.
fn sql(runbook: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/runbooks").join(runbook);
    let text = std::fs::read_to_string(file).unwrap();
    let (_, rest) = text.split_once("```sql\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// A row in every table there is, with something in every column.
const FILL: &str = "
    DO $$ DECLARE t record; BEGIN
      FOR t IN
        SELECT table_name AS name, string_agg(column_name, ', ') AS columns,
               string_agg(CASE data_type WHEN 'bigint' THEN '1' ELSE '''x''' END, ', ') AS contents
        FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name <> '_sqlx_migrations' GROUP BY table_name
      LOOP EXECUTE format('INSERT INTO %I (%s) VALUES (%s)', t.name, t.columns, t.contents); END LOOP;
    END $$;
    UPDATE sessions SET revoked_at_ms = NULL, revoked_because = NULL";

/// Fails with the name of a column that holds what lay under the keys that are gone, or leads to a credential.
const NOTHING_IS_LEFT: &str = "
    DO $$ DECLARE c record; held boolean; BEGIN
      FOR c IN
        SELECT table_name AS t, column_name AS name FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name <> 'sessions'
          AND (column_name LIKE '%sealed%' OR column_name IN ('credential_id', 'login_verifier', 'secret_hash'))
      LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I WHERE %I IS NOT NULL)', c.t, c.name) INTO held;
        IF held THEN RAISE EXCEPTION '%.% holds something', c.t, c.name; END IF;
      END LOOP;
    END $$";

#[tokio::test]
async fn after_a_leak_nothing_needs_a_key_or_a_credential_that_is_gone() {
    let world = World::postgres().await;
    world.meddle(FILL).await;
    world.meddle(&sql("master-keys.md")).await;
    world.meddle(NOTHING_IS_LEFT).await;
    for (what, rows) in [
        ("SELECT COUNT(*) FROM keys", 0),
        ("SELECT COUNT(*) FROM clients", 0),
        ("SELECT COUNT(*) FROM remembered_consents", 0),
        ("SELECT COUNT(*) FROM sessions WHERE revoked_at_ms IS NULL", 0),
        ("SELECT COUNT(*) FROM sessions WHERE revoked_because = 'keys_replaced'", 1),
        ("SELECT COUNT(*) FROM audit_events WHERE kind = 'keys_replaced' AND outcome = 'done'", 1),
        // Whom people keep out stays out, and what was noted stays noted.
        ("SELECT COUNT(*) FROM kept_out", 1),
        ("SELECT COUNT(*) FROM audit_events", 2),
    ] {
        assert_eq!(world.number(what).await, rows, "{what}");
    }
}
