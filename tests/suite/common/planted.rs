//! Planting things in a folder of trust, at every name that aimem comes by there.
//!
//! Nobody thinks of the names: the commands are traced twice, and every name under the watched
//! folders that any call is given is on the list. A name that both runs came by is planted as it
//! is. One that is made of chance or time is planted in the same shape, as something that lies
//! about there.
//!
//! Then for each name and each kind of thing the tree is put down anew, the thing is planted, and
//! the commands that come by that name are run, as the superuser or as another user than the
//! folder's. Whatever they say and however they end: in time, nothing outside is changed, created
//! or removed, and nobody is told the secret, neither by their output nor by a file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{MetadataExt, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::{
    Disk, NOBODY, Ran, Snapshot, TestEnv, aimem_path, require, require_root, set_mode, small_disk, walk,
};

/// What must be nowhere but in the victim.
pub const SECRET: &str = "the-victims-secret";
/// A user who is neither the folder's owner nor the superuser.
pub const OTHER: u32 = 54321;
/// Longer than any command here takes. Who is killed by it waits for something that was planted.
const LIMIT: &str = "60";
/// Kilobytes that a command may use: an endless device fills them soon.
const MEMORY: &str = "4000000";
/// So many names of one shape are enough.
const ALIKE: usize = 5;
/// What stands for a ULID that nobody can know.
const SOME_ULID: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

/// A command that is run against what was planted.
#[derive(Debug, Clone)]
pub struct Attacked {
    pub args: Vec<String>,
    pub variables: Vec<(&'static str, String)>,
}

impl Attacked {
    pub fn new(args: &[&str]) -> Attacked {
        Attacked { args: args.iter().map(|&arg| arg.to_owned()).collect(), variables: Vec::new() }
    }

    /// In the value `{root}` stands for the environment's root; `{root}/locks` is a folder of the
    /// runner's.
    pub fn variable(mut self, name: &'static str, value: impl Into<String>) -> Attacked {
        self.variables.push((name, value.into()));
        self
    }
}

/// Who runs the commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    /// The superuser. What is outside is the superuser's own.
    Root,
    /// Another user than the folder's owner, who has let everybody in. What is outside is that
    /// other user's.
    Other,
}

impl Runner {
    fn user(self) -> u32 {
        if self == Runner::Root { 0 } else { OTHER }
    }
}

/// What is planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    LinkToFile,
    LinkToFolder,
    LinkToNothing,
    HardLink,
    Fifo,
    Folder,
    Device,
    /// A file of somebody else's.
    Strangers,
    /// A file of the runner's own that nobody else may read, as if it had been moved here.
    Moved,
}

pub const KINDS: [Kind; 9] = [
    Kind::LinkToFile,
    Kind::LinkToFolder,
    Kind::LinkToNothing,
    Kind::HardLink,
    Kind::Fifo,
    Kind::Folder,
    Kind::Device,
    Kind::Strangers,
    Kind::Moved,
];

/// An environment whose home is nobody's, the names that commands come by in it, and the tree to
/// be put down again and again.
pub struct Planting {
    pub env: TestEnv,
    commands: Vec<Attacked>,
    /// Below the environment's root, with the commands that come by it.
    names: BTreeMap<PathBuf, BTreeSet<usize>>,
    /// In memory: thousands of trees are put down, and all that is written is synced.
    _disk: Disk,
}

