//! Something is planted at every name in a user's lock root, or in one for everyone, and the
//! superuser or another user comes by.

use std::fs;
use std::path::Path;

use crate::common::planted::{Attacked, Kind, Planting, Runner, SECRET};
use crate::common::strace::long;
use crate::common::{TestEnv, dead_pid, script_info, set_mode};

/// The lease that lies about in the root.
const TOKEN: &str = "00112233445566778899aabbccddeeff";

/// A root in which there is something of everything: locks of the dead and of the living, halves
/// of locks, what the dead left behind, and what is written down.
fn furnish(env: &TestEnv, for_everyone: bool) {
    env.run(["lock", "acquire", "lease", "--ttl", "1h"]).ok();
    let lease = env.lock_dir("lease").join("info");
    let text = fs::read_to_string(&lease).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for line in &mut lines {
        if line.starts_with("TOKEN: ") {
            *line = format!("TOKEN: {TOKEN}");
        }
    }
    fs::write(&lease, lines.join("\n") + "\n").unwrap();
    fs::write(env.lock_dir("lease").join(format!("nest-{TOKEN}")), "").unwrap();
    env.forge("dead", Some(script_info(dead_pid()).as_bytes()));
    env.forge("half", None);
    let locks = env.locks();
    for name in [".new.0123", ".gone.4567", ".waiting"] {
        fs::create_dir_all(locks.join(name)).unwrap();
    }
    fs::write(locks.join(".new.0123/info"), "").unwrap();
    fs::write(locks.join(".gone.4567/info"), "").unwrap();
    fs::write(locks.join(".waiting/89ab"), "PID: 1\n").unwrap();
    let line = "{\"time\":\"2026-02-03T04:05:06Z\",\"event\":\"timeout\",\"pid\":1}\n";
    fs::write(locks.join("journal.jsonl"), line.repeat(16_000)).unwrap();
    for number in 0..6 {
        fs::write(locks.join(format!("journal.00000000000000{number}-1.jsonl")), line).unwrap();
    }
    fs::write(locks.join(".guards").join(env.lock_dir("dead").file_stem().unwrap()), "").unwrap();
    if for_everyone {
        for folder in [".guards", ".waiting", ""] {
            set_mode(&locks.join(folder), 0o1777);
        }
    }
}

fn commands(env: &TestEnv) -> Vec<Attacked> {
    let key = env.lock_dir("lease").file_stem().unwrap().to_str().unwrap().to_owned();
    let lease = format!("{key}:{TOKEN}");
    let lines: [&[&str]; 14] = [
        &["lock", "with", "new", "-n", "--", "true"],
        &["lock", "with", "dead", "-n", "--", "true"],
        &["lock", "with", "lease", "-n", "--lock", &lease, "--", "true"],
        &["lock", "acquire", "new", "-n", "--ttl", "1h"],
        &["lock", "acquire", "lease", "-n", "--lock", &lease, "--ttl", "1m"],
        &["lock", "renew", &lease, "--ttl", "2h"],
        &["lock", "release", &lease],
        &["lock", "status", "lease"],
        &["lock", "break", "half"],
        &["lock", "wait", "lease", "-w", "0.3"],
        &["locks", "show", "--json"],
        &["locks", "cleanup"],
        &["locks", "check"],
        &["locks", "log"],
    ];
    lines.into_iter().map(Attacked::new).collect()
}

fn planting(for_everyone: bool) -> Option<Planting> {
    Planting::new(|env| furnish(env, for_everyone), &["home/aiconfig"], &[], commands)
}

fn secret(name: &Path) -> String {
    let text = name.to_string_lossy();
    match () {
        () if text.contains("journal") => {
            format!(
                "{{\"time\":\"2026-02-03T04:05:06Z\",\"event\":\"break\",\"pid\":1,\"why\":\"{SECRET}\"}}\n"
            )
        }
        () if text.contains(".waiting") => format!("PID: 1\nTARGET: /{SECRET}\n"),
        () if text.ends_with(".gitignore") => SECRET.to_owned(),
        () => format!("PID: 1\nTOKEN: {TOKEN}\nTARGET: /{SECRET}\nCLIENT: {SECRET}\n"),
    }
}

fn attacked(runner: Runner, for_everyone: bool, at_least: usize) {
    let Some(planting) = planting(for_everyone) else { return };
    let names = planting.names();
    eprintln!("{} names", names.len());
    assert!(names.len() >= at_least, "{names:#?}");
    // Every pair in the long form, and in the short one a part that moves from name to name.
    // In a root for everyone a stranger's file is as good as any: what they write there is told.
    let is_theirs = |kind| for_everyone && matches!(kind, Kind::Strangers | Kind::Moved);
    let wanted = |number: usize, _: &Path, kind| !is_theirs(kind) && (long() || number.is_multiple_of(17));
    let most = if long() { usize::MAX } else { 2 };
    let (planted, runs) = planting.attack(runner, &secret, &wanted, most, &|| None);
    eprintln!("{planted} things planted at {} names, {runs} runs, {runner:?}", names.len());
}

#[test]
fn nothing_planted_leads_the_superuser_out_of_a_users_lock_root() {
    attacked(Runner::Root, false, 20);
}

#[test]
fn nothing_planted_leads_the_superuser_out_of_a_lock_root_for_everyone() {
    attacked(Runner::Root, true, 20);
}

#[test]
fn nothing_planted_leads_another_user_out_of_a_lock_root_for_everyone() {
    attacked(Runner::Other, true, 20);
}

#[test]
fn names_in_a_lock_root_that_are_swapped_for_links_meanwhile_lead_nobody_out() {
    let Some(planting) = planting(false) else { return };
    let locks = Path::new("home/aiconfig/.locks");
    let some = [locks.to_owned(), locks.join(".guards"), locks.join("journal.jsonl")];
    let (mut swapped, mut count) = (0, 0);
    for name in planting.names() {
        if long() || some.iter().any(|wanted| wanted == name) {
            let times = planting.swap(Runner::Root, name, if long() { 100_000 } else { 1000 }, &secret(name));
            count += times;
            swapped += usize::from(times > 0);
        }
    }
    eprintln!("{swapped} names swapped {count} times");
    assert!(swapped >= some.len());
}
