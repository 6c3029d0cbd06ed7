//! Tests as another user: they need root to become `nobody`.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{TestEnv, aimem_path, require, require_root};

/// The user and group that nothing belongs to.
pub const NOBODY: u32 = 65534;

/// An environment whose home and working folder belong to nobody, with a copy of aimem that
/// everyone may run. `None` where we can't become somebody else.
pub fn nobodys_env() -> Option<TestEnv> {
    if !require_root() || !require("setpriv") {
        return None;
    }
    let env = TestEnv::new();
    set_mode(env.root(), 0o755);
    for folder in [env.path(""), env.home()] {
        chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    // By a child: a descriptor of ours, open for writing, could reach another test's child and
    // make the copy «text file busy».
    let copied = Command::new("cp").arg(aimem_path()).arg(binary(&env)).status().unwrap();
    assert!(copied.success());
    set_mode(&binary(&env), 0o755);
    Some(env)
}

fn binary(env: &TestEnv) -> PathBuf {
    env.root().join("aimem")
}

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

impl TestEnv {
    /// aimem, run by nobody.
    pub fn as_nobody<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = self.command("setpriv");
        command.args([&format!("--reuid={NOBODY}"), &format!("--regid={NOBODY}"), "--clear-groups"]);
        command.arg(binary(self)).args(args);
        command
    }
}
