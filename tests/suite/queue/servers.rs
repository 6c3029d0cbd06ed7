//! What servers are told, byte for byte, and what becomes of their answers.

use std::fs;
use std::net::TcpListener;

use crate::common::http::{Reply, Server, fine, status};
use crate::common::queue::Outbox;
use crate::common::{Ran, TestEnv};

const SECRET: &str = "hunter2-the-secret";

/// Saves one memory with a fixed id and time, as if it had been saved long ago.
fn plant(outbox: &Outbox, id: &str) {
    // The folders.
    let real = outbox.add("planted");
    outbox.run(["cancel", &real]).ok();
    let entry = serde_json::json!({
        "id": id, "project_id": "my web", "content": "say \"hé\"\n", "timestamp": "2026-02-03T04:05:06.789Z",
        "retries": 0, "not_before": null, "last_error": null, "metadata": {"kind": "note"},
    });
    let path = outbox.folder().join("new/01KGGVQ1N5000000000000000X.json");
    fs::write(path, entry.to_string()).unwrap();
}

fn settings(outbox: &Outbox, text: &str) {
    let folder = outbox.env.home().join(".config/aimem");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), text).unwrap();
}

/// What a server was told: health check and upload.
fn told(preset: &str, custom: &str, token: bool) -> Vec<String> {
    let server = Server::fine();
    let outbox = Outbox::with(&server);
    plant(&outbox, "the-id");
    settings(&outbox, &format!("[mem0]\npreset = '{preset}'\n{custom}"));
    let mut work = outbox.queue(["work"]);
    if token {
        work.env("AIMEM_MEM0_TOKEN", SECRET);
    }
    Ran::of(work.output().unwrap()).ok();
    let host = server.url().replace("http://", "");
    let seen = server.seen();
    seen.iter().map(|request| format!("{}{}", request.head, request.body).replace(&host, "HOST")).collect()
}

/// A request as the documentation shows it, with the lines that every one has.
fn request(what: &str, headers: &[&str], body: &str) -> String {
    let mut head = format!("{what} HTTP/1.1\r\n");
    for header in headers {
        head.push_str(&format!("{header}\r\n"));
    }
    format!("{head}\r\n{body}")
}

fn get(path: &str, credential: &[&str]) -> String {
    let agent = concat!("user-agent: aimem/", env!("CARGO_PKG_VERSION"));
    let headers: Vec<&str> = ["host: HOST"]
        .iter()
        .chain(&[agent, "accept: application/json"])
        .chain(credential)
        .copied()
        .collect();
    request(&format!("GET {path}"), &headers, "")
}

fn post(path: &str, credential: &[&str], body: &str) -> String {
    let agent = concat!("user-agent: aimem/", env!("CARGO_PKG_VERSION"));
    let length = format!("content-length: {}", body.len());
    let fixed = ["content-type: application/json", "idempotency-key: the-id"];
    let headers: Vec<&str> = [length.as_str(), "host: HOST", agent, "accept: application/json"]
        .iter()
        .chain(&fixed)
        .chain(credential)
        .copied()
        .collect();
    request(&format!("POST {path}"), &headers, body)
}

/// The header's order is not part of what is promised; everything else is.
#[track_caller]
fn assert_told(told: &[String], wanted: &[String]) {
    let sorted = |request: &String| {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let mut lines: Vec<&str> = head.lines().collect();
        lines[1..].sort_unstable();
        format!("{}\n\n{body}", lines.join("\n"))
    };
    let told: Vec<String> = told.iter().map(sorted).collect();
    assert_eq!(told, wanted.iter().map(sorted).collect::<Vec<_>>());
}

#[test]
fn the_private_server_gets_user_and_content_and_nothing_more() {
    let body = "{\"user_id\":\"my web\",\"content\":\"say \\\"hé\\\"\\n\"}";
    assert_told(&told("private", "", false), &[get("/health", &[]), post("/memory", &[], body)]);
    let credential = ["authorization: Bearer hunter2-the-secret"];
    let wanted = [get("/health", &credential), post("/memory", &credential, body)];
    assert_told(&told("private", "", true), &wanted);
}

#[test]
fn mem0_gets_messages_and_metadata_and_is_told_not_to_infer() {
    let common = "{\"messages\":[{\"role\":\"user\",\"content\":\"say \\\"hé\\\"\\n\"}],\"user_id\":\"my web\",\
                  \"metadata\":{\"kind\":\"note\",\"aimem_id\":\"the-id\"},\"infer\":false";
    let credential = ["x-api-key: hunter2-the-secret"];
    let wanted = [get("/openapi.json", &credential), post("/memories", &credential, &format!("{common}}}"))];
    assert_told(&told("mem0-oss", "", true), &wanted);
    let credential = ["authorization: Token hunter2-the-secret"];
    let body = format!("{common},\"timestamp\":1770091506}}");
    let wanted = [get("/v1/ping/", &credential), post("/v3/memories/add/", &credential, &body)];
    assert_told(&told("mem0-cloud", "", true), &wanted);
}

