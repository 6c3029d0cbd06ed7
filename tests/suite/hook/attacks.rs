//! What others have put in the way.

use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::process::Command;

use super::Session;
use crate::common::{NOBODY, TestEnv, require_root, set_mode};

fn state(env: &TestEnv) -> std::path::PathBuf {
    env.home().join(".local/state/aimem/sessions")
}

#[test]
fn planted_state_leads_nowhere() {
    let env = TestEnv::new();
    env.write("f", "1");
    let session = Session::claude(&env, "1");
    session.before_edit("f").silent();
    session.end();
    let secret = env.write("secret", "secret\n");
    let plant: [&dyn Fn(); 4] = [
        &|| symlink(&secret, session.file()).unwrap(),
        &|| fs::hard_link(&secret, session.file()).unwrap(),
        &|| fs::create_dir(session.file()).unwrap(),
        &|| assert!(Command::new("mkfifo").arg(session.file()).status().unwrap().success()),
    ];
    for plant in plant {
        plant();
        let answer = session.before_edit("f");
        assert_eq!(answer.denial(), None);
        assert!(answer.message().contains("cannot remember what this session has seen"), "{answer:?}");
        for name in ["PostToolUse-Edit", "PreToolUse-Read", "Stop", "SessionStart"] {
            session.tell(name, "f");
        }
        assert_eq!(env.read("secret"), "secret\n");
        fs::remove_file(session.file()).or_else(|_| fs::remove_dir(session.file())).unwrap();
    }
    // A folder that others may write to holds whatever they like.
    set_mode(&state(&env), 0o777);
    assert!(session.before_edit("f").message().contains("others may write to it"));
    fs::remove_dir_all(state(&env)).unwrap();
    symlink(env.path(""), state(&env)).unwrap();
    session.before_edit("f");
    session.before_edit("f");
}

#[test]
fn another_users_state_is_not_used() {
    if !require_root() {
        return;
    }
    let env = TestEnv::new();
    env.write("f", "1");
    let session = Session::claude(&env, "1");
    session.before_edit("f").silent();
    session.end();
    for what in [state(&env), env.home().join(".local")] {
        chown(&what, Some(NOBODY), Some(NOBODY)).unwrap();
        symlink(env.write("mine", "mine"), session.file()).unwrap();
        session.tell("PreToolUse-Edit", "f");
        assert_eq!(env.read("mine"), "mine");
        fs::remove_file(session.file()).unwrap();
        // What the superuser makes in another's folder is that one's.
        session.before_edit("f").silent();
        let meta = fs::metadata(session.file()).unwrap();
        use std::os::unix::fs::MetadataExt;
        assert_eq!(meta.uid(), NOBODY);
        session.end();
        chown(&what, Some(0), Some(0)).unwrap();
    }
}

#[test]
fn lines_that_nobody_of_ours_has_written_do_no_harm() {
    let env = TestEnv::new();
    env.write("f", "1");
    let session = Session::claude(&env, "1");
    session.read("f");
    let victim = env.write("victim", "victim\n");
    env.run_with_input(["write", "victim"], b"victim\n").ok();
    let text = fs::read_to_string(session.file()).unwrap();
    let victim = victim.to_str().unwrap();
    let lines = format!(
        "\n\n{{}}\n[]\nnull\n{{\"kind\":\"later\",\"at\":1}}\n{{\"kind\":\"held\",\"path\":\"/etc/passwd\",\"at\":1}}\n\
         {{\"kind\":\"held\",\"path\":\"\",\"at\":-1}}\n{{\"kind\":\"held\",\"path\":\"../x\",\"at\":99999999999999}}\n\
         {{\"kind\":\"editing\",\"path\":\"{victim}\",\"at\":1,\"tag\":\"x\",\"version\":\"../../../victim\"}}\n\
         {{\"kind\":\"client\",\"at\":1,\"tag\":\"confirmed\",\"process\":{{\"pid\":0,\"started\":0}}}}\n{}\n",
        "x".repeat(100_000)
    );
    fs::write(session.file(), text + &lines).unwrap();
    session.before_edit("f").silent();
    session.stop();
    session.before_write("f").silent();
    session.end();
    assert_eq!(env.read("victim"), "victim\n");
    assert!(!session.file().exists());
    // One that is too long is an error, and none that lasts.
    let file = fs::File::create(session.file()).unwrap();
    file.set_len(20 << 20).unwrap();
    assert!(session.before_edit("f").message().contains("is larger than"));
    assert_eq!(session.before_edit("f").denial(), None);
}

#[test]
fn a_hook_that_is_stopped_keeps_the_others_of_its_session_for_a_moment_only() {
    let env = TestEnv::new();
    env.write("f", "1");
    let session = Session::claude(&env, "1");
    session.read("f");
    let held = fs::File::open(session.file()).unwrap();
    assert!(aimem::sys::file::try_flock(&held, aimem::sys::file::Flock::Exclusive).unwrap());
    let answer = session.before_edit("f");
    assert!(answer.message().contains("another hook of this session keeps"), "{answer:?}");
    // Other sessions do not mind.
    Session::claude(&env, "2").before_edit("f").silent();
}
