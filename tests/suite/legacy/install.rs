//! `aimem scripts install`: all four or none, and nobody's file is lost.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::common::{TestEnv, aimem_path};

const NAMES: [&str; 4] = ["atomic-write.sh", "file-lock.sh", "memory-read.sh", "memory-update.sh"];

#[test]
fn it_makes_the_folder_and_may_be_run_again() {
    for options in [&[][..], &["--link"]] {
        let env = TestEnv::new();
        let args = [&["scripts", "install", "new/scripts"], options].concat();
        for _ in 0..2 {
            let ran = env.run(&args).ok();
            assert_eq!(ran.stdout, "");
            assert_eq!(ran.stderr.lines().count(), 4, "{}", ran.stderr);
        }
        assert_eq!(TestEnv::names_in(&env.path("new/scripts")), NAMES);
        for name in NAMES {
            let mode = fs::metadata(env.path("new/scripts").join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o111, 0o111, "{name} can be run by all");
        }
    }
}

#[test]
fn links_and_wrappers_replace_each_other() {
    let env = TestEnv::new();
    for (options, is_link) in [(&[][..], false), (&["--link"], true), (&[], false)] {
        env.run([&["scripts", "install", "s"], options].concat()).ok();
        for name in NAMES {
            let path = env.path("s").join(name);
            assert_eq!(fs::symlink_metadata(&path).unwrap().is_symlink(), is_link, "{name}");
        }
    }
    assert!(fs::metadata(aimem_path()).unwrap().len() > 1 << 20, "no wrapper was written through a link");
}

#[test]
fn foreign_files_are_kept_without_force() {
    let env = TestEnv::new();
    fs::create_dir(env.path("s")).unwrap();
    env.write("s/memory-update.sh", "#!/bin/bash\necho mine\n");
    env.write("elsewhere", "precious\n");
    for options in [&[][..], &["--link"]] {
        let refused = env.run([&["scripts", "install", "s"], options].concat()).expect(73);
        assert!(
            refused.stderr.contains("memory-update.sh") && refused.stderr.contains("--force"),
            "{}",
            refused.stderr
        );
        assert_eq!(TestEnv::names_in(&env.path("s")), ["memory-update.sh"], "all or nothing");
        assert_eq!(env.read("s/memory-update.sh"), "#!/bin/bash\necho mine\n");
    }
    fs::remove_file(env.path("s/memory-update.sh")).unwrap();
    symlink(env.path("elsewhere"), env.path("s/file-lock.sh")).unwrap();
    env.run(["scripts", "install", "s"]).expect(73);
    for options in [&["--force"][..], &["--force", "--link"]] {
        env.run([&["scripts", "install", "s"], options].concat()).ok();
        assert_eq!(TestEnv::names_in(&env.path("s")), NAMES);
    }
    assert_eq!(env.read("elsewhere"), "precious\n", "the link was replaced, not what it points to");
}

#[test]
fn a_wrapper_finds_the_binary_under_any_name() {
    use std::os::unix::ffi::OsStrExt;
    let env = TestEnv::new();
    let names: [&[u8]; 4] = [b"line\nbreak", b"it's $HOME \"`x`", b"\xff\xfe", b"tab\tand\r\n'"];
    for name in names {
        let folder = env.path(std::ffi::OsStr::from_bytes(name));
        fs::create_dir(&folder).unwrap();
        let binary = folder.join("aimem");
        // Not copied by this process: a child of another test could inherit the open file, and then it
        // can't be executed.
        assert!(env.command("cp").arg(aimem_path()).arg(&binary).status().unwrap().success());
        // Twice: it knows its own again.
        for _ in 0..2 {
            let mut install = env.command(&binary);
            crate::common::Ran::of(install.args(["scripts", "install", "s"]).output().unwrap()).ok();
        }
        let mut help = env.command("bash");
        let ran = crate::common::Ran::of(help.args(["s/file-lock.sh", "help"]).output().unwrap());
        assert!(ran.code == 1 && ran.stderr.starts_with("Usage: file-lock.sh"), "{name:?}: {ran:?}");
    }
}

