//! One file, one root, whoever asks: the user, another user, the superuser, with this HOME or that.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::Path;
use std::process::Command;

use crate::common::{
    ALICE, BOB, CAROL, Holder, Inside, ROOT, Ran, TEAM, TestEnv, User, Users, long_tests, require, set_mode,
};

fn run(command: &mut Command) -> Ran {
    Ran::of(command.output().unwrap())
}

/// The lock of `file`, held by `user` until it is let go.
fn hold(users: &Users, user: User, file: &Path) -> Holder {
    let mut command = users.aimem(user, ["lock", "with"]);
    Holder::start(command.arg(file).args(["--", "sh", "-c", "echo in; exec cat >/dev/null"]))
}

#[test]
fn a_user_and_the_superuser_exclude_each_other_whoever_comes_first() {
    let Some(users) = Users::new() else { return };
    let file = users.write(ALICE, "memory/f.json", "{}\n");
    for (first, second) in [(ALICE, ROOT), (ROOT, ALICE), (ROOT, ROOT)] {
        let holder = hold(&users, first, &file);
        let mut other = users.aimem(second, ["update", "-n"]);
        run(other.arg(&file).arg(".n = 1")).expect(75);
        holder.end().ok();
    }
    // The superuser with the user's HOME, as sudo may leave it, and with another.
    for home in [users.home(ALICE), users.home(ROOT)] {
        let holder = hold(&users, ALICE, &file);
        let mut other = users.aimem(ROOT, ["update", "-n"]);
        run(other.arg(&file).arg(".n = 1").env("HOME", home)).expect(75);
        holder.end().ok();
    }
    assert!(!users.locks(ROOT).exists(), "the superuser's own root is not asked");
}

#[test]
fn what_the_superuser_makes_first_is_the_users() {
    let Some(users) = Users::new() else { return };
    let file = users.write(ALICE, "f.json", "{}\n");
    run(users.aimem(ROOT, ["update"]).arg(&file).arg(".n = 1")).ok();
    // One that is held, one that was left, a guest's place, a waiter's trace and the journal.
    let mut script = users.command(ROOT, "sh");
    script.args(["-c", "\"$AIMEM\" lock acquire \"$0\" --ttl 1h && \"$AIMEM\" locks cleanup"]).arg(&file);
    run(&mut script).ok();
    run(users.aimem(ROOT, ["lock", "break"]).arg(&file)).ok();
    let listed = run(Command::new("find").arg(users.home(ALICE)).args(["!", "-user", &ALICE.0.to_string()]));
    assert_eq!(listed.stdout, "", "all is the user's");
    run(users.aimem(ALICE, ["update"]).arg(&file).arg(".n += 1")).ok();
    let document: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(document["n"], 2);
}

#[test]
fn a_superuser_who_may_give_nothing_away_takes_a_users_locks_all_the_same() {
    let Some(users) = Users::new() else { return };
    let file = users.write(ALICE, "f.json", "{}\n");
    let without_chown = || {
        let mut command = users.command(ROOT, "setpriv");
        command.args(["--bounding-set=-chown", "--inh-caps=-chown"]).arg(users.binary());
        command
    };
    // A root that could not be given to the user would lock the user out.
    let refused = run(without_chown().args(["update"]).arg(&file).arg(".n = 0")).expect(77);
    assert!(refused.stderr.contains("cannot be given"), "{}", refused.stderr);
    assert!(!users.home(ALICE).join("aiconfig").exists());
    fs::create_dir_all(users.locks(ALICE)).unwrap();
    for folder in [users.home(ALICE).join("aiconfig"), users.locks(ALICE)] {
        chown(&folder, Some(ALICE.0), Some(ALICE.0)).unwrap();
        set_mode(&folder, 0o700);
    }
    for _ in 0..2 {
        run(without_chown().args(["lock", "with"]).arg(&file).args(["--", "true"])).ok();
        run(users.aimem(ALICE, ["lock", "with", "-n"]).arg(&file).args(["--", "true"])).ok();
    }
    // The user sees who has it, and takes over from one that has died.
    let mut command = without_chown();
    command.args(["lock", "with"]).arg(&file).args(["--", "sh", "-c", "echo in; exec cat >/dev/null"]);
    let mut holder = Holder::start(&mut command);
    let busy = run(users.aimem(ALICE, ["lock", "with", "-n"]).arg(&file).args(["--", "true"])).expect(75);
    assert!(busy.stderr.contains("aimem lock with"), "{}", busy.stderr);
    holder.kill();
    drop(holder);
    run(users.aimem(ALICE, ["lock", "with", "-w", "30"]).arg(&file).args(["--", "true"])).ok();
}

