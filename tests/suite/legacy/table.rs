//! Every option and refusal of the four scripts, against what the originals answered:
//! `tests/data/scripts.txt`.

use std::fs;
use std::path::Path;

use crate::common::{Ran, TestEnv, require, walk};

/// What every line begins with: some files, and ways to lock one as the scripts did.
const SETUP: &str = r#"
printf '{"n": 1}\n' >a.json; printf '{"n": 1}' >'with space.json'; printf '# Project\n' >CLAUDE.md
printf '{\n' >broken.json; : >empty.json; printf '1\n2\n' >two.json; printf '{"n": 1}\n' >s.txt; mkdir folder
stale() { (exit 0) & wait $!; info "$1" $!; }
held() { info "$1" $$; }
info() {
    lock=$HOME/aiconfig/.locks/$(printf %s "$PWD/$1" | sha256sum | cut -d' ' -f1).lock
    mkdir -p "$lock"
    printf 'PID: %s\nACQUIRED: %s\nHOSTNAME: %s\n' "$2" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(uname -n)" >"$lock/info"
}
"#;

const FILES: [(&str, &str); 7] = [
    ("a.json", "{\"n\": 1}\n"),
    ("with space.json", "{\"n\": 1}"),
    ("CLAUDE.md", "# Project\n"),
    ("broken.json", "{\n"),
    ("empty.json", ""),
    ("two.json", "1\n2\n"),
    ("s.txt", "{\"n\": 1}\n"),
];

struct Case<'a> {
    line: &'a str,
    /// The original's, and ours where it differs.
    then: &'a str,
    now: Option<&'a str>,
}

fn cases(table: &str) -> Vec<Case<'_>> {
    let blocks = table.split("\n$ ").skip(1).map(|block| {
        let mut lines = block.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (line, then) = (lines.next().unwrap(), lines.next().unwrap());
        let now = lines.next().map(|now| now.strip_prefix("now ").unwrap());
        let why = lines.next().map(|why| why.strip_prefix("because ").unwrap());
        assert!(now.is_some() == why.is_some_and(|why| why.len() > 3), "{line}: say why it differs");
        Case { line, then, now }
    });
    blocks.collect()
}

/// A text without what is another's each time.
fn plain(env: &TestEnv, text: &str) -> String {
    let work = env.path("").canonicalize().unwrap().to_str().unwrap().trim_end_matches('/').to_owned();
    let text = text.replace(env.home().to_str().unwrap(), "HOME").replace(&work, "WORK");
    let text = text.replace(&aimem::sys::machine::host_name(), "HOST");
    let mut plain = String::new();
    for line in text.lines() {
        let mut words: Vec<String> = Vec::new();
        let mut before = "";
        for word in line.split(' ') {
            let core = word.trim_end_matches([',', ')']);
            let is_number = core.len() > 1 && core.bytes().all(|byte| byte.is_ascii_digit());
            let is_time = core.len() == 20 && core.starts_with("20") && core.ends_with('Z');
            words.push(match () {
                () if is_number && ["PID", "PID:", "pid"].contains(&before) => word.replace(core, "N"),
                () if is_time => word.replace(core, "TIME"),
                () if word.starts_with("HOME/") && word.len() > 64 => {
                    "HOME/aiconfig/.locks/KEY.lock".to_owned()
                }
                () => word.to_owned(),
            });
            before = word;
        }
        plain.push_str(&words.join(" "));
        plain.push('⏎');
    }
    plain
}

/// The labelled lines: the label alone where the table has no more.
fn labelled(env: &TestEnv, stderr: &str, expected: &str) -> String {
    let expected: Vec<&str> = expected.split(" / ").collect();
    let mut found: Vec<String> = Vec::new();
    for line in plain(env, stderr).split('⏎') {
        if line.starts_with("Usage: ") {
            found.push("usage".to_owned());
        }
        let Some(end) = line.find(']').filter(|_| line.starts_with('[')) else { continue };
        let label = &line[..=end];
        // Further lines of one error are one with the first.
        if label.ends_with("HINT]") || found.last().is_some_and(|last| last == label) {
            continue;
        }
        let begins = |known: &&&str| line == **known || line.starts_with(&format!("{known} "));
        found.push(expected.get(found.len()).filter(begins).map_or(line, |known| known).to_owned());
    }
    found.join(" / ")
}

/// What a line came to, in the table's words.
fn answer(case: &Case<'_>, scripts: &Path) -> String {
    let expected = case.now.unwrap_or(case.then);
    let env = TestEnv::new();
    let mut path = scripts.as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    // The scripts could wait for whole seconds only.
    let line = case.line.replace("LOCK_TIMEOUT=1 ", "LOCK_TIMEOUT=0.05 ");
    let mut bash = env.command("bash");
    bash.args(["-c", &format!("{SETUP}\n{line}")]).env("PATH", path);
    let ran = Ran::of(bash.output().unwrap());
    let mut answer = ran.code.to_string();
    if !ran.stdout.is_empty() {
        let text = plain(&env, &ran.stdout);
        answer.push_str(&format!(" | out: {}", text.strip_suffix('⏎').unwrap()));
    }
    let expected_err =
        expected.split(" | ").find_map(|field| field.strip_prefix("err: ")).unwrap_or_default();
    let said = labelled(&env, &ran.stderr, expected_err);
    if !said.is_empty() {
        answer.push_str(&format!(" | err: {said}"));
    }
    let mut files = Vec::new();
    for path in walk(&env.path("")).into_iter().filter(|path| path.is_file()) {
        let name = path.strip_prefix(env.path("")).unwrap().to_str().unwrap().to_owned();
        let content = fs::read_to_string(&path).unwrap();
        if !FILES.contains(&(name.as_str(), content.as_str())) {
            files.push(format!(
                " | file: {name} {}",
                content.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t")
            ));
        }
    }
    files.sort();
    answer + &files.concat()
}

#[test]
fn every_option_and_refusal_is_answered_as_the_scripts_did() {
    if !require("bash") || !crate::common::require_dead_scripts() {
        return;
    }
    let env = TestEnv::new();
    env.run(["scripts", "install", "scripts", "--link"]).ok();
    let scripts = env.path("scripts");
    let table =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/scripts.txt")).unwrap();
    let cases = cases(&table);
    assert!(cases.len() >= 60, "{}", cases.len());
    let wrong = |case: &Case<'_>| {
        let (answer, expected) = (answer(case, &scripts), case.now.unwrap_or(case.then));
        (answer != expected).then(|| format!("$ {}\n{expected}\nbut:\n{answer}\n", case.line))
    };
    let wrong: Vec<String> = std::thread::scope(|threads| {
        let parts: Vec<_> = cases
            .chunks(cases.len().div_ceil(4))
            .map(|part| threads.spawn(|| part.iter().filter_map(&wrong).collect::<Vec<_>>()))
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
