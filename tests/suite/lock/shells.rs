//! One agent, many shells: each command is a `sh -c` of its own, and knows its session.

use std::time::Duration;

use aimem::lock::info::Info;
use aimem::sys::clock::since_boot;

use crate::common::{Ran, TestEnv, eventually};

/// One command of an agent, in a shell of its own.
fn shell(env: &TestEnv, client: &str, script: &str) -> Ran {
    Ran::of(env.sh(script).env("AIMEM_CLIENT", client).output().unwrap())
}

fn id_of(env: &TestEnv, client: &str, script: &str) -> String {
    let ran = shell(env, client, script).ok();
    assert_eq!((ran.stdout.lines().count(), ran.stderr.as_str()), (1, ""), "{script}");
    ran.stdout.trim_end().to_owned()
}

/// For how long the lease of `f` runs.
fn left(env: &TestEnv) -> Duration {
    let info = Info::parse(&std::fs::read(env.lock_dir("f").join("info")).unwrap());
    info.expires_boot.unwrap().saturating_sub(since_boot())
}

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn the_same_session_renews_its_lease_and_is_told_the_same_id() {
    let env = TestEnv::new();
    env.write("f", "");
    let first = id_of(&env, "claude-code:5f1c", r#""$AIMEM" lock acquire f --ttl 1m"#);
    let again = id_of(&env, "claude-code:5f1c", r#""$AIMEM" lock acquire f --ttl 10m -n"#);
    assert_eq!(first, again);
    assert!(left(&env) > 9 * MINUTE, "{:?}", left(&env));
    // By the flag too, which goes before the environment.
    let flag = r#""$AIMEM" lock acquire f --ttl 20m -n --client claude-code:5f1c"#;
    assert_eq!(id_of(&env, "codex:9", flag), first);
    assert!(left(&env) > 19 * MINUTE, "{:?}", left(&env));
    // It is never cut short: another call of the session may rely on its end.
    let json = shell(&env, "claude-code:5f1c", r#""$AIMEM" lock acquire f --ttl 1m -n --json"#).ok();
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["id"], first.as_str());
    let end: jiff::Timestamp = json["expires"].as_str().unwrap().parse().unwrap();
    assert!(end.duration_since(jiff::Timestamp::now()).as_secs() > 18 * 60, "{json}");
    assert!(left(&env) > 18 * MINUTE, "{:?}", left(&env));
    // The id is as good as ever.
    shell(&env, "", &format!(r#""$AIMEM" lock release {first}"#)).ok();
    assert_eq!(env.verdict("f"), "free");
}

#[test]
fn nobody_else_renews_it_and_a_bare_name_never_does() {
    let env = TestEnv::new();
    env.write("f", "");
    let take = r#""$AIMEM" lock acquire f --ttl 10m -n"#;
    id_of(&env, "claude-code:5f1c", take);
    for other in ["claude-code", "claude-code:5f1", "claude-code:5f1c:agent", "codex:5f1c", ""] {
        shell(&env, other, take).expect(75);
    }
    // A lease is no session's that a bare name took, its own name included.
    let env = TestEnv::new();
    env.write("f", "");
    for bare in ["claude-code", "claude-code:", ":5f1c", "claude code:5f1c"] {
        let id = id_of(&env, bare, take);
        shell(&env, bare, take).expect(75);
        shell(&env, bare, &format!(r#""$AIMEM" lock release {id}"#)).ok();
    }
    // Nor is a lock of another kind, which ends with its process.
    let script = r#""$AIMEM" lock acquire f >id && "$AIMEM" lock acquire f --ttl 10m -n"#;
    shell(&env, "claude-code:5f1c", script).expect(75);
}

#[test]
fn a_lease_that_has_ended_is_not_renewed_but_taken_anew() {
    let env = TestEnv::new();
    env.write("f", "");
    let first = id_of(&env, "a:1", r#""$AIMEM" lock acquire f --ttl 20ms"#);
    eventually("it runs out", || env.verdict("f") == "stale");
    let second = id_of(&env, "a:1", r#""$AIMEM" lock acquire f --ttl 10m"#);
    assert_ne!(first, second);
    shell(&env, "a:1", &format!(r#""$AIMEM" lock release {first}"#)).expect(76);
    assert_eq!(env.verdict("f"), "held");
}

#[test]
fn calls_of_one_session_at_once_all_have_the_one_lease() {
    let env = TestEnv::new();
    env.write("f", "");
    let script = r#"
        for i in 1 2 3 4 5 6 7 8; do "$AIMEM" lock acquire f --ttl 10m -w 20 >id.$i & done
        for i in 1 2 3 4 5 6 7 8; do wait; done; cat id.*"#;
    let ran = shell(&env, "a:1", script).ok();
    let mut ids: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!((ids.len(), ran.stderr.as_str()), (8, ""));
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let shown = env.run(["locks", "show", "--ids"]).ok().stdout;
    assert_eq!(shown.lines().count(), 1, "{shown}");
}

#[test]
fn inside_a_lock_the_sessions_place_is_renewed() {
    let env = TestEnv::new();
    env.write("f", "");
    let script = r#""$AIMEM" lock with f -- sh -c '
        A=$("$AIMEM" lock acquire f --ttl 1m) && B=$("$AIMEM" lock acquire f --ttl 10m -n) &&
        [ "$A" = "$B" ] && case $A in */*) ;; *) exit 9 ;; esac
        AIMEM_CLIENT=a:2 "$AIMEM" lock acquire f --ttl 1m -n; [ $? -eq 75 ]'"#;
    shell(&env, "a:1", script).ok();
}

#[test]
fn a_busy_error_says_when_the_lease_ends() {
    let env = TestEnv::new();
    env.write("f", "{}");
    id_of(&env, "a:1", r#""$AIMEM" lock acquire f --ttl 10m"#);
    let busy = shell(&env, "b:1", r#""$AIMEM" update f . -n"#).expect(75);
    assert!(busy.stderr.contains("f is held by a lease (a:1: aimem lock acquire f), ends in 9m"), "{busy:?}");
    assert!(busy.stderr.contains("; gave up after "), "{busy:?}");
    // A lock that ends with a process has no such end.
    let env = TestEnv::new();
    let holder = env.hold("f");
    let busy = shell(&env, "b:1", r#""$AIMEM" lock acquire f --ttl 1m -n"#).expect(75);
    assert!(!busy.stderr.contains("ends in"), "{busy:?}");
    holder.end().ok();
}

#[test]
fn the_session_renews_and_releases_its_lease_by_the_file() {
    let env = TestEnv::new();
    env.write("f", "");
    let id = id_of(&env, "a:1", r#""$AIMEM" lock acquire f --ttl 1m"#);
    shell(&env, "a:1", r#""$AIMEM" lock renew f --ttl 10m"#).ok();
    assert!(left(&env) > 9 * MINUTE, "{:?}", left(&env));
    // A renewal in so many words may cut it short.
    let json = shell(&env, "", r#""$AIMEM" lock renew ./f --ttl 5m --client a:1 --json"#).ok();
    assert!(json.stdout.contains(&id), "{json:?}");
    assert!(left(&env) <= 5 * MINUTE, "{:?}", left(&env));
    // Whichever way the file is spelled.
    std::os::unix::fs::symlink("f", env.path("link")).unwrap();
    shell(&env, "a:1", r#""$AIMEM" lock release link"#).ok();
    assert_eq!(env.verdict("f"), "free");
    let again = shell(&env, "a:1", r#""$AIMEM" lock release f"#).expect(76);
    assert!(again.stderr.contains("f is lost: nobody has it"), "{again:?}");
}

#[test]
fn by_the_file_nobody_elses_lock_is_renewed_or_released() {
    let env = TestEnv::new();
    env.write("f", "");
    let id = id_of(&env, "a:1", r#""$AIMEM" lock acquire f --ttl 10m"#);
    let both = [r#""$AIMEM" lock release f"#, r#""$AIMEM" lock renew f --ttl 1m"#];
    for script in both {
        for other in ["a:2", "a:1:agent", "b:1"] {
            let refused = shell(&env, other, script).expect(76);
            assert!(refused.stderr.contains("it is held by a lease (a:1: "), "{refused:?}");
        }
        for bare in ["a", "a:", ""] {
            let refused = shell(&env, bare, script).expect(2);
            assert!(refused.stderr.contains("cannot tell which lock is meant by f: "), "{refused:?}");
            assert!(refused.stderr.contains("--client NAME:SESSION"), "{refused:?}");
        }
    }
    assert!(left(&env) > 9 * MINUTE, "{:?}", left(&env));
    shell(&env, "", &format!(r#""$AIMEM" lock release {id}"#)).ok();
    // A lock that ends with a process is released by its id, whatever its owner calls itself.
    let manual = r#""$AIMEM" lock acquire f >id; "$AIMEM" lock release f; [ $? -eq 76 ] && "$AIMEM" lock release "$(cat id)""#;
    shell(&env, "a:1", manual).ok();
    // A lease that ran out is another's business by now.
    id_of(&env, "a:1", r#""$AIMEM" lock acquire f --ttl 20ms"#);
    eventually("it runs out", || env.verdict("f") == "stale");
    let over = shell(&env, "a:1", r#""$AIMEM" lock release f"#).expect(76);
    assert!(over.stderr.contains("its lease expired"), "{over:?}");
}

#[test]
fn the_beginning_of_an_id_is_enough_where_it_says_whose_lock_it_is() {
    let env = TestEnv::new();
    env.write("f", "");
    let id = id_of(&env, "", r#""$AIMEM" lock acquire f --ttl 1m"#);
    let (key, token) = id.split_once(':').unwrap();
    let short = format!("{}:{}", &key[..8], &token[..8]);
    shell(&env, "", &format!(r#""$AIMEM" lock renew {short} --ttl 10m"#)).ok();
    assert!(left(&env) > 9 * MINUTE, "{:?}", left(&env));
    // The first half alone is the same for whoever holds the lock next.
    for half in [&key[..8], key, &id[..key.len() + 8]] {
        let refused = shell(&env, "a:1", &format!(r#""$AIMEM" lock release {half}"#)).expect(76);
        assert!(refused.stderr.contains("it is held by a lease"), "{refused:?}");
        let refused = shell(&env, "a", &format!(r#""$AIMEM" lock release {half}"#)).expect(2);
        assert!(refused.stderr.contains("it says which lock but not whose"), "{refused:?}");
    }
    shell(&env, "", &format!(r#""$AIMEM" lock release {short}"#)).ok();
    // The next holder's is another id, whose lock the old beginning does not reach.
    let next = env.hold("f");
    let lost = shell(&env, "", &format!(r#""$AIMEM" lock release {short}"#)).expect(76);
    assert!(lost.stderr.contains("no lock has an id that begins with"), "{lost:?}");
    assert_eq!(env.verdict("f"), "held");
    next.end().ok();
    // For a session the first half will do.
    id_of(&env, "a:1", r#""$AIMEM" lock acquire f --ttl 1m"#);
    shell(&env, "a:1", &format!(r#""$AIMEM" lock renew {} --ttl 10m"#, &key[..8])).ok();
    assert!(left(&env) > 9 * MINUTE, "{:?}", left(&env));
    // A file of that name is a file.
    env.write(&key[..8], "");
    shell(&env, "a:1", &format!(r#""$AIMEM" lock release {}"#, &key[..8])).expect(76);
    assert_eq!(env.verdict("f"), "held");
}

#[test]
fn a_beginning_that_several_ids_have_names_none_of_them() {
    let env = TestEnv::new();
    env.make_root();
    // Two locks whose keys begin alike, which no two files here would have.
    let info = |token: &str| {
        format!("PID: 0\nTOKEN: {token}\nLIVENESS: lease\nEXPIRES: 2999-01-01T00:00:00.000Z\nCLIENT: a:1\n")
    };
    for (last, token) in [("0", "aaaaaaaa11"), ("1", "aaaaaaaa22")] {
        let lock = env.locks().join(format!("{}{last}.lock", "0123456789abcdef".repeat(4).split_at(63).0));
        std::fs::create_dir(&lock).unwrap();
        std::fs::write(lock.join("info"), info(token)).unwrap();
    }
    for short in ["01234567", "01234567:aaaaaaaa"] {
        let refused = shell(&env, "a:1", &format!(r#""$AIMEM" lock release {short}"#)).expect(2);
        assert!(refused.stderr.contains("the ids of 2 locks begin so"), "{refused:?}");
    }
    shell(&env, "a:1", r#""$AIMEM" lock release 01234567:aaaaaaaa2"#).ok();
    assert_eq!(env.lock_names().len(), 1, "{:?}", env.lock_names());
}

#[test]
fn a_lock_is_taken_from_whoever_holds_it_in_one_step() {
    let env = TestEnv::new();
    env.write("f.json", "{}");
    let take = r#""$AIMEM" lock take f.json --ttl 10m"#;
    // From a lease, from a running command, and from one whose directory a script has removed.
    id_of(&env, "a:1", r#""$AIMEM" lock acquire f.json --ttl 10m"#);
    let ran = shell(&env, "b:1", take).ok();
    assert!(ran.stderr.contains("was taken from a lease (a:1: "), "{ran:?}");
    let lost = shell(&env, "a:1", r#""$AIMEM" lock release f.json"#).expect(76);
    assert!(lost.stderr.contains("held by a lease (b:1: "), "{lost:?}");
    shell(&env, "b:1", r#""$AIMEM" lock release f.json"#).ok();
    for uproot in [false, true] {
        let holder = env.hold("f.json");
        if uproot {
            std::fs::remove_dir_all(env.lock_dir("f.json")).unwrap();
        }
        let ran = shell(&env, "b:1", take).ok();
        assert!(ran.stderr.contains(&format!("was taken from pid {}", holder.pid)), "{ran:?}");
        assert!(ran.stderr.contains("which was alive"), "{ran:?}");
        let id = ran.stdout.trim_end();
        // Its holder learns of it, and takes nothing with it.
        holder.end().expect(76);
        assert_eq!(env.status("f.json")["client"], "b:1");
        shell(&env, "", &format!(r#""$AIMEM" update f.json '.n = 1' --lock {id}"#)).ok();
        shell(&env, "", &format!(r#""$AIMEM" lock release {id}"#)).ok();
    }
    let log = env.run(["locks", "log", "--json"]).ok().stdout;
    assert_eq!(log.matches("\"break\"").count(), 3, "{log}");
    // Free, or one's own: nothing is broken.
    let free = shell(&env, "b:1", take).ok();
    assert_eq!(shell(&env, "b:1", take).ok().stdout, free.stdout);
    assert_eq!(free.stderr, "");
    let log = env.run(["locks", "log", "--json"]).ok().stdout;
    assert_eq!(log.matches("\"break\"").count(), 3, "{log}");
}

#[test]
fn nobody_who_waits_comes_between_and_takers_at_once_have_it_one_after_another() {
    let env = TestEnv::new();
    env.write("f", "");
    let holder = env.hold("f");
    let mut waiters: Vec<_> =
        (0..8).map(|_| env.aimem(["lock", "with", "f", "-w", "1", "--", "true"]).spawn().unwrap()).collect();
    let takers = "for i in 1 2 3 4 5 6 7 8; do \"$AIMEM\" lock take f --ttl 10m --client t:$i >id.$i & done; wait; cat id.*";
    let ran = shell(&env, "", takers).ok();
    let mut ids: Vec<&str> = ran.stdout.lines().collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 8, "{ran:?}");
    for waiter in &mut waiters {
        assert_eq!(waiter.wait().unwrap().code(), Some(75));
    }
    holder.end().expect(76);
    // One has it, and the others' ids reach nothing.
    let released = ids.iter().filter(|id| env.run(["lock", "release", id]).code == 0).count();
    assert_eq!(released, 1);
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn an_id_is_kept_in_a_file_from_one_shell_to_the_next() {
    let env = TestEnv::new();
    env.write("f", "");
    env.write("g", "");
    let acquired = shell(&env, "", r#""$AIMEM" lock acquire f --ttl 10m --id-file id"#).ok();
    assert_eq!((acquired.stdout.as_str(), acquired.stderr.as_str()), ("", ""));
    assert!(env.read("id").trim_end().parse::<aimem::lock::LockId>().unwrap().is_whole());
    shell(&env, "", r#""$AIMEM" lock renew --id-file id --ttl 30m"#).ok();
    assert!(left(&env) > 29 * MINUTE, "{:?}", left(&env));
    // The id of a lock that is held is not lost for another one, which then is not left behind.
    let refused = shell(&env, "", r#""$AIMEM" lock acquire g --ttl 10m --id-file id"#).expect(73);
    assert!(refused.stderr.contains("keeps the id of another lock, which is still held"), "{refused:?}");
    assert_eq!(env.verdict("g"), "free");
    shell(&env, "", r#""$AIMEM" lock release --id-file id"#).ok();
    assert_eq!(env.verdict("f"), "free");
    assert!(!env.path("id").exists());
    shell(&env, "", r#""$AIMEM" lock release --id-file id"#).expect(66);
    env.write("id", "nonsense\n");
    shell(&env, "", r#""$AIMEM" lock release --id-file id"#).expect(65);
    // One whose lock is over is of no use to anybody.
    shell(&env, "", r#""$AIMEM" lock acquire f --ttl 20ms --id-file id"#).ok();
    eventually("it runs out", || env.verdict("f") == "stale");
    shell(&env, "", r#""$AIMEM" lock acquire g --ttl 10m --id-file id --json"#).ok();
    shell(&env, "", r#""$AIMEM" lock release --id-file id g"#).expect(2);
    shell(&env, "", r#""$AIMEM" lock release"#).expect(2);
    shell(&env, "", r#""$AIMEM" lock acquire f --ttl 10m --id-file no/such/folder/id"#).expect(73);
    shell(&env, "", r#""$AIMEM" lock release --id-file id"#).ok();
}
