//! Filters that run away end in an error, and never take the process with them.

use aimem_jq::{Bindings, Filter, FilterErrorKind, Limits, Stopped, Style, Value, print, within};
use std::cell::Cell;
use std::ops::ControlFlow;
use std::time::Duration;

/// Runs a filter on null as the program does, and gives its last result or error.
fn run(filter: &'static str, limits: Limits) -> Result<Result<String, FilterErrorKind>, Stopped> {
    within(
        &limits,
        || false,
        move || {
            let filter = Filter::compile(filter, &Bindings::default()).map_err(|e| e.kind().clone())?;
            let mut last = String::new();
            let each = |value: Value| {
                let mut out = Vec::new();
                let style = Style::compact().final_newline(false);
                last = match print(&value, &style, false, &mut out) {
                    Ok(()) => String::from_utf8(out).unwrap(),
                    Err(error) => error.to_string(),
                };
                ControlFlow::Continue(())
            };
            filter.run_each(Value::null(), each).map_err(|error| error.kind().clone())?;
            Ok(last)
        },
    )
}

fn outcome(filter: &'static str) -> Result<String, FilterErrorKind> {
    run(filter, Limits::default()).unwrap()
}

#[test]
fn recursion_without_end_is_an_error() {
    let filters = [
        "def f: 1 + f; f",
        "def f: [f]; f",
        "def f: {a: f}; f",
        "def f: f | f; f",
        "def f: (f | 1) as $x | $x; f",
        "def f: def g: 1 + f; g; f",
        "def f(x): 1 + f(x + 1); f(1)",
        "def f(g): g | f(g); def h: f(h); h",
        "def f($n; g): if $n == 0 then g else f($n - 1; g | . + 1) end; f(1000000; .)",
        "try (def f: 1 + f; f) catch \"caught\"",
        "def f: try f catch f; f",
        "def f: f // f; f",
        "def f: reduce f as $x (0; .); f",
        "def f: foreach f as $x (0; .); f",
        "def f: if f then 1 else 2 end; f",
        "def f: label $out | f; f",
        "def f: first(f); f",
        "def f: .[f]; f",
        "def f: .a |= f; f",
        "def f: \"\\(f)\"; f",
        "def f: [limit(1; f)]; f",
    ];
    for filter in filters {
        assert_eq!(outcome(filter), Err(FilterErrorKind::TooDeep), "{filter}");
    }
}

#[test]
fn deep_values_are_handled_or_refused() {
    let deep = "reduce range(50000) as $i (0; [.])";
    for (filter, expected) in [
        ("length", Ok("1")),
        (". == .", Ok("true")),
        ("[., .] | sort | length", Ok("2")),
        ("[..] | length", Ok("50001")),
        ("flatten", Ok("[0]")),
        ("contains([[[]]])", Ok("true")),
        ("try getpath([range(20000) | 0]) catch .", Ok("\"Path too deep\"")),
        ("tojson", Err(FilterErrorKind::TooDeep)),
        (".", Ok("the result is nested deeper than 10000 levels")),
    ] {
        let filter: &'static str = Box::leak(format!("{deep} | {filter}").into_boxed_str());
        assert_eq!(outcome(filter), expected.map(str::to_owned), "{filter}");
    }
}

#[test]
fn loops_in_tail_position_are_not_recursion() {
    assert_eq!(outcome("0 | until(. == 100000; . + 1)").unwrap(), "100000");
    let tail = "def f: if . == 100000 then . else . + 1 | f end; 0 | f";
    assert_eq!(outcome(tail).unwrap(), "100000");
    assert_eq!(outcome("last(range(100000))").unwrap(), "99999");
    assert_eq!(outcome("[limit(3; repeat(1))]").unwrap(), "[1,1,1]");
}

