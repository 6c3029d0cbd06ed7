//! Writers of one file that share no lock root: two users, two homes, two spellings of a name, two
//! mounts. What keeps them from losing each other's updates is the kernel lock of the folder, and
//! where that can't be had, the exchange of the two names.
//!
//! Every update leaves an id of its own in the document. At the end each id that was confirmed
//! must be there, and none of which it was said that nothing was written.
//!
//! The short form confirms about fifty updates a race; `AIMEM_LONG_TESTS=1` 20,000 for four lock roots
//! with and without sync and with killed writers, 5,000 for each other case, and 2,000 in a folder
//! that somebody keeps, where each update waits for a quarter of a second.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use aimem::sys::file::{Flock, try_flock};

use crate::common::{Mounted, NOBODY, Ran, TestEnv, aimem_path, long_tests, nobodys_env, set_mode, skip};

/// How one side runs aimem, and under which name it knows the file.
struct Side {
    program: PathBuf,
    user: Option<u32>,
    variables: Vec<(&'static str, PathBuf)>,
    file: PathBuf,
}

impl Side {
    fn new(env: &TestEnv, file: &Path, variable: &'static str, value: &str) -> Side {
        let folder = env.root().join(value);
        fs::create_dir_all(&folder).unwrap();
        let variables = vec![(variable, folder)];
        Side { program: aimem_path().to_owned(), user: None, variables, file: file.to_owned() }
    }

    fn of_user(self, env: &TestEnv, user: u32) -> Side {
        for (_, folder) in &self.variables {
            std::os::unix::fs::chown(folder, Some(user), Some(user)).unwrap();
        }
        Side { program: env.root().join("aimem"), user: Some(user), ..self }
    }

    fn command(&self, env: &TestEnv, options: &[&str], id: &str) -> Command {
        let mut command = env.command(&self.program);
        command.args(["update", "-w", "60"]).args(options);
        command.arg(&self.file).args(["--arg", "id", id, ".ids[$id] = 0"]);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command
    }
}

/// Sides whose locks are in folders of their own, whatever else decides where a lock lives.
fn roots(env: &TestEnv, files: &[PathBuf]) -> Vec<Side> {
    let side =
        |(number, file): (usize, &PathBuf)| Side::new(env, file, "AIMEM_LOCK_DIR", &format!("l{number}"));
    files.iter().enumerate().map(side).collect()
}

#[derive(Default)]
struct Race {
    workers: usize,
    updates: usize,
    options: Vec<&'static str>,
    /// Somebody keeps the folder's kernel lock, or it can't be had: versions may be displaced.
    may_displace: bool,
    may_vanish: bool,
    kills: bool,
}

impl Race {
    /// `workers` on each side, until so many updates are confirmed.
    fn of(short: usize, long: usize) -> Race {
        Race { workers: 4, updates: if long_tests() { long } else { short }, ..Race::default() }
    }

    fn run(&self, env: &TestEnv, sides: &[Side]) {
        let file = &sides[0].file;
        fs::write(file, "{\"ids\":{}}\n").unwrap();
        if sides.iter().any(|side| side.user.is_some()) {
            std::os::unix::fs::chown(file, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let confirmed = Mutex::new(Vec::new());
        let refused = Mutex::new(Vec::new());
        let count = AtomicUsize::new(0);
        let failed = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for (number, side) in sides.iter().enumerate() {
                for worker in 0..self.workers {
                    let (confirmed, refused, count, failed) = (&confirmed, &refused, &count, &failed);
                    scope.spawn(move || {
                        let mut random = fastrand::Rng::new();
                        for round in 0.. {
                            if count.load(Ordering::Relaxed) >= self.updates || failed.load(Ordering::Relaxed)
                            {
                                break;
                            }
                            let id = format!("{number}-{worker}-{round}");
                            let kill = self.kills && random.usize(..4) == 0;
                            let ran = self.update(env, side, &id, kill.then(|| random.usize(..20_000)));
                            match ran.code {
                                0 => {
                                    confirmed.lock().unwrap().push(id);
                                    count.fetch_add(1, Ordering::Relaxed);
                                }
                                // Where the kernel still knows another spelling of a name that was
                                // just renamed over, it finds nothing there for a moment (ntfs-3g).
                                66 if self.may_vanish => refused.lock().unwrap().push(id),
                                76 if ran.stderr.contains("nothing was written") => {
                                    refused.lock().unwrap().push(id);
                                }
                                76 if self.may_displace && ran.stderr.contains("is kept as") => {}
                                137 if kill => {}
                                code => {
                                    failed.store(true, Ordering::Relaxed);
                                    panic!("{code}: {}", ran.stderr);
                                }
                            }
                        }
                    });
                }
            }
        });
        let (confirmed, refused) = (confirmed.into_inner().unwrap(), refused.into_inner().unwrap());
        self.check(file, &confirmed, &refused);
    }

