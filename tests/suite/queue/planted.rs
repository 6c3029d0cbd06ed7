//! Something is planted at every name in a user's outbox, log folder, settings and old files, and
//! the superuser or another user comes by.

use std::fs::{self, File, FileTimes};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::common::TestEnv;
use crate::common::http::{Server, fine, status};
use crate::common::planted::{Attacked, KINDS, Kind, Planting, Runner, SECRET};
use crate::common::strace::long;

const NEW: &str = "01KA0000000000000000000001";
const BAD: &str = "01KA0000000000000000000002";
const PARKED: &str = "01KA0000000000000000000003";
const REFUSED: &str = "01KA0000000000000000000004";
const TIRED: &str = "01KA0000000000000000000005";
const CLAIMED: &str = "01KA0000000000000000000006";
const WORKER: &str = "01KA0000000000000000000007";
const LEFT: &str = "01KA0000000000000000000008";
const STAGED: &str = "01KA0000000000000000000009";

fn entry(name: &str, more: serde_json::Value) -> String {
    let mut entry = json!({
        "id": name, "project_id": "web", "content": format!("content of {name}"),
        "timestamp": "2026-02-03T04:05:06Z", "retries": 0,
    });
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    entry.to_string()
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A home in which there is something of everything. The old queue is whole or broken.
fn furnish(env: &TestEnv, server: &Server, whole: bool) {
    let home = env.home();
    let settings = format!(
        "[mem0]\nurl = '{}'\ntoken_file = '{}'\n",
        server.url(),
        home.join(".config/aimem/token").display()
    );
    write(&home, ".config/aimem/config.toml", &settings);
    write(&home, ".config/aimem/token", "a-token\n");
    // A hundred deliveries, so that the next ones push some into the archive.
    let lines: String = (0..101).map(|number| format!("memory {number}\n")).collect();
    env.run_with_input(["queue", "add", "-p", "web", "--lines"], lines.as_bytes()).ok();
    env.run(["queue", "work"]).ok();
    let outbox = home.join(".claude/mem0_queue.d");
    let dead =
        |refused: bool| json!({"dead": {"at": "2026-02-03T04:05:06Z", "refused": refused}, "deaths": 1});
    for (place, name, more) in [
        ("new", NEW, json!({})),
        ("new", BAD, json!({})),
        ("new", PARKED, json!({"not_before": jiff::Timestamp::now() + Duration::from_secs(1800)})),
        ("dead", REFUSED, dead(true)),
        ("dead", TIRED, dead(false)),
        (&format!("inflight/{WORKER}"), CLAIMED, json!({})),
        ("tmp", LEFT, json!({})),
    ] {
        write(&outbox, &format!("{place}/{name}.json"), &entry(name, more));
    }
    write(
        &outbox,
        &format!("inflight/{WORKER}/worker"),
        r#"{"pid": 1, "host": "x", "since": "2026-02-03T04:05:06Z"}"#,
    );
    write(&outbox, &format!("inflight/{WORKER}/{CLAIMED}.rewritten"), "{");
    write(&outbox, &format!("tmp/{LEFT}/worker"), "");
    write(&outbox, ".state.json.0123ab.aimem-tmp", "{");
    let old = SystemTime::now() - Duration::from_secs(2 * 3600);
    for name in [format!("{LEFT}.json"), LEFT.to_owned()] {
        let times = FileTimes::new().set_modified(old);
        File::open(outbox.join("tmp").join(name)).unwrap().set_times(times).unwrap();
    }
    let logs = home.join(".claude/logs");
    File::options().write(true).open(logs.join("mem0_worker.log")).unwrap().set_len(5 << 20).unwrap();
    write(&logs, "mem0_worker.log.1", "older\n");
    let claude = home.join(".claude");
    let queue = json!({
        "queue": [{"id": "q", "project_id": "web", "content": "queued", "timestamp": 1764400000}],
        "failed": [{"id": "f", "project_id": "web", "content": "failed", "timestamp": 1764400000}],
        "last_100": [{"id": "l", "project_id": "web", "content": "done", "timestamp": 1764400000}],
        "stats": {"total_queued": 3, "total_synced": 1, "total_failed": 1},
    });
    let backup = r#"{"queue": [{"id": "b", "content": "backed up"}]}"#;
    write(&claude, "mem0_queue.json", &if whole { queue.to_string() } else { "{".to_owned() });
    write(&claude, "mem0_queue_backup.json", backup);
    if !whole {
        // A state that makes no sense, and an import that somebody did not come to the end of.
        write(&outbox, "state.json", "{");
        let plan = json!({"id": "i", "origin": "queue", "hash": "", "ids": [], "new": [STAGED], "dead": [],
            "queued": 0, "failed": 0, "totals": null});
        write(&outbox, "import/plan", &plan.to_string());
        write(&outbox, &format!("import/{STAGED}.json"), &entry(STAGED, json!({})));
    }
    let torn = if whole { "" } else { "{" };
    write(&claude, "mem0_emergency.json", &format!("{{\"id\": \"e\", \"content\": \"in need\"}}\n{torn}"));
}

fn commands() -> Vec<Attacked> {
    let verbs: [&[&str]; 12] = [
        &["add", "-p", "web", "--max-bytes", "1000000", "a memory"],
        &["status"],
        &["list"],
        &["list", "--state", "delivered", "--json"],
        &["show", NEW],
        &["dead"],
        &["export"],
        &["health"],
        &["cancel", BAD],
        &["retry", "--all"],
        &["import"],
        &["work", "--tries", "1"],
    ];
    let args = verbs.map(|verb| [&["queue"], verb].concat());
    args.iter().map(|args| Attacked::new(args).variable("AIMEM_LOCK_DIR", "{root}/locks")).collect()
}

/// A secret that would be understood where it stands.
fn secret(name: &Path) -> String {
    let named = |end: &str| name.to_str().unwrap().ends_with(end);
    if named("state.json") {
        let error = json!({"at": "2026-02-03T04:05:06Z", "id": null, "message": SECRET});
        return json!({"last_error": error}).to_string();
    }
    if named("config.toml") {
        return format!("[mem0]\nurl = 'http://{SECRET}.invalid'\npreset = '{SECRET}'\n");
    }
    if named("token") || named("plan") || named("worker") {
        return SECRET.to_owned();
    }
    // An entry, an old queue file, and a line of an emergency file.
    let list = json!([{"id": "s", "project_id": "web", "content": SECRET}]);
    entry("secret", json!({"content": SECRET, "queue": list, "failed": list, "last_100": list}))
}

fn server() -> Server {
    Server::uploads(|request| if request.body.contains(BAD) { status(400, "no") } else { fine() })
}

/// What the server was told, if it is the secret.
fn told(server: &Server) -> Option<String> {
    let seen = server.seen().into_iter().map(|request| format!("{}{}", request.head, request.body));
    seen.filter(|text| text.contains(SECRET)).map(|text| format!("the server is told {text}")).next()
}

fn planting(server: &Server, whole: bool) -> Option<Planting> {
    let fill = |env: &TestEnv| furnish(env, server, whole);
    Planting::new(fill, &["home"], &["home/aiconfig"], |_| commands())
}

/// In the short form one in `share` of those that are most likely to lead out, and few others.
fn attacked(runner: Runner, whole: bool, share: usize) {
    let server = server();
    let Some(planting) = planting(&server, whole) else { return };
    let names: Vec<&str> = planting.names().iter().map(|name| name.to_str().unwrap()).collect();
    for name in ["tmp", "new", "inflight", "done", "archive", "dead", "state.json", ".lock", "import/plan"] {
        assert!(names.contains(&format!("home/.claude/mem0_queue.d/{name}").as_str()), "{name}: {names:?}");
    }
    for name in [".claude", ".claude/logs", ".claude/logs/mem0_worker.log.2", ".config/aimem/config.toml"] {
        assert!(names.contains(&format!("home/{name}").as_str()), "{name}: {names:?}");
    }
    let wanted = |number: usize, name: &Path, kind: Kind| {
        let first = name == Path::new("home/.claude") && kind == Kind::LinkToFolder;
        let share = match kind {
            Kind::LinkToFile | Kind::HardLink | Kind::Moved => share,
            _ => 20 * share,
        };
        long() || first || number.is_multiple_of(share)
    };
    let most = if long() { usize::MAX } else { 2 };
    let (planted, runs) = planting.attack(runner, &secret, &wanted, most, &|| told(&server));
    eprintln!("{} names, {planted} things planted, {runs} runs", names.len());
    assert!(planted > if long() { names.len() * (KINDS.len() - 1) - 1 } else { 10 });
}

#[test]
fn nothing_planted_leads_the_superuser_out_of_a_users_outbox() {
    attacked(Runner::Root, true, 4);
}

#[test]
fn nothing_planted_beside_a_broken_queue_leads_the_superuser_out() {
    attacked(Runner::Root, false, 7);
}

#[test]
fn nothing_planted_leads_another_user_out_of_an_outbox() {
    attacked(Runner::Other, true, 5);
}

/// A folder or a file becomes a link and is itself again, in a tight loop, while aimem works.
#[test]
fn names_that_are_swapped_for_links_meanwhile_lead_nobody_out() {
    let server = server();
    let Some(planting) = planting(&server, true) else { return };
    let outbox = Path::new("home/.claude/mem0_queue.d");
    let some = ["new", "inflight", "state.json"].map(|name| outbox.join(name));
    let some = [some.as_slice(), &["home/.claude".into(), "home/.config/aimem/config.toml".into()]].concat();
    for runner in [Runner::Root, Runner::Other] {
        let (mut swapped, mut count) = (0, 0);
        for name in planting.names() {
            if long() || runner == Runner::Root && some.contains(&name.to_owned()) {
                let swaps = if long() { 100_000 } else { 1000 };
                let times = planting.swap(runner, name, swaps, &secret(name));
                count += times;
                swapped += usize::from(times > 0);
                assert_eq!(told(&server), None, "{}", name.display());
            }
        }
        eprintln!("{swapped} names swapped {count} times, {runner:?}");
        assert!(swapped >= some.len() || runner == Runner::Other);
    }
}
