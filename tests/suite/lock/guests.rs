//! Guests: commands that work under a lock that is held already, one at a time.

use std::thread;

use crate::common::{Holder, Inside, Ran, TestEnv};

/// Runs a script under the lock of `f.json`.
fn under(env: &TestEnv, script: &str) -> crate::common::Ran {
    env.run(["lock", "with", "f.json", "--", "sh", "-c", script])
}

#[test]
fn parallel_guests_lose_no_update() {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 0}\n");
    // Eight at once, each three times in a row.
    let one = "for i in 1 2 3; do \"$AIMEM\" update f.json '.n += 1' || exit 1; done";
    let all = format!(
        "pids=; for g in 1 2 3 4 5 6 7 8; do ( {one} ) & pids=\"$pids $!\"; done; for p in $pids; do wait $p || exit 1; done"
    );
    for _ in 0..3 {
        under(&env, &all).ok();
    }
    assert_eq!(env.json("f.json")["n"], 72);
    assert_eq!(env.lock_names(), [""; 0]);
}

/// Enters, and says `overlap` when somebody is inside already.
const ALONE: &str =
    "mkdir inside 2>/dev/null || { echo overlap >>overlaps; exit 9; }; sleep 0.002; rmdir inside";

#[test]
fn guests_that_run_commands_are_never_inside_together_at_any_depth() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    env.write("alone.sh", ALONE);
    env.write(
        "level.sh",
        r#"
            # Each level starts two guests at once, which start two each.
            if [ "$1" -eq 0 ]; then exec sh alone.sh; fi
            "$AIMEM" lock with f.json -- sh level.sh $(($1 - 1)) & one=$!
            "$AIMEM" lock with f.json -- sh level.sh $(($1 - 1)) & two=$!
            wait $one && wait $two"#,
    );
    under(&env, "sh level.sh 4").ok();
    assert!(!env.path("overlaps").exists());
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn a_guest_of_a_guest_does_not_wait_for_its_own_host() {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 0}\n");
    let deep = "\"$AIMEM\" lock with f.json -n -- sh -c '\"$AIMEM\" lock with f.json -n -- \"$AIMEM\" update f.json -n .n=7'";
    under(&env, deep).ok();
    assert_eq!(env.json("f.json")["n"], 7);
}

#[test]
fn a_guest_waits_for_another_guest_and_says_so_in_time() {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 0}\n");
    let host = Holder::start(&mut env.aimem([
        "lock",
        "with",
        "f.json",
        "--",
        "sh",
        "-c",
        "echo $AIMEM_LOCK_ID >id; \"$AIMEM\" lock with f.json -- sh -c 'echo in; exec cat >/dev/null'",
    ]));
    let id = env.read("id");
    let guest = |args: &[&str]| {
        let mut command = env.aimem(args);
        command.env("AIMEM_LOCK_ID", id.trim_end());
        crate::common::Ran::of(command.output().unwrap())
    };
    guest(&["update", "f.json", ".n += 1", "-n"]).expect(75);
    guest(&["update", "f.json", ".n += 1", "-w", "50ms"]).expect(75);
    assert_eq!(env.read("f.json"), "{\"n\": 0}\n");
    host.end().ok();
    // The id is dead now, and one in the environment is ignored.
    guest(&["update", "f.json", ".n += 1", "-n"]).ok();
    assert_eq!(env.json("f.json")["n"], 1);
}

#[test]
fn an_outsider_never_gets_in_between_guests() {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 0}\n");
    let script = r#"
        before=$("$AIMEM" read f.json .n)
        for i in 1 2 3 4 5; do "$AIMEM" update f.json '.n += 1' || exit 1; done
        after=$("$AIMEM" read f.json .n)
        [ $((after - before)) -eq 5 ]"#;
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| under(&env, script).ok());
        }
    });
    assert_eq!(env.json("f.json")["n"], 40);
}

#[test]
fn a_host_that_was_killed_has_guests_while_its_command_lives() {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 0}\n");
    let script = "echo in; read go; \"$AIMEM\" update f.json -n '.n += 1' && \"$AIMEM\" update f.json -n '.n += 1'; echo $? >done";
    let mut host = Holder::start(&mut env.aimem(["lock", "with", "f.json", "--", "sh", "-c", script]));
    host.kill();
    env.run(["update", "f.json", "-n", "."]).expect(75);
    host.let_go();
    crate::common::eventually("the command has ended", || env.path("done").exists());
    assert_eq!(env.json("f.json")["n"], 2);
    env.run(["update", "f.json", "."]).ok();
}