#[test]
fn too_much_at_once_is_an_error() {
    for filter in [
        "\"a\" * 1e9",
        "(\"a\" * 1e8) * 100",
        ".a[1e9] = 1",
        ".[1e18] = 1",
        "reduce range(64) as $i (\"a\"; . + .)",
    ] {
        assert!(matches!(outcome(filter), Err(FilterErrorKind::Failed(_))), "{filter}");
    }
}

#[test]
fn a_time_limit_ends_what_does_not_end() {
    let short = || Limits { max_time: Some(Duration::from_millis(100)) };
    for filter in [
        "def f: f; f",
        "[range(1e12)]",
        "reduce range(1e9) as $i (0; . + 1)",
        "until(false; .)",
        "def f: f, f; [f]",
        "repeat(1) | empty",
    ] {
        assert!(matches!(run(filter, short()), Err(Stopped::TimeLimit(_))), "{filter}");
    }
    assert_eq!(run("1", Limits { max_time: Some(Duration::from_secs(600)) }).unwrap().unwrap(), "1");
}

#[test]
fn an_interrupt_ends_what_does_not_end() {
    let asked = Cell::new(0);
    let interrupted = || {
        asked.set(asked.get() + 1);
        asked.get() > 2
    };
    let stopped = within(&Limits::default(), interrupted, || {
        let filter = Filter::compile("until(false; .)", &Bindings::default()).unwrap();
        filter.run_one(Value::null()).is_ok()
    });
    assert!(matches!(stopped, Err(Stopped::Interrupted)));
}

#[test]
fn a_thread_with_little_stack_gets_an_error_too() {
    let small = std::thread::Builder::new().stack_size(2 << 20).spawn(|| {
        let filter = Filter::compile("def f: 1 + f; f", &Bindings::default()).unwrap();
        filter.run_one(Value::null()).unwrap_err().kind().clone()
    });
    assert_eq!(small.unwrap().join().unwrap(), FilterErrorKind::TooDeep);
}

#[test]
fn a_filter_that_nests_with_every_word_is_compiled_or_refused() {
    let longest = if cfg!(debug_assertions) { 16 * 1024 } else { 64 * 1024 };
    let long = |part: &str, end: &str| part.repeat((longest - end.len()) / part.len()) + end;
    for filter in [
        long("-", "1"),
        long("try ", "1"),
        long("if ", "1"),
        long("if 1 then ", "1"),
        long("def f:", "1"),
        long("def f: 1; ", "1"),
        long(".|", "."),
        long(".,", "."),
        long("1+", "1"),
        long("1//", "1"),
        long(".a|=", "1"),
        long("1 as $x|", "1"),
        long("label $x|", "1"),
        long("reduce ", "1"),
        long(".a", ""),
        long(".[0]", ""),
        long("?", "1"),
        long(".?", ""),
        long("\"\\(", ""),
        long("[", ""),
        long("[[]]", ""),
        long("{a:", ""),
        long(". as [", ""),
        long("f(", ""),
    ] {
        let length = filter.len();
        let shown = filter[..8].to_owned();
        let ended = within(
            &Limits::default(),
            || false,
            move || {
                Filter::compile(&filter, &Bindings::default())
                    .and_then(|filter| filter.run_one(Value::null()))
                    .is_ok()
            },
        );
        assert!(ended.is_ok(), "{shown} {length}");
    }
}

#[test]
fn a_filter_that_was_given_up_ends_by_itself() {
    for filter in ["until(false; .)", "[range(1e12)]", "def f: f; f", "reduce range(1e12) as $i (0; . + 1)"] {
        let (ended, waits) = std::sync::mpsc::channel();
        let limits = Limits { max_time: Some(Duration::from_millis(20)) };
        let stopped = within(
            &limits,
            || false,
            move || {
                let filter = Filter::compile(filter, &Bindings::default()).unwrap();
                let _ = filter.run_one(Value::null());
                ended.send(()).unwrap();
            },
        );
        assert!(matches!(stopped, Err(Stopped::TimeLimit(_))), "{filter}");
        // Without end it would be a timeout here.
        waits.recv_timeout(Duration::from_secs(60)).unwrap();
    }
}