impl Planting {
    /// Fills a home by `set_up`, gives all of it to nobody, and traces the commands. The names
    /// that count lie in one of the folders `watched` below the environment's root, and not in one
    /// of the `ignored`. `None` where we can't do that.
    pub fn new(
        set_up: impl FnOnce(&TestEnv),
        watched: &[&str],
        ignored: &[&str],
        commands: impl FnOnce(&TestEnv) -> Vec<Attacked>,
    ) -> Option<Planting> {
        if !require_root() || !require("strace") || !require("setpriv") || !require("prlimit") {
            return None;
        }
        let disk = small_disk("500m")?;
        set_mode(disk.path(), 0o755);
        let env = TestEnv::in_folder(disk.path());
        set_mode(env.root(), 0o755);
        let binary = env.root().join("aimem");
        assert!(Command::new("cp").arg(aimem_path()).arg(&binary).status().unwrap().success());
        set_up(&env);
        for path in walk(&env.home()) {
            lchown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        copy(&env.home(), &env.root().join("template"));
        let commands = commands(&env);
        let mut planting = Planting { env, commands, names: BTreeMap::new(), _disk: disk };
        for index in 0..planting.commands.len() {
            let [first, second] = [(); 2].map(|()| planting.trace(index));
            for name in &first | &second {
                let sure = first.contains(&name) && second.contains(&name);
                let name = if sure || planting.in_template(&name) { name } else { shape(&name) };
                let has = |folders: &[&str]| folders.iter().any(|folder| name.starts_with(folder));
                if has(watched) && !has(ignored) && !watched.iter().any(|folder| name == Path::new(folder)) {
                    planting.names.entry(name).or_default().insert(index);
                }
            }
        }
        let mut alike: BTreeMap<PathBuf, usize> = BTreeMap::new();
        planting.names.retain(|name, _| {
            let count = alike.entry(shape(name)).or_default();
            *count += 1;
            *count <= ALIKE
        });
        Some(planting)
    }

    /// The names, below the environment's root.
    pub fn names(&self) -> Vec<&Path> {
        self.names.keys().map(PathBuf::as_path).collect()
    }

    fn in_template(&self, name: &Path) -> bool {
        let below = name.strip_prefix("home").unwrap_or(name);
        self.env.root().join("template").join(below).symlink_metadata().is_ok()
    }

    /// The names below the environment's root that a command's calls are given.
    fn trace(&self, index: usize) -> BTreeSet<PathBuf> {
        self.put_down(Runner::Root);
        let file = self.env.root().join("trace");
        let mut command = self.env.command("strace");
        command.args(["-f", "-y", "-qq", "-s", "4096", "-e", "trace=%file", "-o"]).arg(&file);
        command.arg(self.env.root().join("aimem"));
        let ran = Ran::of(self.with(command, index).output().unwrap());
        assert!(ran.code < 128, "{:?}: {}", self.commands[index], ran.stderr);
        let text = fs::read_to_string(file).unwrap();
        let paths = text.lines().flat_map(paths_in);
        paths.filter_map(|path| Some(path.strip_prefix(self.env.root()).ok()?.to_owned())).collect()
    }

    fn with(&self, mut command: Command, index: usize) -> Command {
        let Attacked { args, variables } = &self.commands[index];
        let root = self.env.root().to_str().unwrap();
        command.args(args).stdin(Stdio::null());
        command.envs(variables.iter().map(|(name, value)| (name, value.replace("{root}", root))));
        command
    }

    /// The tree as it was, and the victim: a folder with a file and a folder in it.
    fn put_down(&self, runner: Runner) {
        let root = self.env.root();
        for folder in ["home", "victim", "locks"] {
            let _ = fs::remove_dir_all(root.join(folder));
        }
        copy(&root.join("template"), &self.env.home());
        fs::create_dir(root.join("locks")).unwrap();
        lchown(root.join("locks"), Some(runner.user()), Some(runner.user())).unwrap();
        fs::create_dir_all(root.join("victim/folder")).unwrap();
        fs::write(root.join("victim/folder/inner"), SECRET).unwrap();
        if runner == Runner::Other {
            for path in walk(&self.env.home()).into_iter().filter(|path| !path.is_symlink()) {
                // A folder for everyone stays one.
                let sticky = path.metadata().unwrap().mode() & 0o1000;
                set_mode(&path, if path.is_dir() { 0o777 | sticky } else { 0o666 });
            }
        }
    }

    fn give_victim(&self, runner: Runner) {
        for path in walk(&self.env.root().join("victim")) {
            lchown(&path, Some(runner.user()), Some(runner.user())).unwrap();
            set_mode(&path, if path.is_dir() { 0o700 } else { 0o600 });
        }
    }

    fn run(&self, runner: Runner, index: usize) -> Ran {
        let mut command = self.env.command("prlimit");
        command.arg(format!("--as={MEMORY}000")).args(["timeout", "-s", "KILL", LIMIT]);
        if runner == Runner::Other {
            command.args([
                "setpriv",
                &format!("--reuid={OTHER}"),
                &format!("--regid={OTHER}"),
                "--clear-groups",
            ]);
        }
        command.arg(self.env.root().join("aimem"));
        Ran::of(self.with(command, index).output().unwrap())
    }

    /// Plants each kind at each name and runs the commands that come by it, at most `most` of them,
    /// which are others for each pair. Pairs are left out that `wanted`, which is also given their number, does not want.
    /// The secret is `secret` of a name, and contains [`SECRET`]. After each run `also` may look for
    /// it elsewhere. Returns how many things were planted, and how many runs there were.
    pub fn attack(
        &self,
        runner: Runner,
        secret: &dyn Fn(&Path) -> String,
        wanted: &dyn Fn(usize, &Path, Kind) -> bool,
        most: usize,
        also: &dyn Fn() -> Option<String>,
    ) -> (usize, usize) {
        let (mut number, mut planted, mut runs) = (0, 0, 0);
        for (name, indices) in &self.names {
            for kind in KINDS {
                number += 1;
                // What others put into a folder that everybody may use is as good as the owner's.
                if kind == Kind::Moved && runner == Runner::Other || !wanted(number, name, kind) {
                    continue;
                }
                self.put_down(runner);
                let inode = self.plant(runner, name, kind, &secret(name));
                let before = Snapshot::of(&self.env.root().join("victim"));
                planted += 1;
                for &index in
                    indices.iter().cycle().skip(number % indices.len()).take(most.min(indices.len()))
                {
                    let ran = self.run(runner, index);
                    runs += 1;
                    let what =
                        format!("{kind:?} at {}, {:?} {runner:?}", name.display(), self.commands[index].args);
                    self.judge(&what, &ran, &before, Some(inode));
                    if let Some(trouble) = also() {
                        panic!("{what}: {trouble}");
                    }
                }
            }
        }
        (planted, runs)
    }

    #[track_caller]
    fn judge(&self, what: &str, ran: &Ran, before: &Snapshot, planted: Option<u64>) {
        assert!(ran.code < 128, "{what}: ended with {}: {}", ran.code, ran.stderr);
        let after = Snapshot::of(&self.env.root().join("victim"));
        assert!(*before == after, "{what}: outside was\n{before:?}\nand is\n{after:?}\n{}", ran.stderr);
        for text in [&ran.stdout, &ran.stderr] {
            assert!(!text.contains(SECRET), "{what}: the secret is told: {text}");
        }
        for path in walk(&self.env.home()) {
            let Ok(meta) = path.symlink_metadata() else { continue };
            if meta.is_file() && Some(meta.ino()) != planted && meta.len() < 1 << 20 {
                let bytes = fs::read(&path).unwrap_or_default();
                let found = bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
                assert!(!found, "{what}: the secret stands in {}", path.display());
            }
        }
    }

    /// Puts a thing in the place of whatever has the name. Returns its number.
    fn plant(&self, runner: Runner, name: &Path, kind: Kind, secret: &str) -> u64 {
        let path = self.env.root().join(name);
        let victim = self.env.root().join("victim");
        fs::write(victim.join("secret"), secret).unwrap();
        self.give_victim(runner);
        if path.is_dir() && !path.is_symlink() {
            fs::remove_dir_all(&path).unwrap();
        } else {
            let _ = fs::remove_file(&path);
        }
        for above in path.parent().unwrap().ancestors().collect::<Vec<_>>().into_iter().rev() {
            // Something else than a folder has been planted there in another case, not now.
            if !above.exists() {
                fs::create_dir(above).unwrap();
                lchown(above, Some(NOBODY), Some(NOBODY)).unwrap();
                set_mode(above, if runner == Runner::Other { 0o777 } else { 0o700 });
            }
        }
        let owner = match kind {
            Kind::LinkToFile => {
                symlink(victim.join("secret"), &path).unwrap();
                NOBODY
            }
            Kind::LinkToFolder => {
                symlink(victim.join("folder"), &path).unwrap();
                NOBODY
            }
            Kind::LinkToNothing => {
                symlink(victim.join("folder/new"), &path).unwrap();
                NOBODY
            }
            Kind::HardLink => {
                fs::hard_link(victim.join("secret"), &path).unwrap();
                runner.user()
            }
            Kind::Fifo => {
                make_node(&path, &["p"]);
                NOBODY
            }
            Kind::Folder => {
                fs::create_dir(&path).unwrap();
                fs::write(path.join("inner"), "").unwrap();
                NOBODY
            }
            Kind::Device => {
                // It gives zeros without end.
                make_node(&path, &["c", "1", "5"]);
                NOBODY
            }
            Kind::Strangers | Kind::Moved => {
                fs::write(&path, secret).unwrap();
                set_mode(&path, 0o600);
                if kind == Kind::Moved { runner.user() } else { 999 }
            }
        };
        lchown(&path, Some(owner), Some(owner)).unwrap();
        path.symlink_metadata().unwrap().ino()
    }

    /// Swaps a name with a link out of the tree, to the victim's file or folder, again and again
    /// while the commands that come by it are run, as often as that takes. Returns how often it was
    /// swapped while they ran, which is 0 for a name that is not in the tree.
    pub fn swap(&self, runner: Runner, name: &Path, swaps: usize, secret: &str) -> usize {
        let (path, victim) = (self.env.root().join(name), self.env.root().join("victim"));
        let other = path.with_file_name("swapped");
        let count = AtomicUsize::new(0);
        let mut last = usize::MAX;
        // In a round without a swap nothing can be swapped here.
        while count.load(Ordering::Relaxed) < swaps && count.load(Ordering::Relaxed) != last {
            last = count.load(Ordering::Relaxed);
            self.put_down(runner);
            fs::write(victim.join("secret"), secret).unwrap();
            self.give_victim(runner);
            if path.symlink_metadata().is_err() {
                return 0;
            }
            symlink(victim.join(if path.is_dir() { "folder" } else { "secret" }), &other).unwrap();
            lchown(&other, Some(NOBODY), Some(NOBODY)).unwrap();
            let (before, over) = (Snapshot::of(&victim), AtomicBool::new(false));
            let ends = std::thread::scope(|scope| {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        // One of them may be away: a command renames and removes.
                        match renameat_with(CWD, &path, CWD, &other, RenameFlags::EXCHANGE) {
                            Ok(()) => drop(count.fetch_add(1, Ordering::Relaxed)),
                            Err(_) => std::thread::yield_now(),
                        }
                    }
                });
                let _over = Over(&over);
                let runs = self.names[name].iter().map(|&index| (index, self.run(runner, index)));
                runs.collect::<Vec<_>>()
            });
            for (index, ran) in ends {
                let what = format!("{} swapped, {:?} {runner:?}", name.display(), self.commands[index].args);
                self.judge(&what, &ran, &before, None);
            }
        }
        count.into_inner()
    }
}