    fn update(&self, env: &TestEnv, side: &Side, id: &str, kill: Option<usize>) -> Ran {
        let mut child = side.command(env, &self.options, id).stdout(Stdio::null()).spawn().unwrap();
        if let Some(after) = kill {
            std::thread::sleep(Duration::from_micros(after as u64));
            let _ = child.kill();
        }
        Ran::of(child.wait_with_output().unwrap())
    }

    fn check(&self, file: &Path, confirmed: &[String], refused: &[String]) {
        let ids = |path: &Path| {
            let document: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            document["ids"].as_object().unwrap().clone()
        };
        let now = ids(file);
        let folder = file.parent().unwrap();
        let names = TestEnv::names_in(folder);
        let displaced: Vec<PathBuf> =
            names.iter().filter(|name| name.contains(".displaced-")).map(|name| folder.join(name)).collect();
        assert!(self.may_displace || displaced.is_empty(), "{displaced:?}");
        let kept: Vec<_> = displaced.iter().map(|path| ids(path)).collect();
        let lost: Vec<&String> = confirmed
            .iter()
            .filter(|id| !now.contains_key(*id) && !kept.iter().any(|kept| kept.contains_key(*id)))
            .collect();
        eprintln!(
            "{} confirmed, {} lost, {} told to have come to nothing, {} versions displaced",
            confirmed.len(),
            lost.len(),
            refused.len(),
            displaced.len()
        );
        assert!(
            lost.is_empty(),
            "{} of {} confirmed updates are lost: {lost:?}",
            lost.len(),
            confirmed.len()
        );
        let undead: Vec<&String> = refused.iter().filter(|id| now.contains_key(*id)).collect();
        assert!(undead.is_empty(), "«nothing was written», but it was: {undead:?}");
        if !self.kills {
            assert!(!names.iter().any(|name| name.contains("aimem-")), "{names:?}");
        }
    }
}

#[test]
fn four_lock_roots_lose_nothing() {
    let env = TestEnv::new();
    let file = env.path("shared.json");
    let sides = roots(&env, &vec![file; 4]);
    for (options, long) in [(vec![], 20_000), (vec!["--no-sync"], 20_000), (vec!["--backup=2"], 5_000)] {
        Race { options, ..Race::of(40, long) }.run(&env, &sides);
    }
}

#[test]
fn four_lock_roots_whose_writers_are_killed_lose_nothing() {
    let env = TestEnv::new();
    let file = env.path("shared.json");
    let sides = roots(&env, &vec![file; 4]);
    for options in [vec![], vec!["--no-sync"]] {
        // One that dies between the exchange and its undoing leaves the other version displaced.
        let race = Race { options, kills: true, may_displace: true, ..Race::of(40, 20_000) };
        race.run(&env, &sides);
    }
}

#[test]
fn two_users_and_two_homes_with_and_without_a_configured_path_lose_nothing() {
    let Some(env) = nobodys_env() else { return };
    let folder = env.path("open");
    fs::create_dir(&folder).unwrap();
    set_mode(&folder, 0o777);
    let file = folder.join("shared.json");
    let sides = [
        Side::new(&env, &file, "HOME", "h1"),
        Side::new(&env, &file, "HOME", "h2").of_user(&env, NOBODY),
        Side::new(&env, &file, "AICONFIG_PATH", "a1"),
        Side::new(&env, &file, "AICONFIG_PATH", "a2").of_user(&env, NOBODY),
    ];
    Race::of(40, 5_000).run(&env, &sides);
}

#[test]
fn two_mounts_of_a_folder_lose_nothing() {
    let env = TestEnv::new();
    fs::create_dir(env.path("one")).unwrap();
    fs::create_dir(env.path("other")).unwrap();
    let Some(_mounted) = Mounted::bind(&env.path("one"), &env.path("other")) else { return };
    let sides = roots(&env, &[env.path("one/shared.json"), env.path("other/shared.json")]);
    Race::of(40, 5_000).run(&env, &sides);
}

#[test]
fn two_spellings_of_a_name_lose_nothing_where_case_is_ignored() {
    let mut raced = 0;
    for kind in ["vfat", "ext4", "ntfs"] {
        let env = TestEnv::new();
        let Some((_mounted, folder)) = ignoring_case(&env, kind) else { continue };
        let spellings = ["Shared.json", "shared.JSON"].map(|name| folder.join(name));
        // By one lock root: it is the spelling that makes two locks of one file.
        let sides = spellings.map(|file| Side::new(&env, &file, "AIMEM_LOCK_DIR", "l"));
        Race { may_vanish: kind == "ntfs", ..Race::of(40, 5_000) }.run(&env, &sides);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "{kind}");
        raced += 1;
    }
    if raced == 0 {
        skip("no file system that ignores case can be mounted here");
    }
}

