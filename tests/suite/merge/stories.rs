//! What happens to people: two machines, each with its own copy of a project's memory.

use crate::common::TestEnv;

/// Copies of one file on several machines, each with its own client and its own history.
struct Machines {
    env: TestEnv,
}

impl Machines {
    fn new(text: &str) -> Machines {
        let env = TestEnv::new();
        for name in ["one", "two", "three"] {
            env.write(format!("{name}.json"), text);
        }
        Machines { env }
    }

    fn update(&self, machine: &str, filter: &str) {
        self.env.run(["update", &format!("{machine}.json"), filter, "--client", machine]).ok();
    }

    /// What is on the other machine is merged in here.
    fn pull(&self, machine: &str, other: &str) -> i32 {
        self.env.run(["merge", &format!("{machine}.json"), &format!("{other}.json"), "--write"]).code
    }

    fn read(&self, machine: &str, filter: &str) -> String {
        self.env.run(["read", "-c", &format!("{machine}.json"), filter]).ok().stdout.trim_end().to_owned()
    }

    /// Everybody has everything.
    #[track_caller]
    fn all_are_equal(&self) {
        for other in ["two", "three"] {
            self.env.run(["compare", "one.json", &format!("{other}.json")]).ok();
        }
    }
}

const SESSIONS: &str = "{\n  \"_version\": {\"setup\": 1},\n  \"current_focus\": \"start\",\n  \"sessions\": [\n    {\"id\": \"s0\", \"date\": \"2026-01-01\", \"summary\": \"old\"}\n  ],\n  \"decisions\": [\n    {\"id\": \"ADR-001\", \"status\": \"proposed\", \"title\": \"t\"},\n    {\"id\": \"ADR-002\", \"status\": \"proposed\"}\n  ]\n}\n";

#[test]
fn two_laptops_append_sessions() {
    let machines = Machines::new(SESSIONS);
    machines.update("one", ".sessions += [{\"id\": \"s2\", \"date\": \"2026-01-03\"}]");
    machines.update("two", ".sessions += [{\"id\": \"s1\", \"date\": \"2026-01-02\"}]");
    assert_eq!((machines.pull("one", "two"), machines.pull("two", "one")), (0, 0));
    assert_eq!(machines.read("one", "[.sessions[].id]"), "[\"s0\",\"s1\",\"s2\"]");
    machines.pull("three", "one");
    machines.all_are_equal();
}

#[test]
fn both_change_a_decision() {
    let machines = Machines::new(SESSIONS);
    // Different fields: both are taken.
    machines.update("one", ".decisions[0].status = \"accepted\"");
    machines.update("two", ".decisions[0].title = \"T\"");
    assert_eq!(machines.pull("one", "two"), 0);
    assert_eq!(machines.read("one", ".decisions[0] | [.status, .title]"), "[\"accepted\",\"T\"]");
    assert_eq!((machines.pull("two", "one"), machines.pull("three", "one")), (0, 0));
    machines.all_are_equal();
    // One field: a conflict, both texts kept, until somebody decides; then everybody gets that.
    machines.update("one", ".decisions[1].status = \"accepted\"");
    machines.update("two", ".decisions[1].status = \"deprecated\"");
    assert_eq!((machines.pull("one", "two"), machines.pull("two", "one")), (1, 1));
    for machine in ["one", "two"] {
        let kept = machines.read(machine, "._conflicts | map(.path, ([.ours, .theirs] | sort))");
        assert_eq!(kept, "[\"/decisions/id=ADR-002/status\",[\"accepted\",\"deprecated\"]]");
    }
    let resolve = ["conflicts", "resolve", "two.json", "1", "--value", "\"superseded\"", "--client", "two"];
    machines.env.run(resolve).ok();
    assert_eq!((machines.pull("one", "two"), machines.pull("three", "one")), (0, 0));
    assert_eq!(machines.read("one", "[.decisions[1].status, ._conflicts]"), "[\"superseded\",null]");
    machines.all_are_equal();
}

#[test]
fn one_deletes() {
    let machines = Machines::new(SESSIONS);
    machines.update("one", "del(.decisions[] | select(.id == \"ADR-001\"))");
    machines.update("one", "del(.decisions[] | select(.id == \"ADR-002\"))");
    machines.update("two", ".decisions[1].status = \"accepted\"");
    // What the other never touched stays deleted; what it has changed is a conflict.
    assert_eq!(machines.pull("one", "two"), 1);
    assert_eq!(machines.read("one", "[.decisions, ._conflicts[0].path]"), "[[],\"/decisions/id=ADR-002\"]");
    assert_eq!(machines.pull("two", "one"), 1);
    assert_eq!(machines.read("two", "[.decisions, ._conflicts[0].theirs.status]"), "[[],\"accepted\"]");
    machines.env.run(["conflicts", "resolve", "one.json", "--all", "--theirs", "--client", "one"]).ok();
    assert_eq!(machines.read("one", ".decisions"), "[{\"id\":\"ADR-002\",\"status\":\"accepted\"}]");
    assert_eq!((machines.pull("two", "one"), machines.pull("three", "two")), (0, 0));
    machines.all_are_equal();
}

#[test]
fn both_change_the_focus_and_one_renames_a_key() {
    let machines = Machines::new(SESSIONS);
    machines.update("one", ".current_focus = \"locks\"");
    machines.update("two", ".current_focus = \"merge\"");
    assert_eq!(machines.pull("one", "two"), 1);
    assert_eq!(machines.read("one", "[.current_focus, ._conflicts[0].theirs]"), "[\"locks\",\"merge\"]");
    let machines = Machines::new(SESSIONS);
    machines.update("one", "with_entries(if .key == \"current_focus\" then .key = \"focus\" else . end)");
    machines.update("two", ".sessions += [{\"id\": \"s1\"}]");
    assert_eq!((machines.pull("one", "two"), machines.pull("two", "one")), (0, 0));
    assert_eq!(machines.read("two", "[.focus, .current_focus, (.sessions | length)]"), "[\"start\",null,2]");
}

#[test]
fn a_third_machine_comes_back_after_a_month() {
    let machines = Machines::new(SESSIONS);
    machines.update(
        "three",
        ".sessions += [{\"id\": \"late\", \"date\": \"2026-01-02\"}] | .decisions[0].title = \"three\"",
    );
    for day in 3..10 {
        let (machine, other) = if day % 2 == 0 { ("one", "two") } else { ("two", "one") };
        machines
            .update(machine, &format!(".sessions += [{{\"id\": \"d{day}\", \"date\": \"2026-01-0{day}\"}}]"));
        assert_eq!(machines.pull(other, machine), 0);
    }
    machines.update("one", "del(.sessions[] | select(.id == \"d4\" or .id == \"s0\"))");
    machines.update("one", ".decisions[0].status = \"accepted\"");
    // Its history has the version that all come from.
    assert_eq!(machines.pull("three", "one"), 0);
    assert_eq!(
        machines.read("three", "[[.sessions[].id], .decisions[0].title, .decisions[0].status]"),
        "[[\"late\",\"d3\",\"d5\",\"d6\",\"d7\",\"d8\",\"d9\"],\"three\",\"accepted\"]"
    );
    assert_eq!((machines.pull("one", "three"), machines.pull("two", "one")), (0, 0));
    machines.all_are_equal();
}
