//! The images are built of what the build context lets through.

const WORKSPACE: &str = include_str!("../../../../Cargo.toml");
const LET_THROUGH: &str = include_str!("../../../Dockerfile.dockerignore");

/// Cargo reads every member's manifest, whichever package is built.
#[test]
fn every_member_of_the_workspace_reaches_the_build() {
    let members = WORKSPACE.split_once("members = [").unwrap().1.split_once(']').unwrap().0;
    let members: Vec<&str> = members.split('"').skip(1).step_by(2).collect();
    assert!(members.contains(&"gateway"), "{members:?}");
    for member in members {
        assert!(LET_THROUGH.lines().any(|line| line.strip_prefix('!') == Some(member)), "{member}");
    }
}