#[test]
fn wrappers_and_services_call_what_was_called() {
    let env = TestEnv::new();
    for folder in ["bin", "versions"] {
        fs::create_dir(env.path(folder)).unwrap();
    }
    symlink(aimem_path(), env.path("versions/aimem-1")).unwrap();
    symlink("../versions/aimem-1", env.path("bin/aimem")).unwrap();
    let link = env.path("bin/aimem");
    let called = link.to_str().unwrap();
    let by_path = format!("PATH={}:$PATH aimem", env.path("bin").display());
    for program in [called, "bin/aimem", &by_path] {
        shell(
            &env,
            &["bash", "-c", &format!("{program} scripts install s && {program} scripts install l --link")],
        )
        .ok();
        assert!(
            env.read("s/file-lock.sh").contains(&format!("'{called}'")),
            "{}",
            env.read("s/file-lock.sh")
        );
        assert_eq!(fs::read_link(env.path("l/file-lock.sh")).unwrap(), link, "{program}");
        let line =
            shell(&env, &["bash", "-c", &format!("{program} queue work --print-service cron")]).ok().stdout;
        assert!(line.contains(&format!("{called} queue work")), "{line}");
    }
    // The new version stands behind the same link.
    fs::rename(env.path("versions/aimem-1"), env.path("versions/aimem-2")).unwrap();
    fs::remove_file(&link).unwrap();
    symlink("../versions/aimem-2", &link).unwrap();
    for folder in ["s", "l"] {
        let ran = shell(&env, &["bash", "-c", &format!("{folder}/file-lock.sh help")]).expect(1);
        assert!(ran.stderr.starts_with("Usage: file-lock.sh"), "{}", ran.stderr);
    }
    // A name that leads to another program is not taken for ours.
    let stranger = format!("exec -a bin/other {} scripts install other", aimem_path().display());
    env.write("bin/other", "");
    shell(&env, &["bash", "-c", &stranger]).ok();
    assert!(!env.read("other/file-lock.sh").contains("bin/other"));
}

#[test]
fn a_wrapper_that_is_sourced_does_not_replace_its_caller() {
    let env = TestEnv::new();
    env.run(["scripts", "install", "s"]).ok();
    env.write("caller", "set -u\n. s/file-lock.sh\necho $? after\n");
    env.write("from-function", "load() { . s/file-lock.sh; }\nload acquire f\necho $? after\n");
    for name in NAMES {
        let ran = shell(&env, &["bash", "-c", &format!("source s/{name} with f; echo $? after")]).ok();
        assert_eq!(ran.stdout, "1 after\n", "{name}");
        let says = [format!("error: {name} is a command"), format!("{name} "), "FILE".to_owned()];
        assert!(says.iter().all(|word| ran.stderr.contains(word)), "{}", ran.stderr);
    }
    for file in ["caller", "from-function"] {
        for program in ["bash", "zsh", "dash"] {
            if program != "bash" && !crate::common::require(program) {
                continue;
            }
            let ran = shell(&env, &[program, file]).ok();
            assert_eq!(ran.stdout, "1 after\n", "{program} {file}");
            assert!(ran.stderr.contains("file-lock.sh with FILE -- COMMAND"), "{}", ran.stderr);
        }
    }
    // Called, not sourced: by path, by bash, and with the caller's strictness.
    for line in [
        "s/file-lock.sh help",
        "bash -eu s/file-lock.sh help",
        "PATH=s:$PATH file-lock.sh help",
        "PATH=s:$PATH bash file-lock.sh help",
    ] {
        let ran = shell(&env, &["bash", "-c", line]).expect(1);
        assert!(ran.stderr.starts_with("Usage: file-lock.sh"), "{line}: {}", ran.stderr);
    }
}

fn shell(env: &TestEnv, words: &[&str]) -> crate::common::Ran {
    crate::common::Ran::of(env.command(words[0]).args(&words[1..]).output().unwrap())
}