#[test]
fn a_custom_server_gets_what_its_table_says() {
    let custom = "[mem0.custom]\npath = '/in'\nhealth_path = '/up'\nauth_header = 'X-Key'\nauth_prefix = 'k:'\n\
                  body = { who = '{project_id}/{id}', text = '{content}', at = '{timestamp}' }\njson_answer = false\n";
    let credential = ["x-key: k:hunter2-the-secret"];
    let body =
        "{\"who\":\"my web/the-id\",\"text\":\"say \\\"hé\\\"\\n\",\"at\":\"2026-02-03T04:05:06.789Z\"}";
    let wanted = [get("/up", &credential), post("/in", &credential, body)];
    assert_told(&told("custom", custom, true), &wanted);
}

/// What became of the first of two memories, after one run against a server that answers the
/// first one like this. The second one always arrives.
struct Fate {
    place: String,
    why: String,
    uploads: usize,
    ran: Ran,
    outbox: Outbox,
    id: String,
}

fn fate(args: &[&str], answer: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Fate {
    fate_with(false, args, answer)
}

/// The same for a server that may not answer at all.
fn fate_with(slow: bool, args: &[&str], answer: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Fate {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::uploads(move |request| {
        if request.body.contains("\"bad\"") {
            answer(count.fetch_add(1, std::sync::atomic::Ordering::SeqCst))
        } else {
            fine()
        }
    });
    let outbox = Outbox::with(&server);
    let id = outbox.add("bad");
    let good = outbox.add("good");
    // The longest that a machine under load may take for an answer, and what one that never comes
    // costs.
    let patience = if slow { 3 } else { 30 };
    settings(&outbox, &format!("[mem0]\nread_timeout = {patience}\ntotal_timeout = 60"));
    let ran = Ran::of(outbox.queue(["work"]).args(args).output().unwrap());
    assert!(outbox.ids("done").contains(&good), "the next one did not go on: {}", ran.stderr);
    let entry = outbox.show(&id);
    let uploads = server.posts().iter().filter(|post| post.key() == id).count();
    Fate {
        place: entry["state"].as_str().unwrap().to_owned(),
        why: entry["last_error"].as_str().unwrap_or_default().to_owned(),
        uploads,
        ran,
        outbox,
        id,
    }
}

/// Answers that may be better the next time: tried again, and given up on for this run.
#[track_caller]
fn tried_again(reply: Reply, why: &str) {
    // Two tries: the pauses between three are longer, and nothing is learnt from them.
    let slow = matches!(reply, Reply::Silence);
    let fate = fate_with(slow, &["--tries", "2"], move |_| reply.clone());
    assert_eq!((fate.place.as_str(), fate.uploads), ("dead", 2), "{}", fate.why);
    assert_eq!(fate.why, why);
    fate.ran.expect(1);
    assert_eq!(fate.outbox.show(&fate.id)["dead"]["refused"], false);
    // Said in one line, in the log too.
    let lines = fate.outbox.log();
    assert_eq!(lines.lines().filter(|line| line.contains(" dead ")).count(), 1, "{lines}");
}

#[test]
fn a_server_error_is_tried_again() {
    tried_again(status(500, ""), "500 Internal Server Error");
}

#[test]
fn a_server_error_with_a_body_is_told_in_one_line() {
    let body = "<html>\n<h1>Bad\x1b[31m\u{202e}\tGateway</h1>\n";
    tried_again(status(502, body), "502 Bad Gateway: <html> <h1>Bad\\x1b[31m\\xe2\\x80\\xae Gateway</h1>");
}

#[test]
fn an_answer_that_says_no_is_tried_again() {
    let body = "{\"success\": false, \"error\": \"busy\"}";
    tried_again(status(200, body), &format!("the answer says success: false: 200 OK: {body}"));
}

#[test]
fn garbage_is_tried_again() {
    tried_again(status(200, "it works!"), "the answer is not JSON: 200 OK: it works!");
}

#[test]
fn a_connection_that_is_cut_in_the_middle_is_tried_again() {
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"success\": tr";
    tried_again(Reply::Raw(half.to_owned()), "the connection was cut");
}

#[test]
fn a_connection_that_is_cut_at_once_is_tried_again() {
    tried_again(Reply::Raw(String::new()), "the connection was cut");
}

#[test]
fn a_slow_server_is_tried_again() {
    tried_again(Reply::Silence, "no answer within 3s");
}

#[test]
fn a_failure_that_passes_costs_a_try_and_no_more() {
    let fate = fate(&[], |count| if count == 0 { status(503, "") } else { fine() });
    assert_eq!((fate.place.as_str(), fate.uploads), ("delivered", 2));
    fate.ran.ok();
}

#[test]
fn after_three_tries_an_entry_is_given_up_on_for_this_run() {
    let fate = fate(&[], |_| status(500, ""));
    assert_eq!((fate.place.as_str(), fate.uploads), ("dead", 3));
}

#[test]
fn a_short_retry_after_is_waited_for() {
    let wait = || Reply::Answer(429, vec!["Retry-After: 1".to_owned()], String::new());
    let fate = fate(&[], move |count| if count == 0 { wait() } else { fine() });
    assert_eq!((fate.place.as_str(), fate.uploads), ("delivered", 2));
    assert!(
        fate.outbox.log().contains("pause_ms=1000 why=\"429 Too Many Requests\""),
        "{}",
        fate.outbox.log()
    );
}

#[test]
fn a_long_retry_after_is_left_to_another_run() {
    let fate = fate(&[], |_| Reply::Answer(429, vec!["Retry-After: 3600".to_owned()], String::new()));
    assert_eq!((fate.place.as_str(), fate.uploads), ("pending", 1));
    assert_eq!(fate.why, "429 Too Many Requests");
    fate.ran.expect(1);
    assert!(fate.outbox.show(&fate.id)["not_before"].is_string());
    // It is not due, so nothing that is due is left.
    fate.outbox.run(["retry", &fate.id]).ok();
    assert!(fate.outbox.show(&fate.id)["not_before"].is_null());
}

#[test]
fn what_the_server_refuses_is_dead_until_somebody_wants_it() {
    for (code, why) in
        [(413, "413 Payload Too Large: no"), (400, "400 Bad Request: no"), (302, "302 Found: no")]
    {
        let elsewhere = vec!["Location: http://127.0.0.1:9/elsewhere".to_owned()];
        let fate = fate(&[], move |_| Reply::Answer(code, elsewhere.clone(), "no".to_owned()));
        assert_eq!((fate.place.as_str(), fate.uploads, fate.why.as_str()), ("dead", 1, why));
        assert!(fate.ran.stderr.contains("it stays dead until you retry it"), "{}", fate.ran.stderr);
        let mut outbox = fate.outbox;
        let server = Server::fine();
        outbox.use_server(&server);
        outbox.run(["work"]).expect(1);
        assert_eq!(server.posts().len(), 0, "it was revived by itself");
        outbox.run(["retry", &fate.id]).ok();
        outbox.run(["work"]).ok();
        assert_eq!(outbox.show(&fate.id)["state"], "delivered");
    }
}

#[test]
fn a_refused_credential_ends_the_run_and_names_its_setting() {
    for (code, name) in [(401, "401 Unauthorized"), (403, "403 Forbidden")] {
        let server = Server::uploads(move |_| status(code, "bad key hunter2-the-secret"));
        let outbox = Outbox::with(&server);
        outbox.add_many(20);
        let file = outbox.env.write("token", format!("{SECRET}\n"));
        let mut work = outbox.queue(["work", "--concurrency", "1"]);
        let ran = Ran::of(work.env("AIMEM_MEM0_TOKEN_FILE", &file).output().unwrap()).expect(1);
        let wanted = format!(
            "error: {name}: the server refuses the credential, which is set by AIMEM_MEM0_TOKEN_FILE ({})",
            file.display()
        );
        assert!(ran.stderr.contains(&wanted), "{}", ran.stderr);
        assert_eq!(server.posts().len(), 1);
        assert_eq!((outbox.ids("new").len(), outbox.ids("dead").len()), (20, 0));
        let ran = outbox.run(["work"]).expect(1);
        assert!(ran.stderr.contains("none of which is set"), "{}", ran.stderr);
    }
}

/// Ports on which nobody answers: one that refuses, and one that swallows.
#[test]
fn a_server_that_is_down_costs_no_try() {
    let refusing = {
        // An address on which no other test's server can get the port.
        let listener = TcpListener::bind("127.66.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let silent = Server::start(|_| Reply::Silence);
    let broken = Server::start(|_| status(500, ""));
    for (url, why) in [
        (format!("http://{refusing}"), "the connection was refused"),
        (silent.url(), "no answer within 0.3s"),
        (broken.url(), "the health check was answered by 500 Internal Server Error"),
    ] {
        let outbox = Outbox::new();
        let id = outbox.add("kept");
        let patience = if url == silent.url() { "0.3" } else { "30" };
        settings(&outbox, &format!("[mem0]\nurl = '{url}'\nread_timeout = {patience}\ntotal_timeout = 60"));
        let ran = outbox.run(["work"]).expect(75);
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert_eq!(lines.len(), 1, "{}", ran.stderr);
        assert!(lines[0].starts_with("note: the server is down since 20"), "{}", lines[0]);
        assert!(lines[0].contains(why), "{}", lines[0]);
        let entry = outbox.show(&id);
        assert_eq!((&entry["state"], &entry["retries"]), (&"pending".into(), &0.into()));
        assert_eq!(outbox.in_flight(), [""; 0]);
    }
    assert_eq!(silent.posts().len() + broken.posts().len(), 0);
}

#[test]
fn a_server_that_goes_down_in_the_middle_ends_the_run_without_a_try_counted() {
    let server = Server::start(|_| fine());
    let outbox = Outbox::with(&server);
    // Healthy once, and then never again.
    let up = std::sync::atomic::AtomicBool::new(true);
    let failing = Server::start(move |request| {
        if request.what().starts_with("GET ") && up.swap(false, std::sync::atomic::Ordering::SeqCst) {
            fine()
        } else {
            Reply::Raw(String::new())
        }
    });
    let mut outbox = outbox;
    outbox.use_server(&failing);
    let ids = outbox.add_many(50);
    outbox.run(["work", "--tries", "1"]).expect(75);
    assert_eq!(outbox.ids("new"), ids.iter().cloned().collect());
    assert!(ids.iter().all(|id| outbox.show(id)["retries"] == 0));
    outbox.use_server(&server);
    outbox.run(["work"]).ok();
    assert_eq!(outbox.delivered(), ids);
}

#[test]
fn a_credential_that_is_no_file_is_missing_input() {
    let server = Server::fine();
    let outbox = Outbox::with(&server);
    for file in [outbox.env.path("missing"), outbox.env.path("")] {
        let mut work = outbox.queue(["work"]);
        let ran = Ran::of(work.env("AIMEM_MEM0_TOKEN_FILE", &file).output().unwrap()).expect(66);
        assert!(ran.stderr.contains("cannot read the credential in"), "{}", ran.stderr);
    }
}

#[test]
fn without_a_server_work_says_what_to_set_and_saving_works() {
    let outbox = Outbox::new();
    outbox.add("kept");
    let ran = outbox.run(["work"]).expect(2);
    assert!(
        ran.stderr.contains("no server is set") && ran.stderr.contains("AIMEM_MEM0_URL"),
        "{}",
        ran.stderr
    );
    assert_eq!(outbox.ids("new").len(), 1);
}

#[test]
fn health_is_asked_now() {
    let server = Server::fine();
    let mut outbox = Outbox::with(&server);
    assert_eq!(outbox.run(["health"]).ok().stdout, format!("{} is up\n", server.url()));
    let broken = Server::start(|_| status(503, ""));
    outbox.use_server(&broken);
    let ran = outbox.run(["health", "--json"]).expect(1);
    let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(answer["up"], false);
    assert_eq!(answer["problem"], "the health check was answered by 503 Service Unavailable");
}

/// Everything that anybody could read while and after the worker ran.
#[test]
fn the_secret_is_nowhere() {
    let server = Server::uploads(|request| {
        // Servers have been seen to send it back.
        status(500, &format!("{} {}", request.header("authorization").unwrap(), "x".repeat(190)))
    });
    let outbox = Outbox::with(&server);
    outbox.add("one");
    let mut work = outbox.queue(["work", "--tries", "2"]);
    let child = work.env("AIMEM_MEM0_TOKEN", SECRET).spawn().unwrap();
    let command_line = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap_or_default();
    let ran = Ran::of(child.wait_with_output().unwrap()).expect(1);
    assert_eq!(server.posts()[0].header("authorization"), Some("Bearer hunter2-the-secret"));
    let mut texts = vec![String::from_utf8_lossy(&command_line).into_owned(), ran.stdout, ran.stderr];
    for args in [&["status"][..], &["status", "--json"], &["dead"], &["dead", "--json"], &["health"]] {
        let ran = Ran::of(outbox.queue(args).env("AIMEM_MEM0_TOKEN", SECRET).output().unwrap());
        texts.extend([ran.stdout, ran.stderr]);
    }
    for kind in ["cron", "hook", "systemd", "launchd"] {
        let mut print = outbox.queue(["work", "--print-service", kind]);
        let ran = Ran::of(print.env("AIMEM_MEM0_TOKEN", SECRET).output().unwrap()).ok();
        texts.extend([ran.stdout, ran.stderr]);
    }
    let mut folders = vec![outbox.env.home()];
    while let Some(folder) = folders.pop() {
        for name in TestEnv::names_in(&folder) {
            let path = folder.join(name);
            if path.is_dir() {
                folders.push(path);
            } else {
                texts.push(fs::read_to_string(path).unwrap());
            }
        }
    }
    assert!(texts.iter().any(|text| text.contains("Bearer ***")), "the answer is told without the secret");
    for text in texts {
        assert!(!text.contains("hunter2"), "the secret stands in: {text}");
    }
}