#[test]
fn a_root_that_cannot_be_used_is_an_error_and_no_other_is_taken() {
    let Some(users) = Users::new() else { return };
    let file = users.write(ALICE, "open/f.json", "{}\n");
    set_mode(file.parent().unwrap(), 0o777);
    set_mode(&file, 0o666);
    let refused = |step: &str| {
        for verb in [&["update"][..], &["lock", "acquire", "--ttl", "1m"]] {
            let mut command = users.aimem(BOB, verb);
            command.arg(&file);
            if verb == ["update"] {
                command.arg(".n = 1");
            }
            let ran = run(&mut command).expect(77);
            assert!(ran.stderr.contains("locks init"), "{step}: {}", ran.stderr);
        }
        assert!(!users.locks(BOB).exists(), "{step}");
    };
    refused("there is no root");
    run(users.aimem(ALICE, ["update"]).arg(&file).arg(".n = 1")).ok();
    refused("the root is private");
    set_mode(&users.locks(ALICE), 0o755);
    refused("the root is readable");
    // Not allowed to look is not «not there».
    set_mode(&users.home(ALICE).join("aiconfig"), 0o700);
    refused("the folder above the root is closed");
}

#[test]
fn members_of_a_group_share_a_root_that_was_made_for_them() {
    let Some(users) = Users::new() else { return };
    let shared = users.env.root().join("team");
    fs::create_dir(&shared).unwrap();
    chown(&shared, Some(ALICE.0), Some(TEAM)).unwrap();
    set_mode(&shared, 0o2775);
    let file = shared.join("notes/f.json");
    fs::create_dir(file.parent().unwrap()).unwrap();
    chown(file.parent().unwrap(), Some(BOB.0), Some(TEAM)).unwrap();
    set_mode(file.parent().unwrap(), 0o2775);
    fs::write(&file, "{}\n").unwrap();
    // Locks from the time when the root was private stay locks.
    let early = Holder::start(
        users
            .aimem(ALICE, ["lock", "with"])
            .arg(&file)
            .env("AIMEM_LOCK_DIR", shared.join("aiconfig/.locks"))
            .args(["--", "sh", "-c", "echo in; exec cat >/dev/null"]),
    );
    let told = run(users.aimem(BOB, ["locks", "init"]).arg(&shared)).expect(77);
    assert!(told.stderr.contains("would not count"), "{}", told.stderr);
    let mut init = users.aimem(ALICE, ["locks", "init"]);
    let made = run(init.arg(&shared).args(["--group", &TEAM.to_string()])).ok().stdout;
    assert_eq!(made.trim_end(), shared.join("aiconfig/.locks").to_str().unwrap());
    let busy = run(users.aimem(BOB, ["update", "-n"]).arg(&file).arg(".n = 1")).expect(75);
    assert!(busy.stderr.contains("pid"), "{}", busy.stderr);
    early.end().ok();

    for (first, second) in [(ALICE, BOB), (BOB, ALICE), (ROOT, BOB), (ALICE, ROOT)] {
        let mut holder = hold(&users, first, &file);
        run(users.aimem(second, ["lock", "with", "-n"]).arg(&file).args(["--", "true"])).expect(75);
        // One dies; the other takes over.
        holder.kill();
        drop(holder);
        run(users.aimem(second, ["lock", "with"]).arg(&file).args(["-w", "30", "--", "true"])).ok();
    }
    for user in [ALICE, BOB, ROOT] {
        assert!(!users.locks(user).exists(), "{user:?} has no other root");
    }
    // A stranger is told, and gets no other root either.
    set_mode(&file, 0o666);
    let stranger = run(users.aimem(CAROL, ["update"]).arg(&file).arg(".n = 1")).expect(77);
    assert!(stranger.stderr.contains("locks init"), "{}", stranger.stderr);
    assert!(!users.locks(CAROL).exists());
}

