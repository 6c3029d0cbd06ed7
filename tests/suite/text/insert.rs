//! `aimem insert`, end to end.

use crate::common::TestEnv;

/// `## Notes` stands in a fence, in a comment and in a quotation too, and under other levels.
const PAGE: &str = "\
---
notes: |
  ## Notes
---
# Project

```md
## Notes
- in a fence
```

### Notes

<!--
## Notes
-->

## Notes

- first

~~~
## Notes
~~~

### Deeper

- deep

Old notes
---------

- old

Project two
===========

## Other
";

#[test]
fn lines_go_under_a_heading_and_not_into_code() {
    let env = TestEnv::new();
    let inserted = |heading: &str| {
        env.write("CLAUDE.md", PAGE);
        env.run(["insert", "CLAUDE.md", "--under", heading, "- new"]).ok();
        let text = env.read("CLAUDE.md");
        let line = text.lines().position(|line| line == "- new").unwrap();
        assert_eq!(text.replacen("- new\n", "", 1), PAGE, "{heading}");
        text.lines().nth(line - 1).unwrap().to_owned()
    };
    assert_eq!(inserted("## Notes"), "- deep");
    assert_eq!(inserted("### Deeper"), "- deep");
    assert_eq!(inserted("## Old notes"), "- old");
    assert_eq!(inserted("Old notes"), "- old");
    assert_eq!(inserted("# Project"), "- old");
    assert_eq!(inserted("# Project two"), "## Other");
    env.write("CLAUDE.md", PAGE);
    let several = env.run(["insert", "CLAUDE.md", "--under", "Notes", "x"]).expect(65);
    assert!(several.stderr.contains("2 headings read Notes, on lines 12 and 18"), "{}", several.stderr);
    let none = env.run(["insert", "CLAUDE.md", "--under", "## Nodes", "x"]).expect(65);
    assert!(none.stderr.contains("there is no heading ## Nodes"), "{}", none.stderr);
    assert!(none.stderr.contains("  ## Notes\n"), "{}", none.stderr);
    assert_eq!(env.read("CLAUDE.md"), PAGE);
}

#[test]
fn lines_go_before_and_after_others_and_to_a_number() {
    let env = TestEnv::new();
    env.write("f", "one\ntwo\n");
    env.run(["insert", "f", "--after", "on", "1.5"]).ok();
    env.run_with_input(["insert", "f", "--before", "one"], b"-1\n0").ok();
    env.run_with_input(["insert", "f", "--end", "-"], b"three\nfour\n").ok();
    env.run(["insert", "f", "--line", "1", "- title"]).ok();
    assert_eq!(env.read("f"), "- title\n-1\n0\none\n1.5\ntwo\nthree\nfour\n");
    for place in [&["--line", "0"][..], &["--line", "10"], &["--after", "o"], &["--before", "zero"]] {
        env.run([&["insert", "f"], place, &["x"]].concat()).expect(65);
    }
    env.run(["insert", "f", "x"]).expect(2);
    env.run(["insert", "f", "x", "--end", "--line", "1"]).expect(2);
    env.run(["insert", "none", "x", "--end"]).expect(66);
    assert_eq!(env.read("f").lines().count(), 8);
}

#[test]
fn line_ends_are_kept_and_an_unfinished_line_is_ended() {
    let env = TestEnv::new();
    env.write("f", "# A\r\n\r\n# B\r\ntext");
    env.run(["insert", "f", "--under", "# A", "x\ny"]).ok();
    env.run(["insert", "f", "--end", "end"]).ok();
    assert_eq!(env.read("f"), "# A\r\n\r\nx\r\ny\r\n\r\n# B\r\ntext\r\nend\r\n");
    let dry = env.run(["insert", "f", "--line", "1", "0", "--dry-run"]).ok().stdout;
    assert!(dry.contains("\n+0"), "{dry}");
    let tag = env.run(["read", "f", "--etag"]).ok().stdout.trim().to_owned();
    let report = env.run(["insert", "f", "--line", "1", "0", "--if-match", &tag, "--json"]).ok().stdout;
    assert!(report.contains("\"changed\": true") && report.contains(&tag), "{report}");
    env.run(["insert", "f", "--line", "1", "0", "--if-match", &tag]).expect(76);
}
