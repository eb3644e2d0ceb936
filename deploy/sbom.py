#!/usr/bin/env python3
"""Writes the bill of materials of one of our programs: every crate that is compiled into it, as CycloneDX 1.6.

usage: deploy/sbom.py gateway >gateway.cdx.json       (or mcp-backend)

What only tests or the build of other machines need is left out. The list comes from Cargo.lock, so the same commit gives the
same list.
"""

import json
import pathlib
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = "x86_64-unknown-linux-gnu"


def reached(root, nodes):
    """The ids of the packages that `root` is built with, by normal and by build dependencies."""
    found, left = set(), [root]
    while left:
        package = left.pop()
        if package in found:
            continue
        found.add(package)
        for dependency in nodes[package]["deps"]:
            if any(kind["kind"] != "dev" for kind in dependency["dep_kinds"]):
                left.append(dependency["pkg"])
    return found


def component(package, checksums):
    name, version = package["name"], package["version"]
    entry = {
        "type": "library",
        "bom-ref": package["id"],
        "name": name,
        "version": version,
        "purl": f"pkg:cargo/{name}@{version}",
    }
    if package["license"]:
        entry["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if checksum := checksums.get((name, version)):
        entry["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if package["repository"]:
        entry["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return entry


def main(program):
    asked = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", TARGET]
    metadata = json.loads(subprocess.check_output(asked, cwd=ROOT))
    locked = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    checksums = {(it["name"], it["version"]): it.get("checksum") for it in locked}
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    (root,) = [it["id"] for it in metadata["packages"] if it["name"] == program and it["id"] in metadata["workspace_members"]]
    used = sorted(reached(root, nodes))
    # Where our own crates lie on this machine is nobody's business.
    refs = {it: f"{packages[it]['name']}@{packages[it]['version']}" for it in used}
    components = [{**component(packages[it], checksums), "bom-ref": refs[it]} for it in used]
    whole = {**components.pop(used.index(root)), "type": "application"}
    depends = [
        {"ref": refs[it], "dependsOn": sorted({refs[dep["pkg"]] for dep in nodes[it]["deps"] if dep["pkg"] in refs})}
        for it in used
    ]
    bom = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": whole},
        "components": components,
        "dependencies": depends,
    }
    json.dump(bom, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
