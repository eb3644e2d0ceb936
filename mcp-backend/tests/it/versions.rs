//! One version everywhere, and one list of tools.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;

use crate::{catalogue::tools, harness::House};

fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/npm").join(name);
    std::fs::read_to_string(path).unwrap()
}

fn file(name: &str) -> Value {
    serde_json::from_str(&text(name)).unwrap()
}

#[test]
fn the_packages_have_the_version_of_the_program() {
    let version = env!("CARGO_PKG_VERSION");
    let (package, manifest, server) =
        (file("package/package.json"), file("manifest.json"), file("server.json"));
    for (name, found) in [
        ("package.json", &package["version"]),
        ("manifest.json", &manifest["version"]),
        ("server.json", &server["version"]),
        ("the package in server.json", &server["packages"][0]["version"]),
    ] {
        assert_eq!(found, version, "{name}");
    }
    assert_eq!(package["mcpName"], server["name"]);
    assert_eq!(package["name"], server["packages"][0]["identifier"]);

    let optional = package["optionalDependencies"].as_object().unwrap();
    assert!(optional.values().all(|found| found == version), "{optional:?}");
    let named: BTreeSet<_> = optional.keys().cloned().collect();
    let platforms = file("platforms.json");
    let built = platforms.as_array().unwrap().iter().map(|platform| platform["suffix"].as_str().unwrap());
    let launcher = text("package/lib/binary.js");
    let known =
        |suffix: &&str| assert!(launcher.contains(&format!("'{suffix}'")), "the launcher knows no {suffix}");
    let built = built.inspect(known).map(|suffix| format!("@peaka/mcp-server-{suffix}")).collect();
    assert_eq!(named, built, "the launcher's optional packages are those that are built");
}

#[tokio::test]
async fn the_bundle_lists_the_tools_there_are() {
    let house = House::start().await;
    let name = |tool: &Value| tool["name"].as_str().unwrap().to_owned();
    let served: BTreeSet<_> = tools(&house).await.iter().map(name).collect();
    let listed: BTreeSet<_> = file("manifest.json")["tools"].as_array().unwrap().iter().map(name).collect();
    assert_eq!(listed, served);
}