#[test]
fn everyone_shares_a_root_that_was_made_for_everyone() {
    let Some(users) = Users::new() else { return };
    let shared = users.env.root().join("scratch");
    fs::create_dir(&shared).unwrap();
    set_mode(&shared, 0o1777);
    run(users.aimem(ROOT, ["locks", "init"]).arg(&shared)).ok();
    let file = shared.join("f");
    let inside = Inside::new(&users.env, "race");
    for kind in ["overlaps", "entries", "pid", "inside"] {
        let path = users.env.root().join("race").with_extension(kind);
        fs::write(&path, "").unwrap();
        set_mode(&path, 0o666);
    }
    let rounds = if long_tests() { 200 } else { 8 };
    let script = format!(
        "i=0; while [ $i -lt {rounds} ]; do \"$AIMEM\" lock with {} -w 60 -- {} || exit; i=$((i+1)); done",
        file.display(),
        inside.words("one", "0")
    );
    let contenders: Vec<_> = [ALICE, BOB, ROOT, ALICE, BOB, ROOT, ALICE, BOB]
        .into_iter()
        .map(|user| users.command(user, "sh").args(["-c", &script]).spawn().unwrap())
        .collect();
    for contender in contenders {
        Ran::of(contender.wait_with_output().unwrap()).ok();
    }
    inside.assert_exclusive(8 * rounds);
}

/// Whether BOB's lock of ALICE's file in `shared` is taken in the shared root.
fn counts(users: &Users, shared: &Path) -> bool {
    let file = shared.join("f");
    let ran = run(users.aimem(ALICE, ["lock", "with"]).arg(&file).args([
        "--",
        "sh",
        "-c",
        &format!(
            "ls {} 2>/dev/null | grep -q '[.]lock$' && echo shared; true",
            shared.join("aiconfig/.locks").display()
        ),
    ]));
    ran.ok().stdout.contains("shared")
}

#[test]
fn a_copy_or_a_strangers_mark_makes_no_shared_root() {
    let Some(users) = Users::new() else { return };
    let shared = users.env.root().join("team");
    fs::create_dir(&shared).unwrap();
    chown(&shared, Some(ALICE.0), Some(ALICE.0)).unwrap();
    run(users.aimem(ALICE, ["locks", "init"]).arg(&shared)).ok();
    assert!(counts(&users, &shared));
    let copy = users.env.root().join("copy");
    assert!(Command::new("cp").arg("-a").arg(&shared).arg(&copy).status().unwrap().success());
    assert!(!counts(&users, &copy), "a copy");
    let locks = shared.join("aiconfig/.locks");
    for (what, path) in [
        ("a stranger's mark", locks.join(".root")),
        ("a stranger's root", locks.clone()),
        ("a stranger's folder above it", shared.join("aiconfig")),
    ] {
        chown(&path, Some(BOB.0), None).unwrap();
        let ran = run(users.aimem(ALICE, ["lock", "with"]).arg(shared.join("f")).args(["--", "true"]));
        assert!([0, 125].contains(&ran.code), "{what}: {}", ran.stderr);
        assert!(ran.code == 125 || !counts(&users, &shared), "{what}");
        chown(&path, Some(ALICE.0), None).unwrap();
    }
    assert!(counts(&users, &shared));
    // A link in its place, to a root that is one.
    let linked = users.env.root().join("linked");
    fs::create_dir(&linked).unwrap();
    chown(&linked, Some(ALICE.0), None).unwrap();
    symlink(shared.join("aiconfig"), linked.join("aiconfig")).unwrap();
    assert!(!counts(&users, &linked), "a link");
}