#[test]
fn a_guest_killed_with_its_command_alive_keeps_the_other_guests_out() {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 0}\n");
    let inner = "\"$AIMEM\" lock with f.json -- sh -c \"echo in; exec cat >/dev/null\"";
    let script = format!(
        "echo $AIMEM_LOCK_ID >id; exec 4<&0; {inner} <&4 & echo $! >guest; wait; exec cat >/dev/null"
    );
    let host = Holder::start(&mut env.aimem(["lock", "with", "f.json", "--", "sh", "-c", &script]));
    crate::common::eventually("the guest's PID is known", || {
        std::fs::read_to_string(env.path("guest")).is_ok_and(|text| text.ends_with('\n'))
    });
    crate::common::signal(env.read("guest").trim().parse().unwrap(), "KILL");
    let mut other = env.aimem(["update", "f.json", "-n", ".n += 1"]);
    other.env("AIMEM_LOCK_ID", env.read("id").trim_end());
    crate::common::Ran::of(other.output().unwrap()).expect(75);
    host.end();
    assert_eq!(env.read("f.json"), "{\"n\": 0}\n");
}

#[test]
fn a_guests_acquire_and_release_leave_the_hosts_lock_alone() {
    let env = TestEnv::new();
    let script = r#"
        ID=$("$AIMEM" lock acquire f.json -n) || exit 1
        [ "$ID" != "$AIMEM_LOCK_ID" ] || exit 2
        "$AIMEM" lock release "$ID" || exit 3
        "$AIMEM" lock release "$ID"; [ $? -eq 76 ] || exit 4
        "$AIMEM" lock status f.json >status; [ $? -eq 1 ] || exit 5"#;
    under(&env, script).ok();
    assert!(env.read("status").starts_with("held: "), "{}", env.read("status"));
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn ids_of_several_files_are_handed_on_together() {
    let env = TestEnv::new();
    env.write("a.json", "{\"n\": 0}\n");
    env.write("b.json", "{\"n\": 0}\n");
    let inner = "\"$AIMEM\" update a.json -n '.n += 1' && \"$AIMEM\" update b.json -n '.n += 1'";
    env.run([
        "lock",
        "with",
        "a.json",
        "--",
        "sh",
        "-c",
        &format!("\"$AIMEM\" lock with b.json -- sh -c {}", shell(inner)),
    ])
    .ok();
    env.run(["lock", "with", "a.json", "b.json", "--", "sh", "-c", inner]).ok();
    assert_eq!((&env.json("a.json")["n"], &env.json("b.json")["n"]), (&2.into(), &2.into()));
    let shown =
        env.run(["lock", "with", "a.json", "b.json", "--", "sh", "-c", "echo \"$AIMEM_LOCK_TARGET\""]).ok();
    assert_eq!(shown.stdout.lines().count(), 2);
}

fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[test]
fn the_command_of_a_pipe_is_no_guest_of_its_own_update() {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 0}\n");
    // It must find the file locked, also where the update itself is a guest.
    let script = "\"$AIMEM\" update f.json -w 50ms '.n += 10' 2>/dev/null; echo $? >inner; cat";
    for host in [false, true] {
        let pipe = format!("\"$AIMEM\" update f.json --pipe -- sh -c {}", shell(script));
        if host {
            under(&env, &pipe).ok()
        } else {
            crate::common::Ran::of(env.sh(&pipe).output().unwrap()).ok()
        };
        assert_eq!(env.read("inner"), "75\n", "under a host: {host}");
        assert_eq!(env.read("f.json"), "{\"n\": 0}\n");
    }
}

#[test]
fn a_forged_or_foreign_id_opens_nothing() {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 0}\n");
    env.write("g.json", "{\"n\": 0}\n");
    let holder = env.hold("f.json");
    let key = env.lock_dir("f.json").file_stem().unwrap().to_str().unwrap().to_owned();
    let forged = format!("{key}:{}", "0".repeat(32));
    let mut command = env.aimem(["update", "f.json", "-n", ".n = 1"]);
    crate::common::Ran::of(command.env("AIMEM_LOCK_ID", &forged).output().unwrap()).expect(75);
    env.run(["update", "f.json", "--lock", &forged, ".n = 1"]).expect(76);
    env.run(["update", "g.json", "--lock", &forged, ".n = 1"]).expect(2);
    env.run(["lock", "release", &forged]).expect(76);
    assert_eq!(env.verdict("f.json"), "held");
    holder.end().ok();
    assert_eq!((env.read("f.json"), env.read("g.json")), ("{\"n\": 0}\n".into(), "{\"n\": 0}\n".into()));
}

