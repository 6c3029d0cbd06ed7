//! A tool for the tests, which fails as no tool should.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use super::{Action, Effect};
use crate::mcp::answer::{Refusal, Said};
use crate::mcp::call::Call;
use crate::mcp::context::Context;

/// The tool.
pub struct Panics;

/// Nothing at all.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Nothing {}

impl Action for Panics {
    const NAME: &'static str = "panics";
    const TITLE: &'static str = "Panic";
    const ABOUT: &'static str = "Panics.";
    const EFFECT: Effect = Effect::Reads;
    type Args = Nothing;
    type Result = Nothing;

    fn run(_: &Context, _: Nothing, _: &mut Call) -> Result<(Said, Nothing), Refusal> {
        panic!("this is a test");
    }
}
