//! What a run of the tests is asked for by the environment, and what it skips.

/// Whether a tool is here. Without it the test is skipped with a word on standard error; with
/// `AIMEM_REQUIRE_ALL_TESTS=1` that is a failure.
pub fn require(tool: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(tool).is_file()));
    found || skip(&format!("{tool} is not installed"))
}

/// Says why a test does not run, and returns false.
pub fn skip(why: &str) -> bool {
    assert!(
        std::env::var_os("AIMEM_REQUIRE_ALL_TESTS").is_none_or(|value| value != "1"),
        "cannot run this test: {why}"
    );
    eprintln!("skipped: {why}");
    false
}

/// Whether the long form of a test was asked for, by `AIMEM_LONG_TESTS=1`: more rounds and longer
/// waits of the same kind, for a night rather than for every change.
pub fn long_tests() -> bool {
    std::env::var_os("AIMEM_LONG_TESTS").is_some_and(|value| value == "1")
}
