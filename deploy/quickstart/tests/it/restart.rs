//! What the state directory holds survives a restart: nobody has to sign in again.

use quickstart::{House, Ports, State, Voice, connect};
use serde_json::json;
use standin::demo::PEOPLE;

#[tokio::test(flavor = "multi_thread")]
async fn sessions_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let house = House::start(&State::open(directory.path()).unwrap(), Ports::Free).await.unwrap();
    let ports = house.ports();
    let mut connection = connect(&house, &PEOPLE[0], Voice::Silent).await.unwrap();
    connection.mcp().call("", "peaka_list_projects", json!({})).await.unwrap();
    house.stop().await;

    let house = House::start(&State::open(directory.path()).unwrap(), ports).await.unwrap();
    connection.mcp().call("", "peaka_list_projects", json!({})).await.unwrap();
    connection.refresh().await.unwrap();
    connection.mcp().call("", "peaka_list_projects", json!({})).await.unwrap();
    house.stop().await;
}