/// A small file system in a file, with a folder in which case does not matter.
fn ignoring_case(env: &TestEnv, kind: &str) -> Option<(Mounted, PathBuf)> {
    let (at, image) = (env.path("mounted"), env.root().join("image"));
    fs::create_dir(&at).unwrap();
    File::create(&image).unwrap().set_len(64 << 20).unwrap();
    let options: &[&str] = match kind {
        "ext4" => &["-q", "-O", "casefold"],
        "ntfs" => &["-q", "-F", "-f"],
        _ => &[],
    };
    let mounted = Mounted::image(&image, kind, options, &at)?;
    let folder = at.join("folder");
    fs::create_dir(&folder).unwrap();
    let folded = kind != "ext4"
        || Command::new("chattr").arg("+F").arg(&folder).output().is_ok_and(|output| output.status.success());
    folded.then_some((mounted, folder))
}

#[test]
fn a_folder_whose_kernel_lock_somebody_keeps_loses_nothing() {
    let env = TestEnv::new();
    let file = env.path("shared.json");
    let folder = File::open(env.path("")).unwrap();
    assert!(try_flock(&folder, Flock::Exclusive).unwrap());
    let sides = roots(&env, &vec![file; 4]);
    for kills in [false, true] {
        let race = Race { workers: 2, kills, may_displace: true, ..Race::of(6, 2_000) };
        race.run(&env, &sides);
    }
    drop(folder);
}

/// Nobody may lock what nobody may read. Here the exchange alone decides, and without any pause.
#[test]
fn a_folder_that_may_not_be_read_loses_nothing() {
    let Some(env) = nobodys_env() else { return };
    let file = env.path("shared.json");
    let sides: Vec<Side> =
        roots(&env, &vec![file; 4]).into_iter().map(|side| side.of_user(&env, NOBODY)).collect();
    set_mode(&env.path(""), 0o333);
    for (kills, options) in [(false, vec!["--no-sync"]), (true, vec!["--no-sync"])] {
        Race { kills, options, may_displace: true, ..Race::of(40, 5_000) }.run(&env, &sides);
    }
}

/// One side holds the folder's lock, the other can't: a plain rename of the one would destroy what
/// the other has just exchanged.
#[test]
fn those_who_may_lock_the_folder_spare_those_who_may_not() {
    let Some(env) = nobodys_env() else { return };
    let file = env.path("shared.json");
    set_mode(&env.path(""), 0o333);
    let sides: Vec<Side> = roots(&env, &vec![file; 4])
        .into_iter()
        .enumerate()
        .map(|(number, side)| if number % 2 == 0 { side } else { side.of_user(&env, NOBODY) })
        .collect();
    Race { options: vec!["--no-sync"], may_displace: true, ..Race::of(40, 5_000) }.run(&env, &sides);
}
