//! What makes the worker work by itself: printed, never installed.

use std::env;
use std::ffi::OsString;
use std::path::Path;

use clap::ValueEnum;
use serde_json::json;

use crate::cli::called;
use crate::cli::error::CliError;
use crate::cli::hints::quote;
use crate::cli::output;
use crate::queue::config::plain_url;

/// Who shall start the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// A line for `crontab -e`
    Cron,
    /// A session-end hook for Claude Code's settings.json
    Hook,
    /// A unit for ~/.config/systemd/user
    Systemd,
    /// A property list for ~/Library/LaunchAgents
    Launchd,
}

const URL: &str = "AIMEM_MEM0_URL";
/// Settings that a worker started elsewhere would not see. The credential is not among them.
const VARIABLES: [&str; 7] = [
    "AIMEM_QUEUE",
    "AIMEM_MEM0_PRESET",
    URL,
    "AIMEM_MEM0_TOKEN_FILE",
    "AIMEM_LOCK_DIR",
    "AICONFIG_PATH",
    "XDG_CONFIG_HOME",
];

/// The text of that kind.
pub(super) fn text(kind: Kind) -> Result<String, CliError> {
    let program = utf8(called::program()?.into_os_string(), "this program's path")?;
    let mut variables = Vec::new();
    for name in VARIABLES {
        let Some(value) = env::var_os(name).filter(|value| !value.is_empty()) else { continue };
        let value = utf8(value, name)?;
        if name == URL && plain_url(&value, name)?.is_none() {
            output::warning(
                "the query of the URL in AIMEM_MEM0_URL may hold a credential, so it is not printed; \
                 set url in config.toml",
            );
            continue;
        }
        variables.push((name, value));
    }
    if env::var_os("AIMEM_MEM0_TOKEN").is_some() {
        output::warning(
            "the credential in AIMEM_MEM0_TOKEN is not printed; put it into a file, and set token_file",
        );
    }
    Ok(match kind {
        // In a crontab a percent sign is a line break.
        Kind::Cron => format!("*/10 * * * * {} -q\n", command(&program, &variables).replace('%', "\\%")),
        Kind::Hook => hook(&command(&program, &variables)),
        Kind::Systemd => systemd(&program, &variables),
        Kind::Launchd => launchd(&program, &variables),
    })
}

fn utf8(text: OsString, what: &str) -> Result<String, CliError> {
    let text = text.into_string().map_err(|_| CliError::usage(format!("{what} is not UTF-8")))?;
    match text.contains(['\n', '\r']) {
        true => Err(CliError::usage(format!("{what} has a line break in it"))),
        false => Ok(text),
    }
}

/// A line for a shell.
fn command(program: &str, variables: &[(&str, String)]) -> String {
    let variables = variables.iter().map(|(name, value)| format!("{name}={} ", quote(Path::new(value))));
    format!("{}{} queue work", variables.collect::<String>(), quote(Path::new(program)))
}

fn hook(command: &str) -> String {
    let hook = json!({
        "hooks": {"SessionEnd": [{"hooks": [{"type": "command", "command": command, "timeout": 60}]}]}
    });
    format!("{hook:#}\n")
}

fn systemd(program: &str, variables: &[(&str, String)]) -> String {
    // In a unit a percent sign begins a specifier, and in a command line a dollar a variable.
    let quoted =
        |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%"));
    let environment: String = variables
        .iter()
        .map(|(name, value)| format!("Environment={}\n", quoted(&format!("{name}={value}"))))
        .collect();
    format!(
        "[Unit]\n\
         Description=Deliver the memories in aimem's outbox\n\
         \n\
         [Service]\n\
         ExecStart={} queue work --watch\n\
         {environment}\
         Restart=on-failure\n\
         RestartSec=10\n\
         # What aimem returns when a signal ends it.\n\
         SuccessExitStatus=129 130 131 143\n\
         # An upload that has begun is brought to its end.\n\
         TimeoutStopSec=60\n\
         \n\
         [Install]\n\
         WantedBy=default.target\n",
        quoted(&program.replace('$', "$$"))
    )
}

fn launchd(program: &str, variables: &[(&str, String)]) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let strings =
        [program, "queue", "work", "--watch"].map(|word| format!("    <string>{}</string>\n", escaped(word)));
    let environment: String = variables
        .iter()
        .map(|(name, value)| format!("    <key>{name}</key>\n    <string>{}</string>\n", escaped(value)))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n\
         <dict>\n\
         \x20 <key>Label</key>\n  <string>aimem.queue</string>\n\
         \x20 <key>ProgramArguments</key>\n  <array>\n{}  </array>\n\
         \x20 <key>EnvironmentVariables</key>\n  <dict>\n{environment}  </dict>\n\
         \x20 <key>RunAtLoad</key>\n  <true/>\n\
         \x20 <key>KeepAlive</key>\n  <true/>\n\
         \x20 <key>ThrottleInterval</key>\n  <integer>10</integer>\n\
         </dict>\n\
         </plist>\n",
        strings.concat()
    )
}
