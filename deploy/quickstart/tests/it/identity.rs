//! A tool call runs with the credential of the person who signed in, never with another's, however calls mix.

use std::sync::Arc;

use quickstart::{Connection, House, Ports, State, Voice, connect};
use serde_json::json;
use standin::demo::{PEOPLE, Person};

const CALLS_EACH: usize = 1000;
const AT_A_TIME: usize = 8;

/// A project that this person reaches.
async fn project(connection: &Connection) -> String {
    let projects = connection.mcp().call("", "peaka_list_projects", json!({})).await.unwrap();
    projects["projects"][0]["projectId"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_in_parallel_are_never_taken_for_each_other() {
    let state = State::temporary().unwrap();
    let house = House::start(&state, Ports::Free).await.unwrap();
    let people: [&'static Person; 2] = [&PEOPLE[0], &PEOPLE[1]];
    let mut callers = Vec::new();
    for person in people {
        let connection = Arc::new(connect(&house, person, Voice::Silent).await.unwrap());
        let project = project(&connection).await;
        for _ in 0..AT_A_TIME {
            let (connection, project) = (Arc::clone(&connection), project.clone());
            callers.push(tokio::spawn(async move {
                for _ in 0..CALLS_EACH / AT_A_TIME {
                    let sql =
                        json!({"projectId": project, "query": "SELECT current_user_props('email') AS email"});
                    let answer = connection.mcp().call("", "peaka_execute_sql_query", sql).await.unwrap();
                    assert_eq!(answer["rows"], json!([[person.email]]));
                }
            }));
        }
    }
    for caller in callers {
        caller.await.unwrap();
    }
    house.stop().await;
}