/// A guest that waited here would wait for its own host, which waits for it.
#[test]
fn a_guest_whose_hosts_lock_was_removed_is_told_at_once_and_writes_nothing() {
    let env = TestEnv::new();
    let rooted_out = format!("rm -r {}", env.lock_dir("f.json").display());
    let in_its_place = format!(
        "{rooted_out} && mkdir {lock} && echo \"PID: $$\" >{lock}/info",
        lock = env.lock_dir("f.json").display()
    );
    let emptied = format!("rm {}/info", env.lock_dir("f.json").display());
    for removal in [rooted_out, in_its_place, emptied] {
        for guest in [
            "update f.json '.n = 7'",
            "read --locked f.json",
            "lock with f.json -- touch inside",
            "lock acquire f.json",
            "write f.json --content '{}'",
        ] {
            env.write("f.json", "{\"n\": 0}\n");
            let script = format!("{removal} && LOCK_TIMEOUT=2s \"$AIMEM\" {guest}; echo $? >code");
            // The host itself is told at its end.
            let ran = under(&env, &script).expect(76);
            assert_eq!(env.read("code"), "76\n", "{removal}; {guest}: {}", ran.stderr);
            assert!(ran.stderr.contains("the command that it was taken for still runs"), "{}", ran.stderr);
            assert_eq!(env.read("f.json"), "{\"n\": 0}\n");
            let _ = std::fs::remove_dir_all(env.lock_dir("f.json"));
        }
    }
    assert!(!env.path("inside").exists());
    assert!(env.run(["locks", "log"]).ok().stdout.contains("somebody removed it"));
    env.run(["update", "f.json", ".n = 1", "-n"]).ok();
}

/// The ways in which somebody can have a lock under which others are guests.
fn under_every_host(script: &str, mut check: impl FnMut(&TestEnv, crate::common::Ran)) {
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 0}\n");
    check(&env, under(&env, script));
    // A lease, whose id the commands find in the environment.
    let env = TestEnv::new();
    env.write("f.json", "{\"n\": 0}\n");
    let id = env.run(["lock", "acquire", "f.json", "--ttl", "10m"]).ok().stdout;
    let mut command = env.sh(script);
    check(&env, Ran::of(command.env("AIMEM_LOCK_ID", id.trim()).output().unwrap()));
    env.run(["lock", "release", id.trim()]).ok();
}

#[test]
fn a_place_that_was_acquired_keeps_every_other_guest_out() {
    for how in ["--ttl 10m", "--pid $$", ""] {
        let script = format!(
            r#"
            ID=$("$AIMEM" lock acquire f.json -n {how} --client first) || exit 1
            for other in 'lock acquire f.json -n --ttl 1m' 'lock acquire f.json -n' 'update f.json -n .n=9' \
                         'lock with f.json -n -- true' 'write f.json -n --content {{}}'; do
                "$AIMEM" $other 2>>busy; [ $? -eq 75 ] || exit 2
            done
            "$AIMEM" update f.json -n --lock "$ID" '.n += 1' || exit 3
            (AIMEM_LOCK_ID=$ID "$AIMEM" lock with f.json -n -- "$AIMEM" update f.json -n '.n += 1') || exit 4
            "$AIMEM" lock release "$ID" || exit 5
            "$AIMEM" update f.json -n --lock "$ID" '.n = 9'; [ $? -eq 76 ] || exit 6
            "$AIMEM" update f.json -n '.n += 1' || exit 7
            ID=$("$AIMEM" lock acquire f.json -n {how}) && "$AIMEM" lock release "$ID" || exit 8"#
        );
        under_every_host(&script, |env, ran| {
            ran.ok();
            assert_eq!(env.json("f.json")["n"], 3, "{how}");
            let busy = env.read("busy");
            assert_eq!(
                busy.matches("(first: aimem lock acquire f.json), a guest of the same lock").count(),
                5
            );
            assert!(busy.contains("--lock ID"), "{busy}");
        });
    }
}

