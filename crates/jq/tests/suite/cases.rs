//! The filter language against tables of jq 1.8.2's answers.

use aimem_jq::{Bindings, Filter, FilterErrorKind, Style, Value, print};
use std::ops::ControlFlow;

/// The results of a filter as lines of JSON; the error, if it ends in one.
pub(crate) fn results(filter: &str, input: &str) -> (Vec<String>, Option<String>) {
    let mut lines = Vec::new();
    let style = Style::compact().final_newline(false);
    let mut run = || -> Result<(), String> {
        let input = Value::parse(input.as_bytes()).map_err(|error| error.to_string())?;
        let filter = Filter::compile(filter, &Bindings::default()).map_err(|e| e.to_string())?;
        let each = |value: Value| {
            let mut line = Vec::new();
            print(&value, &style, false, &mut line).unwrap();
            lines.push(String::from_utf8(line).unwrap());
            ControlFlow::Continue(())
        };
        filter.run_each(input, each).map_err(|error| error.to_string())
    };
    let error = run().err();
    (lines, error)
}

struct Case<'a> {
    filter: &'a str,
    input: &'a str,
    results: Vec<&'a str>,
    fails: bool,
}

fn cases(table: &str) -> Vec<Case<'_>> {
    let blocks = table.split("\n\n").map(|block| {
        block.lines().filter(|line| !line.starts_with("# ") && !line.is_empty()).collect::<Vec<_>>()
    });
    blocks
        .filter(|lines| !lines.is_empty())
        .map(|lines| Case {
            filter: lines[0],
            input: lines[1],
            results: lines[2..].iter().copied().filter(|line| *line != "!").collect(),
            fails: lines.last() == Some(&"!"),
        })
        .collect()
}

