//! Every kind of holder, living and dead, in every kind of container, judged from every other: none of
//! the living is freed, and none of the dead is kept for longer than the protocol's page says.
//!
//! Long form (`AIMEM_LONG_TESTS=1`): all pairs of places, over and over, at least 1,000 tries on each
//! living kind and 1,000 takeovers of each dead one.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use crate::common::{Holder, Ran, TestEnv, long_tests, require, require_root, skip};

/// Where a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Host,
    /// Its own PID namespace.
    Pids,
    /// Its own boot id alone, in the host's PID namespace.
    Boot,
    /// Its own boot id, machine-id, host name and PID namespace.
    Container,
    /// Its own time namespace, a day ahead.
    Time,
    /// `bwrap` with everything unshared but the files. The host name is the host's.
    Sandbox,
}

use Place::{Boot, Container, Host, Pids, Sandbox, Time};

impl Place {
    /// A shell script in this place. It ends with the process that is started, and so does all that it
    /// starts, where PIDs are the place's own.
    fn command(self, env: &TestEnv, script: &str) -> Command {
        let bind = |kind: &str, over: &str| {
            let id = env.root().join(format!("{self:?}-{kind}"));
            format!("if [ -e {over} ]; then mount --bind {} {over} || exit 99; fi; ", id.display())
        };
        let boot = bind("boot", "/proc/sys/kernel/random/boot_id");
        let script = match self {
            Host | Pids | Time | Sandbox => script.to_owned(),
            Boot => format!("{boot}{script}"),
            Container => {
                format!("hostname a-container; {boot}{}{script}", bind("machine", "/etc/machine-id"))
            }
        };
        let around: &[&str] = match self {
            Host => &[],
            Pids => &["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"],
            Boot => &["unshare", "--mount"],
            Container => {
                &["unshare", "--pid", "--mount", "--uts", "--ipc", "--fork", "--mount-proc", "--kill-child"]
            }
            Time => &["unshare", "--time", "--boottime", "100000", "--fork", "--kill-child"],
            Sandbox => {
                &["bwrap", "--dev-bind", "/", "/", "--unshare-all", "--proc", "/proc", "--die-with-parent"]
            }
        };
        let words: Vec<&str> = around.iter().chain(&["sh", "-c"]).copied().collect();
        let mut command = env.command(words[0]);
        command.args(&words[1..]).arg(script);
        command
    }

    /// Whether processes of the other place have the same numbers here, and the same start times.
    fn sees_processes_of(self, other: Place) -> bool {
        self == other && matches!(self, Host | Boot) || matches!((self, other), (Host, Boot) | (Boot, Host))
    }

    /// Whether a lease of the other place ends by the same clock.
    fn has_clock_of(self, other: Place) -> bool {
        let kernels = [Host, Pids, Sandbox];
        kernels.contains(&self) && kernels.contains(&other) || self == other && self != Time
    }
}

/// The places that can be had here, and the environment with what they need.
fn places() -> Option<(TestEnv, Vec<Place>)> {
    if !require_root() || !require("unshare") || !require("hostname") {
        return None;
    }
    let env = TestEnv::new();
    for place in [Boot, Container] {
        let boot = format!("{:08x}-0000-4000-8000-000000000000\n", place as u32 + 0xb007);
        fs::write(env.root().join(format!("{place:?}-boot")), boot).unwrap();
        fs::write(env.root().join(format!("{place:?}-machine")), format!("{:032x}\n", 0xc0)).unwrap();
    }
    let works = |place: &Place| {
        let works = place.command(&env, "exit 0").status().is_ok_and(|status| status.success());
        works || skip(&format!("{place:?} cannot be had here"))
    };
    let all = [Host, Pids, Boot, Container, Time, Sandbox];
    let places =
        all.into_iter().filter(|place| *place != Sandbox || require("bwrap")).filter(works).collect();
    env.write("f", "");
    Some((env, places))
}

/// How somebody holds the lock of `f`, or a guest's place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    With,
    /// The wrapper was killed; its command has the lock.
    LeftBehind,
    Owner,
    Lease,
}

const KINDS: [Kind; 4] = [Kind::With, Kind::LeftBehind, Kind::Owner, Kind::Lease];

impl Kind {
    /// Takes what there is to take, says so, and stays.
    fn script(self, ttl: &str) -> String {
        let stay = "echo in && exec cat >/dev/null";
        match self {
            Kind::With => format!("exec \"$AIMEM\" lock with f --close -w 30 -- sh -c '{stay}'"),
            Kind::LeftBehind => {
                format!("\"$AIMEM\" lock with f -w 30 -- sh -c 'kill -9 $PPID; {stay}'; exec cat >/dev/null")
            }
            Kind::Owner => format!("\"$AIMEM\" lock acquire f -w 30 --pid $$ >/dev/null && {stay}"),
            Kind::Lease => format!("\"$AIMEM\" lock acquire f -w 30 --ttl {ttl} >/dev/null && {stay}"),
        }
    }

    /// Whether one who died in `there` is known to be dead in `here` at once.
    fn is_told(self, here: Place, there: Place) -> bool {
        match self {
            // One kernel knows of all kernel locks.
            Kind::With | Kind::LeftBehind => true,
            Kind::Owner => here.sees_processes_of(there),
            Kind::Lease => here.has_clock_of(there),
        }
    }
}

/// The lock of `f` in one environment, or the guests' place in it.
struct Scene {
    env: TestEnv,
    places: Vec<Place>,
    /// Whoever has the lock under which all others are guests, and its id.
    host: Option<(Holder, String)>,
}

