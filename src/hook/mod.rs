//! What agents' clients say before and after their own tools' edits, and what they are answered.
//!
//! A client starts `aimem hook run` for each event, hands it over as JSON, and obeys what comes back.
//! Data goes in and data comes out: [`event`] reads the event of any client, [`respond`] lets the
//! [`Watch`] decide, and [`Answer`] says it in the client's own form. What the environment says, and
//! standard input and output, are the verb's business.
//!
//! - [`event`]: the clients' events and tools. [`patch`]: which files a patch is about. [`shell`]: which
//!   files a command line writes, as far as can be told.
//! - `answer`: what each client understands.
//!
//! Whatever goes wrong here, there is one valid answer. An error of our own does not stop the agent, and
//! the person is told; unless that person has chosen otherwise.

mod answer;
pub mod event;
pub mod patch;
pub mod shell;

pub use answer::Answer;
pub use event::{Event, Moment, Tool};

use crate::clients::HookClient;
use crate::edits::{Agent, EditsError, Options, Refusal, Told, Watch, sweep};
use crate::sys::failure::message;
use crate::sys::text::shown;

/// So many files that others have are named in one warning.
const MOST_NAMED: usize = 3;

/// Answers an event. `strict` also denies an edit that an error of our own leaves unprotected.
pub fn respond(event: &Event, options: &Options, strict: bool) -> Answer {
    let agent = Agent::new(event.client.word(), &event.session, event.agent.as_deref());
    let watch = Watch::new(options, agent, event.client.tells_of_reads());
    let mut answer = Answer::new(event.client, &event.name);
    let done = match &event.moment {
        Moment::SessionStart => {
            sweep(options, watch.agent());
            answer.exported = Some(watch.agent().session_name());
            watch.begin_session()
        }
        Moment::SessionEnd => watch.end_session(),
        Moment::Prompt | Moment::Stop => watch.end_turn(),
        // It has been sent for the main agent, too, whose turn goes on.
        Moment::SubagentStop if event.agent.is_none() => Ok(()),
        Moment::SubagentStop => watch.end_turn(),
        Moment::Before(tool) => return before(event, &watch, tool, answer, strict),
        Moment::After(Tool::Edit(files)) => watch.after_edit(&event.call, files).map(|told| {
            for told in told {
                match told {
                    Told::Forgotten { .. } => answer.tell_person(&told),
                    told => answer.tell_agent(&told),
                }
            }
        }),
        Moment::After(Tool::Read(files)) => watch.after_read(&event.call, files),
        Moment::After(_) | Moment::Other => Ok(()),
    };
    if let Err(error) = done {
        answer.tell_error(&error);
    }
    answer
}

/// The answer to an event that can't be read, or that we can't come to answer. It may be one before an
/// edit.
pub fn give_up(client: HookClient, why: &str, strict: bool) -> Answer {
    let mut answer = Answer::new(client, client.before_tool());
    match strict {
        true => answer.deny(&format!("aimem cannot protect this: {why}")),
        false => answer.tell_person(&format!("aimem does not protect this session's edits: {why}")),
    }
    answer
}

/// The same for an event that was read: only an edit is denied.
pub fn give_up_on(event: &Event, why: &str, strict: bool) -> Answer {
    let is_edit = matches!(event.moment, Moment::Before(Tool::Edit(_)));
    let mut answer = give_up(event.client, why, strict && is_edit);
    answer.is_for(&event.name);
    answer
}

fn before(event: &Event, watch: &Watch<'_>, tool: &Tool, mut answer: Answer, strict: bool) -> Answer {
    let done: Result<(), EditsError> = match tool {
        Tool::Edit(files) => match watch.before_edit(&event.call, files) {
            Ok(told) => {
                told.iter().for_each(|told| answer.tell_person(told));
                Ok(())
            }
            Err(Refusal::Failed(error)) if strict => {
                answer.deny(&format!("aimem cannot protect this edit: {}", message(&error)));
                Ok(())
            }
            Err(Refusal::Failed(error)) => Err(error),
            Err(refusal) => {
                answer.deny(&refusal);
                Ok(())
            }
        },
        Tool::Read(files) => watch.before_read(&event.call, files),
        Tool::Shell(command) => watch.release_idle().map(|()| {
            let written = shell::written(command, event.folder.as_deref());
            let held = watch.held_by_others(&written);
            for (path, holder) in held.iter().take(MOST_NAMED) {
                let path = shown(path);
                answer.tell_agent(&format!(
                    "this command seems to write {path}, which is held by {holder}: its work may be lost"
                ));
            }
        }),
        Tool::Other => watch.release_idle(),
    };
    if let Err(error) = done {
        answer.tell_error(&error);
    }
    answer
}