fn check(table: &str) -> usize {
    let cases = cases(table);
    let mut wrong = Vec::new();
    for case in &cases {
        let (lines, error) = results(case.filter, case.input);
        if lines != case.results || error.is_some() != case.fails {
            let Case { filter, input, results, .. } = case;
            wrong.push(format!("{filter}\n  on {input}\n  gives {lines:?} {error:?}\n  not {results:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    cases.len()
}

#[test]
fn answers_are_those_of_jq() {
    let table = include_str!("../data/filter-cases.txt");
    let count = check(table);
    assert!(count > 750, "{count} cases");
    let stock = cases(table).iter().filter(|case| stock_agrees(case)).count();
    eprintln!("filter table: {count} of {count} as jq 1.8.2; stock jaq: {stock} of {count}");
}

#[test]
fn differences_are_as_documented() {
    check(include_str!("../data/filter-differences.txt"));
}

/// Whether the engine without this project's changes gives the same.
fn stock_agrees(case: &Case<'_>) -> bool {
    use jaq_core::data::JustLut;
    use jaq_core::load::{Arena, File, Loader};
    use jaq_core::{Compiler, Ctx, Vars};
    use jaq_json::Val;
    let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let arena = Arena::default();
    let Ok(modules) = Loader::new(defs).load(&arena, File { code: case.filter, path: () }) else {
        return false;
    };
    let Ok(filter) = Compiler::default().with_funs(funs).compile(modules) else {
        return false;
    };
    let Ok(input) = jaq_json::read::parse_single(case.input.as_bytes()) else {
        return false;
    };
    let ctx = Ctx::<JustLut<Val>>::new(&filter.lut, Vars::new([]));
    let (mut lines, mut failed) = (Vec::new(), false);
    for result in filter.id.run((ctx, input)).take(1000) {
        match result {
            Ok(value) => lines.push(value.to_string()),
            Err(_) => {
                failed = true;
                break;
            }
        }
    }
    lines == case.results && failed == case.fails
}

fn compile_error(filter: &str) -> (String, String) {
    match Filter::compile(filter, &Bindings::default()) {
        Ok(_) => panic!("{filter} compiled"),
        Err(error) => {
            assert_eq!(error.kind(), &FilterErrorKind::Compile);
            (error.to_string(), error.details().unwrap_or_default().to_owned())
        }
    }
}

#[test]
fn compile_errors_show_the_place() {
    let (line, details) = compile_error(".a | foo(1)");
    assert_eq!(line, "filter, column 6: no filter is called `foo` with 1 argument");
    assert_eq!(details, "  |\n1 | .a | foo(1)\n  |      ^^^ no filter is called `foo` with 1 argument");
    let (line, details) = compile_error("{a: 1,\n  b 2}");
    assert_eq!(line, "filter, line 2, column 5: expected `,` or `}`, found `2`");
    assert_eq!(details, "  |\n2 |   b 2}\n  |     ^ expected `,` or `}`, found `2`");
    assert!(compile_error("[1, 2").1.contains("^ no closing bracket for this `[`"));
    assert!(compile_error(".a |").0.ends_with("expected a term, found the end of the filter"));
    assert!(compile_error("$x").0.ends_with("the variable `$x` is not defined"));
    assert!(compile_error("break $x").0.ends_with("the label `$x` is not defined"));
    assert!(compile_error("@foo").0.ends_with("`@foo` is not a known format"));
    assert!(compile_error("if . then 1").0.contains("expected `else` or `end`"));
    assert!(compile_error("é | \u{1F600}").0.starts_with("filter, column 1"));
    assert!(compile_error(".a = .b = 1").1.ends_with("^ `=` can't follow another one: it needs parentheses"));
    assert!(compile_error("{a: 1").0.ends_with("column 1: no closing brace for this `{`"));
    assert!(compile_error("{1: 2}").0.ends_with("expected a key, found `1`"));
    assert!(compile_error("{(1): 2}").0.ends_with("a number can't be the key of an object"));
    assert!(compile_error("\"a").0.ends_with("column 1: no closing quote for this `\"`"));
    assert!(compile_error("\"\\(1\"").0.ends_with("expected `)`, found `\"`"));
    assert!(compile_error("\"\\(1").0.ends_with("column 3: no closing parenthesis for this `(`"));
    assert!(compile_error("\"\\q\"").0.ends_with("column 2: not an escape of JSON (a backslash is `\\\\`)"));
    assert!(compile_error("\"\\ud83d\"").0.ends_with("half of a surrogate pair"));
    assert!(compile_error("reduce . as $x (0)").1.contains("^ `reduce` takes a start and an update"));
    assert!(compile_error(". as $x").0.ends_with("expected `|`, found the end of the filter"));
    assert!(compile_error("import \"a\" as a; 1").0.contains("there are no modules"));
    assert!(compile_error(".a & .b").0.ends_with("column 4: this character has no meaning here"));
    assert!(compile_error("f(1").0.ends_with("no closing parenthesis for this `(`"));
    assert!(compile_error(".[1").0.ends_with("no closing bracket for this `[`"));
    assert!(compile_error("def f: 1;").0.ends_with("expected a term, found the end of the filter"));
    assert!(compile_error(&("[".repeat(100) + &"]".repeat(100))).0.ends_with("nested too deeply"));
    assert!(compile_error(&" ".repeat(70_000)).0.contains("longer than"));
}

#[test]
fn one_result_is_asked_for_and_given() {
    let run = |filter: &str| {
        let filter = Filter::compile(filter, &Bindings::default()).unwrap();
        filter.run_one(Value::null()).map_err(|error| error.kind().clone())
    };
    assert_eq!(run("1").unwrap(), Value::parse(b"1").unwrap());
    assert_eq!(run("empty").unwrap_err(), FilterErrorKind::NoResult);
    assert_eq!(run("1, 2").unwrap_err(), FilterErrorKind::SeveralResults);
    assert_eq!(run("error(\"x\")").unwrap_err(), FilterErrorKind::Failed("x".to_owned()));
    let halted = |code, message: &str| FilterErrorKind::Halted { code, message: message.into() };
    assert_eq!(run("halt").unwrap_err(), halted(0, ""));
    assert_eq!(run("try (\"bye\\n\" | halt_error) catch 1").unwrap_err(), halted(5, "bye\n"));
    assert_eq!(run("{a: 1} | halt_error(3)").unwrap_err(), halted(3, "{\"a\":1}\n"));
}

#[test]
fn bindings_reach_the_filter() {
    use std::cell::RefCell;
    use std::rc::Rc;
    let messages = Rc::new(RefCell::new(Vec::new()));
    let mut bindings = Bindings::default();
    bindings.arg("a", "x");
    bindings.arg("a", "second");
    bindings.argjson("b", b"{\"n\": 1.10}").unwrap();
    bindings.slurpfile("c", b"1 2\n[3]").unwrap();
    bindings.positional("p");
    bindings.positional_json(b"7").unwrap();
    bindings.environment([("HOME".to_owned(), "/h".to_owned())]);
    bindings.input_filename("f.json");
    let sink = messages.clone();
    bindings.messages(move |text| sink.borrow_mut().extend_from_slice(text));
    assert!(bindings.argjson("bad", b"{").is_err());
    assert!(bindings.slurpfile("bad", b"1 }").is_err());
    let filter = "[$a, $b, $c, $ARGS, $ENV.HOME, env.HOME, input_filename, (1 | debug, stderr)]";
    let filter = Filter::compile(filter, &bindings).unwrap();
    let value = filter.run_one(Value::null()).unwrap();
    let mut line = Vec::new();
    print(&value, &Style::compact().final_newline(false), false, &mut line).unwrap();
    assert_eq!(
        String::from_utf8(line).unwrap(),
        r#"["x",{"n":1.10},[1,2,[3]],{"positional":["p",7],"named":{"a":"x","b":{"n":1.10},"c":[1,2,[3]]}},"/h","/h","f.json",1,1]"#
    );
    assert_eq!(messages.borrow().as_slice(), b"[\"DEBUG:\",1]\n1");
}

#[test]
fn the_environment_is_what_the_caller_passes() {
    assert!(std::env::var_os("PATH").is_some());
    assert_eq!(results("$ENV, env", "null").0, ["{}", "{}"]);
}

/// The sort of the standard library panics at an order that is none.
#[test]
fn every_spelling_of_equal_floats_can_be_sorted() {
    let numbers = ["0", "1e-400", "0.0", "-0", "2e-400", "0e0", "-1e-400", "1e1000", "1e400"].repeat(20);
    let input = format!("[{}]", numbers.join(","));
    let calculated = "[range(20) | 0 * ., 1e300 * 1e300, nan]";
    let filter =
        format!(". + {calculated} | sort | .[20], .[-1], length, (. as $s | reverse | sort | length)");
    assert_eq!(results(&filter, &input).0, ["-1e-400", "1e1000", "240", "240"]);
    assert_eq!(results("del(.[1e-400, 0, 0.0, 2e-400, 1]) | length", &input).0, ["178"]);
}
