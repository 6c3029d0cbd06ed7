//! The packages for Python and Node: what their modules promise, and that they can be installed from
//! the files that were built, without the network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Holder, Ran, TestEnv, aimem_path, long_tests, require};

fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A script of these tests, put into the working folder.
fn script(env: &TestEnv, name: &str) -> PathBuf {
    env.write(name, fs::read(repository("tests/suite/packages").join(name)).unwrap())
}

/// What is in `PATH`, the binary under test before all else.
fn path_with_aimem() -> std::ffi::OsString {
    let mut path = aimem_path().parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    path
}

/// Runs a script that checks a module, while another process has the lock of `f.json`.
#[track_caller]
fn check(env: &TestEnv, mut command: Command) {
    let holder = env.hold("f.json");
    let ran =
        Ran::of(command.arg(holder.pid.to_string()).env("PATH", path_with_aimem()).output().unwrap()).ok();
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("ok\n", ""));
    holder.end().ok();
    assert_eq!(env.lock_names(), [""; 0], "the locks of an interpreter go with it");
}

#[test]
fn the_python_module_does_what_it_says() {
    if !require("python3") {
        return;
    }
    let env = TestEnv::new();
    let mut command = env.command("python3");
    command.arg(script(&env, "check.py")).env("PYTHONPATH", repository("packaging/python"));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    check(&env, command);
}

#[test]
fn the_node_module_does_what_it_says() {
    if !require("node") {
        return;
    }
    let env = TestEnv::new();
    fs::create_dir(env.path("node_modules")).unwrap();
    std::os::unix::fs::symlink(repository("packaging/npm"), env.path("node_modules/aimem")).unwrap();
    let mut command = env.command("node");
    command.arg(script(&env, "check.mjs"));
    check(&env, command);
}

/// The code on a page, all its blocks in a row.
fn code_of(page: &str, kind: &str) -> String {
    let code = crate::docs::blocks(&fs::read_to_string(repository(page)).unwrap(), kind).join("\n");
    assert!(!code.is_empty(), "{page}");
    code
}

#[test]
fn the_code_on_the_pages_runs() {
    if !require("python3") || !require("node") {
        return;
    }
    for page in ["docs/python.md", "packaging/python/README.md"] {
        let env = TestEnv::new();
        let mut python = env.command("python3");
        python.args(["-B", "-c", &code_of(page, "python")]).env("PATH", path_with_aimem());
        Ran::of(python.env("PYTHONPATH", repository("packaging/python")).output().unwrap()).ok();
    }
    for page in ["docs/node.md", "packaging/npm/README.md"] {
        let env = TestEnv::new();
        fs::create_dir(env.path("node_modules")).unwrap();
        std::os::unix::fs::symlink(repository("packaging/npm"), env.path("node_modules/aimem")).unwrap();
        env.write("page.mjs", code_of(page, "js"));
        Ran::of(env.command("node").arg("page.mjs").env("PATH", path_with_aimem()).output().unwrap()).ok();
    }
}

#[test]
fn the_python_module_is_small_and_typed() {
    let text = fs::read_to_string(repository("packaging/python/aimem/__init__.py")).unwrap();
    assert!(text.lines().count() <= 300, "at most 300 lines");
    assert!(repository("packaging/python/aimem/py.typed").is_file());
}

/// Where Python keeps the pip that it gives to new environments. A whole environment takes seconds.
const PIP: &str = "import ensurepip, pathlib, sysconfig
places = [pathlib.Path(ensurepip.__file__).parent / '_bundled', sysconfig.get_config_var('WHEEL_PKG_DIR')]
print(next(wheel for place in places if place for wheel in pathlib.Path(place).glob('pip-*.whl')))";

/// Builds the packages around the binary under test, and installs them: the wheel into a fresh
/// environment, `venv`, and npm's into an empty folder, `node`.
fn install(env: &TestEnv) {
    let machine = std::env::consts::ARCH;
    let mut build = env.command("python3");
    build.arg(repository("packaging/packages.py")).args(["--level", "0", "--out"]).arg(env.path("dist"));
    build.arg(format!("{machine}-unknown-linux-gnu={}", aimem_path().display()));
    let built = Ran::of(build.output().unwrap()).ok().stdout;
    let [wheel, of_machine, thin] = built.lines().collect::<Vec<_>>()[..] else { panic!("{built}") };
    Ran::of(env.command("python3").args(["-m", "venv", "--without-pip", "venv"]).output().unwrap()).ok();
    let pip = Ran::of(env.command("python3").args(["-c", PIP]).output().unwrap()).ok().stdout;
    let mut install = env.command(env.path("venv/bin/python"));
    install.args(["-m", "pip", "install", "-q", "--no-index", "--disable-pip-version-check", wheel]);
    Ran::of(install.env("PYTHONPATH", pip.trim()).output().unwrap()).ok();
    fs::create_dir(env.path("node")).unwrap();
    let mut install = env.command("npm");
    install.args(["install", "--offline", "--no-audit", "--no-fund", "--silent", of_machine, thin]);
    Ran::of(install.current_dir(env.path("node")).output().unwrap()).ok();
}

/// Python, Node and the shell on one counter, with what was installed and nothing else of ours.
#[test]
fn what_is_installed_from_the_files_loses_no_count() {
    if !["python3", "npm", "node"].into_iter().all(require) {
        return;
    }
    let env = TestEnv::new();
    install(&env);
    let version = concat!("aimem ", env!("CARGO_PKG_VERSION"), "\n");
    for program in ["venv/bin/aimem", "node/node_modules/.bin/aimem"] {
        let said = Ran::of(env.command(env.path(program)).arg("--version").output().unwrap()).ok();
        assert_eq!(said.stdout, version, "{program}");
    }
    let rounds = if long_tests() { "25" } else { "1" };
    let (python, node) = (script(&env, "count.py"), env.path("node/count.mjs"));
    fs::copy(script(&env, "count.mjs"), &node).unwrap();
    env.write("c.json", "{\"n\": 0}\n");
    let patient = |mut command: Command| {
        command.env("LOCK_TIMEOUT", "inf").env("ROUNDS", rounds);
        command
    };
    let python = |what: &str| {
        let mut command = patient(env.command(env.path("venv/bin/python")));
        command.arg(&python).arg(what);
        command
    };
    let mut killed = Holder::start(&mut python("hold"));
    let mut all = Vec::new();
    for _ in 0..8 {
        all.push(Holder::launch(&mut python(rounds)));
        let mut command = patient(env.command("node"));
        all.push(Holder::launch(command.arg(&node).arg(rounds)));
        let mut shell = patient(env.command("sh"));
        all.push(Holder::launch(shell.arg("-ec").arg(
            "PATH=node/node_modules/.bin:$PATH
             for round in $(seq \"$ROUNDS\"); do
                 aimem update c.json '.n += 1'
                 aimem lock with c.json -- sh -ec 'mkdir inside; aimem update c.json \".n += 1\"; rmdir inside'
                 id=$(aimem lock acquire c.json)
                 mkdir inside; aimem update c.json --lock \"$id\" '.n += 1'; rmdir inside
                 aimem lock release \"$id\"
             done",
        )));
    }
    killed.kill();
    for writer in all {
        writer.wait().ok();
    }
    let counted = env.json("c.json")["n"].as_u64().unwrap();
    assert_eq!(counted, 8 * 3 * 3 * rounds.parse::<u64>().unwrap());
}
