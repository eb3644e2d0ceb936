//! The README's first command.

use std::process::Command;

#[test]
fn the_tour_ends_well() {
    let output = Command::new(env!("CARGO_BIN_EXE_quickstart")).arg("--tour").output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("The tour is over: every step was as it should be."), "{told}");
}

#[test]
fn a_port_that_is_taken_is_told_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let state = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_quickstart"))
        .args(["--port", &port, "--state"])
        .arg(state.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && told.contains("choose another with --port"), "{told}");
}