/// Says that it is over, when a test fails too.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

/// The paths in a line of `strace -y`: absolute ones, and names behind a descriptor's path.
fn paths_in(line: &str) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('"') {
        let Some((text, behind)) = after.split_once('"') else { break };
        let folder =
            before.strip_suffix(">, ").and_then(|before| before.rsplit_once('<')).map(|(_, path)| path);
        match folder {
            _ if text.starts_with('/') => paths.push(PathBuf::from(text)),
            Some(folder) if !["", ".", ".."].contains(&text) => paths.push(Path::new(folder).join(text)),
            _ => {}
        }
        rest = behind;
    }
    paths
}

/// A name with all that is made of chance or time in it the same each time.
fn shape(path: &Path) -> PathBuf {
    path.iter()
        .map(|part| {
            let mut shaped = String::new();
            let text = part.to_string_lossy();
            let mut rest = text.as_ref();
            while let Some(first) = rest.chars().next() {
                let run = |is: fn(char) -> bool| rest.find(|letter| !is(letter)).unwrap_or(rest.len());
                let ulid = run(|letter| letter.is_ascii_digit() || letter.is_ascii_uppercase());
                let hex = run(|letter| letter.is_ascii_digit() || ('a'..='f').contains(&letter));
                let digits = run(|letter| letter.is_ascii_digit());
                let length = match (ulid, hex, digits) {
                    (26, ..) => {
                        shaped.push_str(SOME_ULID);
                        26
                    }
                    (_, hex, digits) if hex >= 6 || digits >= 4 => {
                        shaped.push_str(&"0".repeat(hex.max(digits)));
                        hex.max(digits)
                    }
                    _ => {
                        shaped.push(first);
                        first.len_utf8()
                    }
                };
                rest = &rest[length..];
            }
            shaped
        })
        .collect()
}

/// A FIFO or a device that anybody may use: `rustix` has no such call for macOS.
fn make_node(path: &Path, kind: &[&str]) {
    assert!(Command::new("mknod").args(["-m", "666"]).arg(path).args(kind).status().unwrap().success());
}
