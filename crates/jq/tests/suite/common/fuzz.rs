//! Tests on random values: a short form in the suite, and a long one by request:
//! `AIMEM_FUZZ_SECONDS=600 cargo test --release --test suite fuzz -- --nocapture`

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};
use std::time::{Duration, Instant};

/// Runs `test` on values of `strategy`: some hundred, or for as long as was asked for.
pub fn fuzz<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>)
where
    S::Value: std::fmt::Debug,
{
    let seconds = std::env::var("AIMEM_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok());
    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let (mut seed, mut total) = (1, 0);
    loop {
        let config =
            Config { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(seed), ..Config::default() };
        match TestRunner::new(config).run(&strategy, &test) {
            Ok(()) => {}
            Err(TestError::Fail(reason, value)) => panic!("{reason}\nwith {value:?}"),
            Err(error) => panic!("{error}"),
        }
        seed += 1;
        total += cases;
        if end.is_none_or(|end| Instant::now() >= end) {
            break;
        }
    }
    if seconds.is_some() {
        eprintln!("fuzzed with {total} cases");
    }
}
