//! Users of a test's own, with homes: real numbers, and an `/etc/passwd` in a mount namespace that
//! no other process sees.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{TestEnv, aimem_path, require, require_root};

/// A user of these tests, and the group of the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User(pub u32);

pub const ROOT: User = User(0);
pub const ALICE: User = User(61_001);
pub const BOB: User = User(61_002);
/// A member of no group but her own.
pub const CAROL: User = User(61_003);
/// A group that Alice and Bob are members of.
pub const TEAM: u32 = 61_010;

/// These users and the superuser, who has a home of its own here too.
pub struct Users {
    pub env: TestEnv,
}

impl Users {
    /// `None` where we can't become somebody else.
    pub fn new() -> Option<Users> {
        if !require_root() || !require("setpriv") || !require("unshare") {
            return None;
        }
        let users = Users { env: TestEnv::new() };
        fs::set_permissions(users.env.root(), fs::Permissions::from_mode(0o755)).unwrap();
        let mut passwd = String::new();
        for user in [ROOT, ALICE, BOB, CAROL] {
            let home = users.home(user);
            fs::create_dir(&home).unwrap();
            chown(&home, Some(user.0), Some(user.0)).unwrap();
            // The superuser's name is asked for elsewhere, by `sudo`.
            let name = if user == ROOT { "root".to_owned() } else { format!("user{}", user.0) };
            passwd.push_str(&format!("{name}:x:{0}:{0}::{1}:/bin/sh\n", user.0, home.display()));
        }
        fs::write(users.env.root().join("passwd"), passwd).unwrap();
        // By a child: a descriptor of ours, open for writing, could reach another test's child and
        // make the copy «text file busy».
        let binary = users.binary();
        assert!(Command::new("cp").arg(aimem_path()).arg(&binary).status().unwrap().success());
        fs::set_permissions(binary, fs::Permissions::from_mode(0o755)).unwrap();
        Some(users)
    }

    pub fn home(&self, user: User) -> PathBuf {
        self.env.root().join(format!("home-{}", user.0))
    }

    /// A file in somebody's home, theirs.
    pub fn write(&self, user: User, name: &str, content: &str) -> PathBuf {
        let path = self.home(user).join(name);
        let mut missing: Vec<&Path> = path.ancestors().skip(1).take_while(|above| !above.exists()).collect();
        while let Some(folder) = missing.pop() {
            fs::create_dir(folder).unwrap();
            chown(folder, Some(user.0), Some(user.0)).unwrap();
        }
        fs::write(&path, content).unwrap();
        chown(&path, Some(user.0), Some(user.0)).unwrap();
        path
    }

    /// Where somebody's locks live.
    pub fn locks(&self, user: User) -> PathBuf {
        self.home(user).join("aiconfig/.locks")
    }

    pub fn binary(&self) -> PathBuf {
        self.env.root().join("aimem")
    }

    /// Any program, run by that user in their own home and with that HOME.
    pub fn command(&self, user: User, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.env.command("unshare");
        let script = "mount --bind \"$1\" /etc/passwd && shift && exec \"$@\"";
        command.args(["--mount", "sh", "-c", script, "sh"]).arg(self.env.root().join("passwd"));
        command.arg("setpriv").args([format!("--reuid={}", user.0), format!("--regid={}", user.0)]);
        match user {
            ALICE | BOB => command.arg(format!("--groups={},{TEAM}", user.0)),
            _ => command.arg("--clear-groups"),
        };
        command.arg(program).current_dir(self.home(user));
        command.env("HOME", self.home(user)).env("AIMEM", self.binary());
        command
    }

    /// aimem, run by that user.
    pub fn aimem<S: AsRef<OsStr>>(&self, user: User, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = self.command(user, self.binary());
        command.args(args);
        command
    }
}
