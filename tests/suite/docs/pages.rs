//! What the documentation shows is what happens: every `console` block is run.
//!
//! A line that begins with `$ ` is a command, `> ` continues it, and the lines that follow are
//! its output, both streams together. `…` stands for anything within a line. That a command had
//! to wait depends on the machine's load, and is not shown.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::common::{TestEnv, aimem_path};

const MARK: &str = "\u{1e}";

struct Step {
    command: String,
    output: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md"].map(|name| root().join(name)).to_vec();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

/// The blocks of one kind, by the word after the three backticks.
pub fn blocks<'a>(page: &'a str, kind: &str) -> Vec<&'a str> {
    let opening = format!("\n```{kind}\n");
    page.split(&opening).skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match (inside, line) {
            (false, "```console") => inside = true,
            (true, "```") => inside = false,
            (true, line) => match (line.strip_prefix("$ "), line.strip_prefix("> "), steps.last_mut()) {
                (Some(command), _, _) => steps.push(Step { command: command.to_owned(), output: Vec::new() }),
                (None, Some(more), Some(step)) => step.command.push_str(&format!("\n{more}")),
                (None, _, Some(step)) => step.output.push(line.to_owned()),
                (None, _, None) => panic!("output before any command: {line}"),
            },
            (false, _) => {}
        }
    }
    steps
}

/// Whether a line is what was shown, `…` standing for anything.
fn matches(shown: &str, line: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// What a page shows and what happens, where they differ.
fn differences(page: &Path) -> Vec<String> {
    let steps = steps(&fs::read_to_string(page).unwrap());
    if steps.is_empty() {
        return Vec::new();
    }
    let env = TestEnv::new();
    let mut script = String::from("exec 2>&1\n");
    for step in &steps {
        script.push_str(&format!("printf '{MARK}'\n{}\n", step.command));
    }
    let mut path = aimem_path().parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let mut bash = env.command("bash");
    let output = bash.arg("-c").arg(&script).env("PATH", path).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut different = Vec::new();
    for (step, said) in steps.iter().zip(text.split(MARK).skip(1)) {
        let said: Vec<&str> = said.lines().filter(|line| !line.starts_with("waiting for lock on ")).collect();
        let same = said.len() == step.output.len()
            && said.iter().zip(&step.output).all(|(line, shown)| matches(shown, line));
        if !same {
            different.push(format!(
                "{}:\n$ {}\nis shown as:\n{}\nbut says:\n{}",
                page.display(),
                step.command,
                step.output.join("\n"),
                said.join("\n")
            ));
        }
    }
    different
}

#[test]
fn console_blocks_show_what_happens() {
    let has_outbox = cfg!(feature = "outbox");
    let has_schema = cfg!(feature = "schema");
    let pages = pages().into_iter().filter(|page| has_outbox || !page.ends_with("outbox.md"));
    let pages = pages.filter(|page| has_schema || !page.ends_with("documents.md"));
    let different: Vec<String> = pages.flat_map(|page| differences(&page)).collect();
    assert!(different.is_empty(), "{}", different.join("\n\n"));
}

#[test]
fn what_is_not_run_says_so() {
    for page in pages() {
        if page.ends_with("CONTRIBUTING.md") {
            continue;
        }
        for block in blocks(&fs::read_to_string(&page).unwrap(), "sh") {
            // The README's first two blocks are how these tests are run themselves.
            let is_cargo = page.ends_with("README.md") && block.starts_with("cargo ");
            let is_marked = is_cargo || block.lines().any(|line| line.contains("# not run in the tests"));
            assert!(
                is_marked,
                "{}: show this as console, or say that it is not run:\n{block}",
                page.display()
            );
        }
    }
}

/// A picture says what its data says, so that neither is changed alone.
#[test]
fn pictures_are_drawn_from_their_data() {
    if !crate::common::require("python3") {
        return;
    }
    let mut make = std::process::Command::new("python3");
    let made = make.arg(root().join("docs/pictures/make.py")).arg("--check").output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[test]
fn links_between_pages_lead_somewhere() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for part in text.split("](").skip(1) {
            let Some(link) = part.split(')').next() else { continue };
            let link = link.split('#').next().unwrap();
            if link.is_empty() || link.contains("://") {
                continue;
            }
            let target = page.parent().unwrap().join(link);
            assert!(target.exists(), "{} links to {link}, which is not there", page.display());
        }
    }
}

/// The variables that the program asks for, found in its sources.
#[test]
fn every_environment_variable_is_documented() {
    let listed =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/environment.md")).unwrap();
    let mut asked = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            for word in text.split('"').skip(1).step_by(2) {
                let is_name = ["AIMEM_", "LOCK_", "AICONFIG_"].iter().any(|prefix| word.starts_with(prefix))
                    && word
                        .bytes()
                        .all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit());
                if is_name {
                    asked.push(word.to_owned());
                }
            }
        }
    }
    assert!(asked.len() > 5, "this test no longer finds the variables");
    for name in asked {
        assert!(listed.contains(&format!("`{name}`")), "{name} is not in docs/environment.md");
    }
}

#[test]
fn the_table_of_exit_codes_is_the_programs() {
    use aimem::cli::exit::Exit;
    use aimem::sys::failure::Kind;
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/exit-codes.md")).unwrap();
    let listed: Vec<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next().map(str::to_owned))
        .filter(|code| code.starts_with(|letter: char| letter.is_ascii_digit()))
        .collect();
    let all = [
        Exit::Done,
        Exit::CheckFailed,
        Exit::Failed(Kind::Usage),
        Exit::Failed(Kind::Data),
        Exit::Failed(Kind::NoInput),
        Exit::Failed(Kind::CantCreate),
        Exit::Failed(Kind::Io),
        Exit::Failed(Kind::Busy),
        Exit::Failed(Kind::Lost),
        Exit::Failed(Kind::Permission),
        Exit::Failed(Kind::Unfinished),
        Exit::Own,
        Exit::Failed(Kind::NotExecutable),
        Exit::Failed(Kind::NotFound),
    ];
    let mut codes: Vec<String> = all.iter().map(|exit| exit.code().to_string()).collect();
    codes.push("128+N".to_owned());
    assert_eq!(listed, codes);
    assert_eq!(Exit::Failed(Kind::Interrupted(15)).code(), 143);
}

#[test]
fn macos_is_checked_as_the_readme_says_and_called_tested_nowhere() {
    let read = |name: &str| fs::read_to_string(root().join(name)).unwrap();
    let readme = read("README.md").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(readme.contains(
        "It runs on Linux, where every change is tested. For macOS every change is checked, by the compiler \
         and its lints, but no test runs there yet."
    ));
    let run = read(".ci/run");
    assert!(run.contains("mac=aarch64-apple-darwin"));
    assert!(
        run.contains(
            "cargo-zigbuild clippy --locked --workspace --all-targets --target \"$mac\" -- -D warnings"
        ),
        "all targets and default features, warnings refused"
    );
}

#[test]
fn the_list_of_builtins_is_the_languages() {
    use aimem::document::{Filter, Value};
    let names =
        Filter::compile("builtins | sort | map(\"`\\(.)`\") | join(\" \")", &Default::default()).unwrap();
    let names = names.run_one(Value::null()).unwrap();
    let page = fs::read_to_string(root().join("docs/filter.md")).unwrap();
    let list = page.split("## The builtins").nth(1).unwrap().split("\n\n").nth(2).unwrap();
    let list = list.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(Some(list.as_str()), names.as_str(), "docs/filter.md");
}
