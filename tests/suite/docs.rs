//! What the documentation shows is what happens: every `console` block is run.
//!
//! A line that begins with `$ ` is a command, `> ` continues it, and the lines that follow are
//! its output, both streams together. `…` stands for anything within a line.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::common::{TestEnv, aimem_path};

const MARK: &str = "\u{1e}";

struct Step {
    command: String,
    output: Vec<String>,
}

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md"].map(|name| root.join(name)).to_vec();
    for entry in fs::read_dir(root.join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    pages
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

#[test]
fn console_blocks_show_what_happens() {
    for page in pages() {
        let steps = steps(&fs::read_to_string(&page).unwrap());
        if steps.is_empty() {
            continue;
        }
        let env = TestEnv::new();
        let mut script = String::from("exec 2>&1\n");
        for step in &steps {
            script.push_str(&format!("printf '{MARK}'\n{}\n", step.command));
        }
        let mut path = aimem_path().parent().unwrap().as_os_str().to_owned();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        let output = env
            .command("bash")
            .arg("-c")
            .arg(&script)
            .env("PATH", path)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        for (step, said) in steps.iter().zip(text.split(MARK).skip(1)) {
            let said: Vec<&str> = said.lines().collect();
            let same = said.len() == step.output.len()
                && said.iter().zip(&step.output).all(|(line, shown)| matches(shown, line));
            assert!(
                same,
                "{}:\n$ {}\nis shown as:\n{}\nbut says:\n{}",
                page.display(),
                step.command,
                step.output.join("\n"),
                said.join("\n")
            );
        }
    }
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
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/exit-codes.md")).unwrap();
    let listed: Vec<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next().map(str::to_owned))
        .filter(|code| code.starts_with(|letter: char| letter.is_ascii_digit()))
        .collect();
    let all = [
        Exit::Done,
        Exit::CheckFailed,
        Exit::Usage,
        Exit::Data,
        Exit::NoInput,
        Exit::CantCreate,
        Exit::Io,
        Exit::Busy,
        Exit::Lost,
        Exit::Permission,
        Exit::Own,
        Exit::NotExecutable,
        Exit::NotFound,
    ];
    let mut codes: Vec<String> = all.iter().map(|exit| exit.code().to_string()).collect();
    codes.push("128+N".to_owned());
    assert_eq!(listed, codes);
    assert_eq!(Exit::Signal(15).code(), 143);
}