impl Scene {
    fn new(with_guests: bool) -> Option<Scene> {
        let (env, places) = places()?;
        let mut scene = Scene { env, places, host: None };
        if with_guests {
            scene.renew_host();
        }
        Some(scene)
    }

    fn renew_host(&mut self) {
        if let Some((host, _)) = self.host.take() {
            host.end().ok();
        }
        let script = "echo $AIMEM_LOCK_ID; echo in; exec cat >/dev/null";
        let mut host = Holder::launch(&mut self.env.aimem(["lock", "with", "f", "--", "sh", "-c", script]));
        let id = host.line();
        assert_eq!(host.line(), "in");
        self.host = Some((host, id));
    }

    fn command(&self, place: Place, script: &str) -> Command {
        let mut command = place.command(&self.env, script);
        if let Some((_, id)) = &self.host {
            command.env("AIMEM_LOCK_ID", id);
        }
        command
    }

    fn hold(&self, kind: Kind, place: Place, ttl: &str) -> Holder {
        Holder::start(&mut self.command(place, &kind.script(ttl)))
    }

    /// The pairs of places: all, or each with the host and with one other, a different one each time.
    fn pairs(&self) -> Vec<(Place, Place)> {
        let all = self.places.iter().enumerate().flat_map(|(at, &there)| {
            let other = self.places[(at * 2 + 3) % self.places.len()];
            let some = if long_tests() { self.places.clone() } else { vec![Host, other] };
            some.into_iter().map(move |here| (there, here))
        });
        all.collect()
    }

    fn info(&self) -> Option<u64> {
        fs::metadata(self.env.lock_dir("f").join("info")).ok().map(|meta| meta.ino())
    }
}

fn none_of_the_living_is_freed(with_guests: bool) {
    let Some(mut scene) = Scene::new(with_guests) else { return };
    let pairs = scene.pairs();
    let rounds = if long_tests() { 1_000 / pairs.len() + 1 } else { 1 };
    for kind in KINDS {
        for &(there, here) in &pairs {
            let holder = scene.hold(kind, there, "10m");
            let before = scene.info();
            let attempt = format!(
                "i=0; while [ $i -lt {rounds} ]; do i=$((i+1)); \"$AIMEM\" lock with f -n -- true; echo $?; \
                 \"$AIMEM\" locks cleanup; done"
            );
            let ran = Ran::of(scene.command(here, &attempt).output().unwrap());
            let freed = format!("{kind:?} in {there:?}, from {here:?}: {}", ran.stderr);
            assert_eq!(ran.stdout, "75\n".repeat(rounds), "{freed}");
            assert_eq!(scene.info(), before, "{freed}");
            assert_ne!(holder.end().code, 76, "{freed}");
            scene.clear();
        }
        eprintln!("{kind:?}, guests {with_guests}: {} tries on the living, none freed", rounds * pairs.len());
    }
}

fn none_of_the_dead_is_kept(with_guests: bool) {
    let Some(mut scene) = Scene::new(with_guests) else { return };
    let pairs = scene.pairs();
    let wanted = if long_tests() { 1_000 } else { 1 };
    for kind in KINDS {
        let (mut taken, mut kept) = (0, 0);
        while taken < wanted {
            for &(there, here) in &pairs {
                let is_told = kind.is_told(here, there);
                if !is_told && kept == pairs.len() {
                    continue;
                }
                let mut holder = scene.hold(kind, there, "1ms");
                holder.kill();
                if kind == Kind::LeftBehind {
                    // What a killed wrapper has left behind ends with its input.
                    holder.let_go();
                }
                let dead = format!("{kind:?} in {there:?}, from {here:?}");
                if is_told {
                    // A killed process may take its time to be gone.
                    let take = "\"$AIMEM\" lock with f -w 30 -- sh -c 'echo $AIMEM_LOCK_RECLAIMED'";
                    let ran = Ran::of(scene.command(here, take).output().unwrap());
                    assert_eq!((ran.code, ran.stdout.as_str()), (0, "1\n"), "{dead}: {}", ran.stderr);
                    taken += 1;
                } else {
                    // Told by nobody, or for a lease by the wall clock, with time to spare; unless the new
                    // namespace has happened to get the number of the one that is gone.
                    let take = "\"$AIMEM\" lock with f -n -- true";
                    let ran = Ran::of(scene.command(here, take).output().unwrap());
                    let may_coincide = here == there && ![Host, Boot].contains(&here);
                    assert!(ran.code == 75 || ran.code == 0 && may_coincide, "{dead}: {}", ran.stderr);
                    kept += 1;
                    scene.clear();
                }
            }
        }
        eprintln!(
            "{kind:?}, guests {with_guests}: {taken} takeovers of the dead, {kept} that cannot be told"
        );
    }
}

impl Scene {
    /// Makes the place free for the next round, whoever has it.
    fn clear(&mut self) {
        match self.host {
            Some(_) => self.renew_host(),
            None => drop(self.env.run(["lock", "break", "f"])),
        }
    }
}

#[test]
fn none_of_the_living_is_freed_from_anywhere() {
    none_of_the_living_is_freed(false);
}

#[test]
fn none_of_the_dead_is_kept_from_anywhere() {
    none_of_the_dead_is_kept(false);
}

#[test]
fn no_living_guest_is_freed_from_anywhere() {
    none_of_the_living_is_freed(true);
}

#[test]
fn no_dead_guest_is_kept_from_anywhere() {
    none_of_the_dead_is_kept(true);
}