#[test]
fn the_file_decides_and_not_the_callers_home() {
    let Some(users) = Users::new() else { return };
    let file = users.write(ALICE, "f.json", "{}\n");
    // The same user with two HOMEs.
    let holder = hold(&users, ALICE, &file);
    let mut other = users.aimem(ALICE, ["lock", "with", "-n"]);
    run(other.arg(&file).args(["--", "true"]).env("HOME", users.env.home())).expect(75);
    // `locks show` looks where the working folder's files have their locks.
    let mut show = users.aimem(ALICE, ["locks", "show", "--json"]);
    let shown = run(show.env("HOME", users.env.home())).ok().stdout;
    assert!(shown.contains("f.json"), "{shown}");
    holder.end().ok();
    // An id is found from another folder too.
    let id = run(users.aimem(ALICE, ["lock", "acquire", "--ttl", "1h"]).arg(&file)).ok().stdout;
    let mut release = users.aimem(ALICE, ["lock", "release", id.trim_end()]);
    run(release.current_dir("/")).ok();
}

#[test]
fn a_root_of_ones_own_is_closed_to_others_eyes_at_the_first_use() {
    let Some(users) = Users::new() else { return };
    let file = users.write(ALICE, "f.json", "{}\n");
    // As the old scripts made it.
    fs::create_dir_all(users.locks(ALICE)).unwrap();
    for folder in [users.home(ALICE).join("aiconfig"), users.locks(ALICE)] {
        chown(&folder, Some(ALICE.0), Some(ALICE.0)).unwrap();
        set_mode(&folder, 0o755);
    }
    let holder = hold(&users, ALICE, &file);
    assert_eq!(fs::metadata(users.locks(ALICE)).unwrap().mode() & 0o7777, 0o700);
    let seen = run(users.command(BOB, "ls").arg(users.locks(ALICE)));
    assert_ne!(seen.code, 0, "{}", seen.stdout);
    holder.end().ok();
    // A group's root stays as it is, and a monitor is told.
    set_mode(&users.locks(ALICE), 0o770);
    let checked = run(users.aimem(ALICE, ["locks", "check"]).arg("--json")).ok();
    assert!(checked.stdout.contains("group"), "{}", checked.stdout);
    assert_eq!(fs::metadata(users.locks(ALICE)).unwrap().mode() & 0o7777, 0o770);
}

/// What a user may plant for the superuser, and where it would lead.
#[test]
fn a_planted_link_leads_the_superuser_nowhere() {
    let Some(users) = Users::new() else { return };
    let victim = users.env.root().join("victim");
    for plant in ["aiconfig", "aiconfig/.locks", "aiconfig/.locks/.guards", "aiconfig/.locks/.waiting"] {
        let file = users.write(ALICE, "f.json", "{}\n");
        let _ = fs::remove_dir_all(&victim);
        fs::create_dir(&victim).unwrap();
        let _ = fs::remove_dir_all(users.home(ALICE).join("aiconfig"));
        let link = users.home(ALICE).join(plant);
        users.write(ALICE, &format!("{plant}.made"), "");
        symlink(&victim, &link).unwrap();
        std::os::unix::fs::lchown(&link, Some(ALICE.0), Some(ALICE.0)).unwrap();
        for home in [ALICE, ROOT] {
            let mut command = users.aimem(ROOT, ["update"]);
            let ran = run(command.arg(&file).arg(".n = 1").env("HOME", users.home(home)));
            let expected = if plant.ends_with(".waiting") { 0 } else { 77 };
            assert_eq!(ran.code, expected, "{plant}: {}", ran.stderr);
        }
        assert_eq!(TestEnv::names_in(&victim), [""; 0], "{plant}");
        assert_eq!(fs::metadata(&victim).unwrap().uid(), 0, "{plant}");
    }
}

#[test]
fn sudo_asks_for_the_users_own_lock() {
    let Some(users) = Users::new() else { return };
    if !require("sudo") {
        return;
    }
    let file = users.write(ALICE, "f.json", "{}\n");
    let holder = hold(&users, ALICE, &file);
    for option in ["-H", "-E"] {
        let mut command = users.command(ROOT, "sudo");
        command.args([option, "-n"]).arg(users.binary()).args(["lock", "with", "-n"]).arg(&file);
        run(command.args(["--", "true"])).expect(75);
    }
    holder.end().ok();
}
