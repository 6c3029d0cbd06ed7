//! The old scripts' rule beside ours on one file, 8 and 8, with and without deaths.
//!
//! No two of ours may ever be inside at once. A script's `rm -rf` can remove whatever lock stands
//! there by then, so overlaps that involve a script happen; they are counted and printed. The long
//! form (`AIMEM_LONG_TESTS=1`) lasts a minute for each of the four races, and its figures stand in
//! `docs/protocol.md`.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{Inside, TestEnv, long_tests, require};

const EACH: usize = 8;

/// The rule, written anew: whoever can `mkdir` is in; a lock whose process is gone is removed;
/// else look again after a tenth of a second.
const SCRIPT: &str = r#"
target=$1 stop=$2; shift 2
locks=$HOME/aiconfig/.locks
lock=$locks/$(printf %s "$target" | sha256sum | cut -d' ' -f1).lock
host=$(uname -n)
while [ ! -e "$stop" ]; do
    until mkdir "$lock" 2>/dev/null; do
        [ -e "$stop" ] && exit 0
        pid=$(sed -n 's/^PID: //p' "$lock/info" 2>/dev/null)
        if [ -n "$pid" ] && ! kill -0 "$pid" 2>/dev/null; then
            rm -rf "$lock"
        else
            sleep 0.1
        fi
    done
    printf 'PID: %s\nACQUIRED: %s\nHOSTNAME: %s\n' "$$" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$host" \
        2>/dev/null >"$lock/info"
    "$@"
    rm -rf "$lock"
done
"#;

const OURS: &str = r#"
target=$1 stop=$2; shift 2
while [ ! -e "$stop" ]; do "$AIMEM" lock with "$target" -w 60 -- "$@" || exit 1; done
"#;

/// How often somebody who is inside is killed, with all that belongs to it.
const DEATH: Duration = Duration::from_millis(50);

struct Figures {
    entries: usize,
    overlaps: usize,
    took: f64,
}

fn race(name: &str, ours: usize, scripts: usize, deaths: bool) -> Option<Figures> {
    if !require("bash") || !require("flock") || !require("setsid") {
        return None;
    }
    let env = TestEnv::new();
    env.make_root();
    let target = env.write("f", "").canonicalize().unwrap();
    let stop = env.root().join("stop");
    // Two witnesses: one that only ours pass, and one that everyone passes.
    let among_ours = Inside::new(&env, "ours");
    let among_all = Inside::new(&env, "all");
    let start = |script: &str, work: Vec<String>| -> Child {
        // A session of its own, so that it can be killed with all that it started.
        let mut command: Command = env.command("setsid");
        command.args(["bash", "-c", script, "contender"]).args([&target, &stop]).args(work);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    // The outer witness is inside while the inner one looks.
    let witnesses = || [among_ours.command("ours", "0"), among_all.command("ours", "0")].concat();
    let start_ours = || start(OURS, witnesses());
    let start_script = || start(SCRIPT, among_all.command("script", "0"));
    let mut field = Field(Vec::new());
    field.0.extend((0..ours).map(|_| (true, start_ours())));
    field.0.extend((0..scripts).map(|_| (false, start_script())));

    let began = Instant::now();
    let limit = Duration::from_secs(if long_tests() { 60 } else { 2 });
    let mut victim = 0;
    while began.elapsed() < limit {
        // The length of the race, not a synchronisation.
        std::thread::sleep(DEATH);
        if deaths {
            victim = (victim + 5) % field.0.len();
            let (is_ours, child) = &mut field.0[victim];
            kill_session(child);
            *child = if *is_ours { start_ours() } else { start_script() };
        }
        if ours > 0 {
            assert_eq!(among_ours.overlaps(), [""; 0], "two of ours were inside at once");
        }
    }
    let took = began.elapsed().as_secs_f64();
    std::fs::write(&stop, "").unwrap();
    for (_, child) in &mut field.0 {
        child.wait().unwrap();
    }
    field.0.clear();
    assert_eq!(among_ours.overlaps(), [""; 0], "two of ours were inside at once");
    let figures = Figures { entries: among_all.entries().len(), overlaps: among_all.overlaps().len(), took };
    let Figures { entries, overlaps, took } = figures;
    let rate = 100.0 * overlaps as f64 / entries.max(1) as f64;
    let own = among_ours.entries().len();
    eprintln!(
        "{name}: {entries} entries ({own} of ours) in {took:.0} s, {overlaps} overlaps, {rate:.2} in 100"
    );
    if ours > 0 {
        assert!(own > 10, "ours came in only {own} times");
    }
    Some(figures)
}

/// The contenders, killed with all that they started when the test fails.
struct Field(Vec<(bool, Child)>);

impl Drop for Field {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|(_, child)| kill_session(child));
    }
}

fn kill_session(child: &mut Child) {
    let group = child.id().to_string();
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{group}")]).output();
    child.wait().unwrap();
}

#[test]
fn no_two_of_ours_overlap_beside_scripts() {
    race("8 of ours and 8 scripts", EACH, EACH, false);
}

#[test]
fn no_two_of_ours_overlap_beside_scripts_that_die() {
    race("8 of ours and 8 scripts, with deaths", EACH, EACH, true);
}

#[test]
fn scripts_alone_are_the_measure() {
    if long_tests() {
        race("16 scripts alone", 0, 2 * EACH, false);
        race("16 scripts alone, with deaths", 0, 2 * EACH, true);
    }
}
