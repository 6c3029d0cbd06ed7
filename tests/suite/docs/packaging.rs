//! What is packaged is there, and installing and taking away leave things as they were.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{Ran, TestEnv, aimem_path, require, skip};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// An unpacked release archive, around the binary under test.
fn unpacked(env: &TestEnv) -> PathBuf {
    let folder = env.path("aimem-release");
    fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink(aimem_path(), folder.join("aimem")).unwrap();
    fs::copy(root().join("packaging/install.sh"), folder.join("install.sh")).unwrap();
    for name in ["man", "completions", "README.md", "LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY.md"] {
        std::os::unix::fs::symlink(root().join(name), folder.join(name)).unwrap();
    }
    folder
}

fn install(env: &TestEnv, args: &[&str]) -> Ran {
    let mut command = env.command("sh");
    Ran::of(command.arg("aimem-release/install.sh").args(args).output().unwrap())
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        found.push(path.clone());
        if path.is_dir() {
            found.extend(files_below(&path));
        }
    }
    found.sort();
    found
}

#[test]
fn the_installer_works_offline_and_its_uninstall_leaves_nothing() {
    let env = TestEnv::new();
    unpacked(&env);
    for prefix in ["fresh/prefix", "with space"] {
        let before = files_below(&env.path(""));
        let said = install(&env, &["--prefix", prefix]).ok();
        assert!(said.stderr.contains("not in PATH"), "{}", said.stderr);
        let at = |name: &str| env.path(prefix).join(name);
        let version = env.command(at("bin/aimem")).arg("--version").output().unwrap();
        assert_eq!(
            String::from_utf8_lossy(&version.stdout),
            concat!("aimem ", env!("CARGO_PKG_VERSION"), "\n")
        );
        for name in [
            "share/man/man1/aimem-update.1",
            "share/bash-completion/completions/aimem",
            "share/zsh/site-functions/_aimem",
            "share/fish/vendor_completions.d/aimem.fish",
            "share/doc/aimem/THIRD-PARTY.md",
        ] {
            assert!(at(name).is_file(), "{name}");
        }
        if require("man") {
            let mut man = env.command("man");
            let page = man.arg("-M").arg(at("share/man")).arg("aimem-update").env("MANPAGER", "cat");
            let page = Ran::of(page.output().unwrap()).ok().stdout;
            assert!(page.contains("EXIT STATUS") && page.contains("ENVIRONMENT"), "{page}");
        }
        // Over itself, as an update does.
        install(&env, &["--prefix", prefix]).ok();
        install(&env, &["--prefix", prefix, "--uninstall"]).ok();
        assert_eq!(files_below(&env.path("")), before);
        install(&env, &["--prefix", prefix, "--uninstall"]).expect(1);
    }
}

#[test]
fn the_installers_uninstall_keeps_what_is_not_its_own() {
    let env = TestEnv::new();
    unpacked(&env);
    fs::create_dir_all(env.path("p/bin")).unwrap();
    env.write("p/bin/other", "");
    install(&env, &["--prefix=p"]).ok();
    fs::write(env.path("p/share/man/man1/other.1"), "").unwrap();
    install(&env, &["--prefix=p", "--uninstall"]).ok();
    let left: Vec<PathBuf> = files_below(&env.path("p")).into_iter().filter(|path| path.is_file()).collect();
    assert_eq!(left, [env.path("p/bin/other"), env.path("p/share/man/man1/other.1")]);
}

#[test]
fn every_file_that_a_package_names_is_there() {
    let manifest = text("Cargo.toml");
    let assets = manifest.split("\nassets = [").nth(1).unwrap().split("\n]").next().unwrap();
    let mut sources: Vec<&str> =
        assets.lines().filter_map(|line| line.trim().strip_prefix("[\"")?.split('"').next()).collect();
    assert!(sources.len() > 5, "this test no longer finds the assets");
    let formula = text("packaging/aimem.rb");
    let flake = text("flake.nix");
    for word in formula.split(['"', ' ']).chain(flake.split([' ', '\n'])) {
        if word.starts_with("completions/") || word.starts_with("man/") {
            sources.push(word);
        }
    }
    for source in sources {
        match source.split_once('*') {
            Some((folder, _)) => assert!(root().join(folder).is_dir(), "{source}"),
            None => assert!(source.starts_with("target/") || root().join(source).is_file(), "{source}"),
        }
    }
}

#[test]
fn the_formula_has_the_versions_number() {
    let formula = text("packaging/aimem.rb");
    let version = env!("CARGO_PKG_VERSION");
    assert!(formula.contains(&format!("version \"{version}\"")), "set {version} in packaging/aimem.rb");
    assert!(formula.contains(&format!("aimem-{version}.crate")), "set {version} in packaging/aimem.rb");
}

#[test]
fn the_list_of_licences_is_that_of_the_lock_file() {
    if !require("python3") || !require("cargo") {
        return;
    }
    let python = std::process::Command::new("python3")
        .arg(root().join("packaging/licences.py"))
        .args(["--offline", "--check"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&python.stderr).into_owned();
    if said.contains("CalledProcessError") {
        skip("cargo has not fetched every crate: cargo fetch --locked");
        return;
    }
    assert!(python.status.success(), "{said}");
}
