//! `aimem update`, end to end.

use super::common::TestEnv;

#[test]
fn a_session_is_appended_and_nothing_is_left_behind() {
    let env = TestEnv::new();
    env.write("sessions.json", "{\"sessions\": []}\n");
    env.run(["update", "sessions.json", ".sessions += [{\"id\": \"s1\"}]"]).ok();
    let ids = env.run(["read", "sessions.json", ".sessions[].id", "--raw"]).ok();
    assert_eq!(ids.stdout, "s1\n");
    assert_eq!(env.lock_names(), [""; 0]);
    assert_eq!(TestEnv::names_in(&env.path("")), ["sessions.json"]);
}
