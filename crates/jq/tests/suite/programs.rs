//! Random programs against jq 1.8: definitions that take filters, nested updates, `reduce`, `foreach`,
//! `walk`, labels, patterns.
//!
//! jq 1.8 or newer is looked for in `AIMEM_JQ`, then in `PATH`; an older one says nothing, for it
//! answers many of these in its own way. `AIMEM_PROGRAMS` is how many to try, `AIMEM_PROGRAMS_SEED`
//! where to start.

use super::common::written::Random;
use aimem_jq::{Bindings, Filter, Limits, Style, Value, print, within};
use std::io::Write as _;
use std::ops::ControlFlow;
use std::process::{Command, Stdio};
use std::time::Duration;

const DOCUMENTS: [&str; 9] = [
    "null",
    "1",
    "\"yx\"",
    "[]",
    "{}",
    "[1,[2,null],{\"a\":3}]",
    "{\"a\":{\"b\":1},\"b\":[0,2]}",
    "{\"a\":null,\"b\":{\"a\":[true,\"x\"]}}",
    "[{\"a\":1,\"b\":2},{\"b\":\"x\"},[]]",
];

/// What a program may name at some place.
#[derive(Clone, Default)]
struct Scope {
    /// Filters, with the number of their arguments.
    filters: Vec<(String, usize)>,
    variables: Vec<String>,
    labels: Vec<String>,
}

struct Programs {
    random: Random,
    names: usize,
}