#[test]
fn a_place_whose_owner_has_ended_is_taken_over_by_the_next_guest() {
    let script = r#"
        ID=$(sh -c '"$AIMEM" lock acquire f.json -n; :') || exit 1
        "$AIMEM" lock release "$ID" 2>lost; [ $? -eq 76 ] || exit 2
        "$AIMEM" lock with f.json -n -- sh -c 'echo $AIMEM_LOCK_RECLAIMED >reclaimed' || exit 3
        "$AIMEM" lock with f.json -n -- sh -c 'echo $AIMEM_LOCK_RECLAIMED >>reclaimed' || exit 4"#;
    under_every_host(script, |env, ran| {
        ran.ok();
        assert_eq!(env.read("reclaimed"), "1\n\n");
        let lost = env.read("lost");
        assert!(lost.contains("f.json is lost: its owner, pid "), "{lost}");
        assert!(env.run(["locks", "log"]).ok().stdout.contains("takeover"));
    });
}

#[test]
fn a_guests_lease_ends_by_the_clock_and_may_be_renewed() {
    let script = r#"
        ID=$("$AIMEM" lock acquire f.json -n --ttl 300ms) || exit 1
        "$AIMEM" lock renew "$ID" --ttl 10m || exit 2
        "$AIMEM" lock release "$ID" || exit 3
        ID=$("$AIMEM" lock acquire f.json -n --ttl 30ms) || exit 4
        # Whoever waits gets in at its end, and not before.
        "$AIMEM" update f.json '.n += 1' || exit 5
        for late in "lock renew $ID --ttl 1m" "lock release $ID" "update f.json --lock $ID .n=9"; do
            "$AIMEM" $late 2>>lost; [ $? -eq 76 ] || exit 6
        done"#;
    under_every_host(script, |env, ran| {
        ran.ok();
        assert_eq!(env.json("f.json")["n"], 1);
        let lost = env.read("lost");
        assert_eq!(lost.matches("is lost: ").count(), 3, "{lost}");
    });
}

#[test]
fn guests_that_hold_in_every_way_are_never_inside_together() {
    let env = TestEnv::new();
    let inside = Inside::new(&env, "race");
    env.write("f.json", "{\"n\": 0}\n");
    let words = |who: &str| inside.words(who, "0.002");
    let script = format!(
        r#"
        lease() {{ ID=$("$AIMEM" lock acquire f.json --ttl 10m) && {} && "$AIMEM" lock release "$ID"; }}
        owner() {{ ID=$("$AIMEM" lock acquire f.json --pid $$) && {} && "$AIMEM" lock release "$ID"; }}
        with() {{ "$AIMEM" lock with f.json -- {}; }}
        pids=
        for way in lease owner with lease owner with lease owner; do
            ( for i in 1 2 3 4 5 6; do $way || exit 1; done ) & pids="$pids $!"
        done
        for p in $pids; do wait $p || exit 1; done"#,
        words("lease"),
        words("owner"),
        words("with")
    );
    let mut command = env.aimem(["lock", "with", "f.json", "--", "sh", "-c", &script]);
    Ran::of(command.env("STRICT", "1").output().unwrap()).ok();
    inside.assert_exclusive(48);
    assert_eq!(env.lock_names(), [""; 0]);
}

#[test]
fn a_place_that_cannot_be_kept_from_others_is_refused() {
    let env = TestEnv::new();
    env.write("f.json", "{}\n");
    // What should be the guests' file is something else.
    let script = r#"
        nest="$(dirname "$(ls -d ~/aiconfig/.locks/*.lock/info)")/nest-${AIMEM_LOCK_ID#*:}"
        mkdir "$nest"
        "$AIMEM" lock acquire f.json -n --ttl 1m 2>refused"#;
    let ran = under(&env, script);
    assert!(![0, 75].contains(&ran.code), "{}", ran.code);
    let refused = env.read("refused");
    assert!(refused.contains("cannot take a guest's place in ") && refused.contains("/nest-"), "{refused}");
}

#[test]
fn a_guest_of_an_earlier_version_knows_its_host_by_the_first_line() {
    let env = TestEnv::new();
    let script = r#"
        nest=$(ls ~/aiconfig/.locks/*.lock/nest-*)
        cp "$nest" nest
        head -c 64 nest >head
        echo "${AIMEM_LOCK_ID##*/}" | tee token >"$nest"
        "$AIMEM" lock with f.json -n -- true"#;
    env.write("inner.sh", script);
    under(&env, "\"$AIMEM\" lock with f.json -- sh inner.sh").ok();
    // It reads so much and no more, and compares it without the blanks at the end.
    assert_eq!(env.read("head").len(), 64);
    assert_eq!(env.read("head").trim_end(), env.read("token").trim_end());
    // What it writes itself is that line alone, of any length.
    assert!(env.read("nest").contains("\nLIVENESS: kernel\n"));
}
