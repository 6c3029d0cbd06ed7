//! `aimem mcp install` and `uninstall`: the settings files of agents' clients.

mod at_once;
mod elements;
mod install;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::common::{Ran, TestEnv};

/// Every client, with its user's file and its project's.
const CLIENTS: [(&str, &str, &str, &str); 6] = [
    ("claude-code", ".claude.json", ".mcp.json", "mcpServers"),
    ("cursor", ".cursor/mcp.json", ".cursor/mcp.json", "mcpServers"),
    ("vscode", ".config/Code/User/mcp.json", ".vscode/mcp.json", "servers"),
    ("codex", ".codex/config.toml", ".codex/config.toml", "mcp_servers"),
    ("zed", ".config/zed/settings.json", ".zed/settings.json", "context_servers"),
    ("gemini", ".gemini/settings.json", ".gemini/settings.json", "mcpServers"),
];

/// `aimem mcp VERB --client CLIENT …`, where no client of this machine is found.
fn mcp(env: &TestEnv, words: &[&str]) -> Command {
    let mut command = env.aimem(["mcp"].iter().chain(words));
    command.env("PATH", env.path("no-programs"));
    for variable in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME"] {
        command.env_remove(variable);
    }
    command
}

fn run(env: &TestEnv, words: &[&str]) -> Ran {
    Ran::of(mcp(env, words).output().unwrap())
}

/// A client's user's settings.
fn put(env: &TestEnv, file: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = env.home().join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

fn get(env: &TestEnv, file: &str) -> String {
    String::from_utf8(fs::read(env.home().join(file)).unwrap()).unwrap()
}
