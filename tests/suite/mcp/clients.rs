//! The clients that people have. `AIMEM_MCP_CLIENTS` names a folder with them, as `.ci/run` makes it:
//! `v1` and `v2`, two Python environments with `mcp`, and `node_modules`, each if it can be had.
//! Without them there is nothing to be done here: the other tests ask the same questions byte by byte.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Ran, TestEnv};

fn client(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("AIMEM_MCP_CLIENTS").map(PathBuf::from)?;
    Some(folder.join(name)).filter(|client| client.exists())
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/mcp/clients").join(name)
}

#[track_caller]
fn drives(env: &TestEnv, command: &mut Command) -> String {
    env.write("a.json", "{\"n\": 0}\n");
    let held = env.hold("held.json");
    let ran = Ran::of(command.arg(env.path("")).output().unwrap());
    drop(held);
    assert!(ran.stdout.ends_with("all is well\n"), "{}\n{}", ran.stdout, ran.stderr);
    ran.stdout
}

#[test]
fn pythons_client_drives_it_in_both_its_versions() {
    for python in ["v1/bin/python", "v2/bin/python"].into_iter().filter_map(client) {
        let env = TestEnv::new();
        drives(&env, env.command(python).arg(script("client.py")));
    }
}

#[test]
fn the_clients_for_node_drive_it() {
    let Some(modules) = client("node_modules") else { return };
    let env = TestEnv::new();
    // Packages are looked for from where a module is.
    std::fs::copy(script("client.mjs"), env.path("client.mjs")).unwrap();
    std::os::unix::fs::symlink(&modules, env.path("node_modules")).unwrap();
    drives(&env, env.command("node").arg(env.path("client.mjs")));
    let mut inspector = env.command(modules.join(".bin/mcp-inspector"));
    inspector.args(["--cli", aimem(), "mcp", "--root"]).arg(env.path("")).args(["--method", "tools/list"]);
    let listed = Ran::of(inspector.output().unwrap()).ok().stdout;
    assert!(listed.contains("memory_update"), "{listed}");
}

fn aimem() -> &'static str {
    crate::common::aimem_path().to_str().unwrap()
}