impl Programs {
    fn pick(&mut self, from: &[&'static str]) -> String {
        self.random.pick(from).to_owned()
    }

    fn fresh(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    /// A term that can stand in front of `.a` or behind an operator.
    fn atom(&mut self, scope: &Scope, depth: usize) -> String {
        match self.random.below(8) {
            0 => self.pick(&["0", "1", "2", "\"x\"", "null", "true", "false", "[]", "{}"]),
            1..=3 => {
                self.pick(&[".", ".a", ".b", ".[0]", ".[]", ".a?", ".[]?", ".[1:]?", ".b.a", ".[0]?", ".."])
            }
            4 if !scope.variables.is_empty() => {
                scope.variables[self.random.below(scope.variables.len())].clone()
            }
            5 | 6 if !scope.filters.is_empty() => {
                let (name, arity) = scope.filters[self.random.below(scope.filters.len())].clone();
                self.call(&name, arity, scope, depth)
            }
            _ => self.pick(&[
                "length",
                "type",
                "not",
                "empty",
                "keys?",
                "tostring",
                "add?",
                "first?",
                "last?",
                "error",
                "min?",
                "reverse?",
                "to_entries?",
                "values",
                "scalars",
                "arrays",
                "tojson",
                "paths",
                "recurse",
            ]),
        }
    }

    fn call(&mut self, name: &str, arity: usize, scope: &Scope, depth: usize) -> String {
        if arity == 0 {
            return name.to_owned();
        }
        let arguments: Vec<_> = (0..arity).map(|_| self.term(scope, depth.saturating_sub(1))).collect();
        format!("{name}({})", arguments.join("; "))
    }

    fn term(&mut self, scope: &Scope, depth: usize) -> String {
        if depth == 0 {
            return self.atom(scope, 0);
        }
        let deeper = depth - 1;
        match self.random.below(34) {
            0..=2 => self.atom(scope, depth),
            3 | 4 => format!("({} | {})", self.term(scope, deeper), self.term(scope, deeper)),
            5 | 6 => format!("({}, {})", self.term(scope, deeper), self.term(scope, deeper)),
            7 => {
                let operator = self.pick(&["+", "-", "*", "//", "==", "<", "and", "or", "/", "%", "!="]);
                format!("({} {operator} {})", self.term(scope, deeper), self.term(scope, deeper))
            }
            8 => format!("[{}]", self.term(scope, deeper)),
            9 => {
                let entry = match self.random.below(4) {
                    0 => format!("a: {}", self.term(scope, deeper)),
                    1 => format!("({}): {}", self.term(scope, deeper), self.term(scope, deeper)),
                    2 => format!("\"\\({})\": {}", self.term(scope, deeper), self.term(scope, deeper)),
                    _ => format!("a: {}, b: {}", self.term(scope, deeper), self.term(scope, deeper)),
                };
                format!("{{{entry}}}")
            }
            10 => format!(
                "(if {} then {} else {} end)",
                self.term(scope, deeper),
                self.term(scope, deeper),
                self.term(scope, deeper)
            ),
            11 => match self.random.below(2) {
                0 => format!("(try {} catch {})", self.term(scope, deeper), self.pick(&[".", "7", "empty"])),
                _ => format!("({})?", self.term(scope, deeper)),
            },
            12..=14 => {
                let name = self.fresh("$v");
                let source = self.term(scope, deeper);
                let mut inner = scope.clone();
                inner.variables.push(name.clone());
                let start = self.term(scope, deeper.min(1));
                // jq goes on with the last of several states in its own way.
                let start = format!("first({start})");
                let pattern = self.pattern(&name);
                let step = self.term(&inner, deeper);
                match self.random.below(4) {
                    0 => format!("({source} as {pattern} | {})", self.term(&inner, deeper)),
                    1 => format!("(reduce ({source}) as {pattern} ({start}; {step}))"),
                    2 => format!("(foreach ({source}) as {pattern} ({start}; {step}))"),
                    _ => format!(
                        "(foreach ({source}) as {pattern} ({start}; {step}; {}))",
                        self.term(&inner, deeper)
                    ),
                }
            }
            15..=19 => self.definition(scope, deeper),
            20..=23 => {
                let operator = self.pick(&["|=", "|=", "|=", "|=", "=", "+=", "//=", "-="]);
                format!("({} {operator} {})", self.path(scope, deeper), self.term(scope, deeper))
            }
            24 | 25 => format!("walk({})", self.term(scope, deeper)),
            26 => {
                let name = self.pick(&[
                    "map",
                    "map_values",
                    "select",
                    "with_entries",
                    "any",
                    "all",
                    "sort_by",
                    "first",
                    "last",
                    "isempty",
                    "add",
                    "group_by",
                    "min_by",
                    "unique_by",
                    "recurse_down",
                ]);
                let name = if name == "recurse_down" { "map".to_owned() } else { name };
                format!("({}({}))?", name, self.term(scope, deeper))
            }
            27 => format!("(limit({}; {}))", self.random.below(4), self.term(scope, deeper)),
            28 => {
                let name = self.pick(&["path", "del", "path", "del", "pick", "paths"]);
                format!("{name}({})", self.path(scope, deeper))
            }
            29 => {
                let label = self.fresh("$l");
                let mut inner = scope.clone();
                inner.labels.push(label.clone());
                format!("(label {label} | {})", self.term(&inner, deeper))
            }
            30 if !scope.labels.is_empty() => {
                let label = &scope.labels[self.random.below(scope.labels.len())];
                format!("({}, break {label})", self.term(scope, deeper))
            }
            31 => format!("\"a\\({})b\\({})\"", self.term(scope, deeper), self.term(scope, deeper)),
            32 => format!("limit(3; recurse({}))", self.term(scope, deeper)),
            _ => match self.random.below(4) {
                0 => format!("(getpath([{}]))?", self.pick(&["", "\"a\"", "0", "\"a\", \"b\""])),
                1 => format!(
                    "(setpath([{}]; {}))?",
                    self.pick(&["\"a\"", "0", "\"b\", 0"]),
                    self.term(scope, deeper)
                ),
                2 => format!("(.[{}])?", self.term(scope, deeper)),
                _ => format!("isempty({})", self.term(scope, deeper)),
            },
        }
    }

    fn pattern(&mut self, name: &str) -> String {
        match self.random.below(8) {
            0 => format!("[{name}]"),
            1 => format!("{{a: {name}}}"),
            2 => format!("[_, {name}]").replace('_', &self.fresh("$u")),
            _ => name.to_owned(),
        }
    }

    /// Most often what can be a path.
    fn path(&mut self, scope: &Scope, depth: usize) -> String {
        match self.random.below(12) {
            0 | 1 => self.term(scope, depth),
            2 if depth > 0 => format!("({} | {})", self.path(scope, depth - 1), self.path(scope, depth - 1)),
            3 if depth > 0 => format!("({}, {})", self.path(scope, depth - 1), self.path(scope, depth - 1)),
            4 if depth > 0 => format!(
                "(if {} then {} else {} end)",
                self.term(scope, depth - 1),
                self.path(scope, depth - 1),
                self.path(scope, depth - 1)
            ),
            5 if depth > 0 => {
                format!("({} | select({}))", self.path(scope, depth - 1), self.term(scope, depth - 1))
            }
            6 => self.pick(&[
                "..",
                "first(.[]?)",
                "(.a // .b)",
                "recurse(.a?; . != null)",
                "getpath([\"a\",\"b\"])",
                "empty",
                "limit(1; .[]?)",
            ]),
            7 if !scope.filters.is_empty() => {
                let (name, arity) = scope.filters[self.random.below(scope.filters.len())].clone();
                let arguments: Vec<_> =
                    (0..arity).map(|_| self.path(scope, depth.saturating_sub(1))).collect();
                if arity == 0 { name } else { format!("{name}({})", arguments.join("; ")) }
            }
            _ => self.pick(&[
                ".a", ".b", ".a.b", ".[0]", ".[]", ".[]?", ".a?", ".[1:]", ".b[0]", ".", ".a[]?", ".[-1]",
            ]),
        }
    }

    fn definition(&mut self, scope: &Scope, depth: usize) -> String {
        let shadows = self.random.below(6) == 0;
        let name = if shadows {
            self.pick(&["map", "first", "select", "empty", "not", "walk", "add", "length"])
        } else {
            self.fresh("f")
        };
        let mut inner = scope.clone();
        let mut parameters = Vec::new();
        for _ in 0..self.random.below(3) {
            match self.random.below(6) {
                0 => {
                    let parameter = self.fresh("$p");
                    inner.variables.push(parameter.clone());
                    inner.filters.push((parameter[1..].to_owned(), 0));
                    parameters.push(parameter);
                }
                1 => {
                    let parameter = self.pick(&["first", "map", "empty", "not", "g"]);
                    if !parameters.contains(&parameter) {
                        inner.filters.push((parameter.clone(), 0));
                        parameters.push(parameter);
                    }
                }
                _ => {
                    let parameter = self.fresh("g");
                    inner.filters.push((parameter.clone(), 0));
                    parameters.push(parameter);
                }
            }
        }
        let body = self.term(&inner, depth);
        let mut outer = scope.clone();
        outer.filters.push((name.clone(), parameters.len()));
        let head = if parameters.is_empty() { name } else { format!("{name}({})", parameters.join("; ")) };
        format!("(def {head}: {body}; {})", self.term(&outer, depth))
    }
}

/// jq 1.8 or newer.
fn jq() -> Option<String> {
    let name = std::env::var("AIMEM_JQ").unwrap_or_else(|_| "jq".to_owned());
    let version = Command::new(&name).arg("--version").output().ok()?.stdout;
    let version = String::from_utf8_lossy(&version).trim().trim_start_matches("jq-").to_owned();
    let mut parts = version.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
    ((parts.next()?, parts.next()?) >= (1, 8)).then_some(name)
}

/// What a program gives on every document, one line each; `None` if it is refused or does not end.
fn theirs(jq: &str, program: &str) -> Option<Vec<String>> {
    let mut child = Command::new("timeout")
        .args(["2", jq, "-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(DOCUMENTS.join("\n").as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then(|| text.lines().map(str::to_owned).collect())
}

fn ours(program: String) -> Option<Vec<String>> {
    let limits = Limits { max_time: Some(Duration::from_secs(5)) };
    let work = move || {
        let filter = Filter::compile(&program, &Bindings::default()).map_err(|error| error.to_string())?;
        let mut lines = Vec::new();
        for document in DOCUMENTS {
            let each = |value| {
                print(&value, &Style::compact(), false, &mut lines).unwrap();
                ControlFlow::Continue(())
            };
            let value = Value::parse(document.as_bytes()).unwrap();
            filter.run_each(value, each).map_err(|error| error.to_string())?;
        }
        Ok::<_, String>(String::from_utf8(lines).unwrap().lines().map(str::to_owned).collect())
    };
    match within(&limits, || false, work).ok()? {
        Ok(lines) => Some(lines),
        Err(error) => Some(vec![error]),
    }
}

/// Whether two answers are the same. Where one error is about a path, the other may be about what
/// jq's own definitions do inside.
fn is_same(ours: &str, theirs: &str) -> bool {
    const ERROR: &str = "[\"error\",";
    const PATH: &str = "\"Invalid path expression";
    let parts = ours.split_once(ERROR).zip(theirs.split_once(ERROR));
    ours == theirs
        || parts.is_some_and(|(ours, theirs)| {
            ours.0 == theirs.0 && (ours.1.starts_with(PATH) || theirs.1.starts_with(PATH))
        })
}

/// Where jq refuses a path that we give, or finds another one: see docs/filter.md.
fn is_documented(program: &str, theirs: &str) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| program.contains(word));
    let path = has(&["=", "path(", "del(", "pick("]) && has(&["reduce", "foreach", "as [", "as {"]);
    // A scalar that is equal to its input counts as it.
    let error = theirs.split_once("Invalid path expression ").map_or("", |(_, error)| error);
    let value =
        error.strip_prefix("with result ").or_else(|| error.split_once(" of ").map(|(_, value)| value));
    path || value.is_some_and(|value| !value.starts_with(['[', '{']))
}

#[test]
fn random_programs_give_what_jq_gives() {
    let Some(jq) = jq() else {
        eprintln!("not compared: there is no jq 1.8 here (AIMEM_JQ names one)");
        return;
    };
    let number = |name: &str, usual| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual);
    let (count, seed) = (number("AIMEM_PROGRAMS", 300), number("AIMEM_PROGRAMS_SEED", 1));
    let (mut compared, mut different) = (0, Vec::new());
    for seed in seed..seed + count {
        let mut programs = Programs { random: Random::new(seed), names: 0 };
        let program = programs.term(&Scope::default(), 4);
        let tried = format!(
            "[limit(40; try ({program}) catch [\"error\", .])] | if tojson | length > 5000 then \"long\" else . end"
        );
        let Some(theirs) = theirs(&jq, &tried) else { continue };
        compared += 1;
        let ours = ours(tried).unwrap_or_default();
        for (place, theirs) in theirs.iter().enumerate() {
            let same = ours.get(place).is_some_and(|ours| is_same(ours, theirs));
            if !same && !is_documented(&program, theirs) {
                let ours = ours.get(place).or(ours.last()).map_or("nothing", String::as_str);
                different.push(format!(
                    "{seed}: {program}\n  on   {}\n  ours {ours}\n  jq   {theirs}",
                    DOCUMENTS[place]
                ));
                break;
            }
        }
    }
    eprintln!("compared with {jq}: {compared} of {count} programs, {} differ", different.len());
    // Fewer than one in two thousand: jq has some of its own.
    assert!(
        different.len() * 2000 < compared.max(2000),
        "{} of {compared} differ:\n{}",
        different.len(),
        different.join("\n")
    );
}
