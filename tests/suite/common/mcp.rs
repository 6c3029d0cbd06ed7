//! A client of `aimem mcp` that sees every byte: one JSON message a line, and nothing else.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{PATIENCE, TestEnv};

/// A server and the way to it. The server is killed when this is dropped.
pub struct Mcp {
    pub child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Value>,
    /// What came and was not waited for.
    seen: VecDeque<Value>,
    next: i64,
}

impl Mcp {
    /// Starts a server for the test's working folder, and shakes hands with it.
    pub fn start(env: &TestEnv) -> Mcp {
        Mcp::with(env.aimem(["mcp", "--root"]).arg(env.path("")))
    }

    /// The same with more to be said of the command.
    pub fn with(command: &mut Command) -> Mcp {
        let mut mcp = Mcp::raw(command);
        mcp.initialize("2025-06-18");
        mcp
    }

    /// Starts a server that was told nothing yet. Its standard error is thrown away.
    pub fn raw(command: &mut Command) -> Mcp {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.split(b'\n') {
                let line = line.unwrap();
                let message: Value = serde_json::from_slice(&line)
                    .unwrap_or_else(|_| panic!("not JSON: {}", String::from_utf8_lossy(&line)));
                assert_eq!(message["jsonrpc"], "2.0", "{message}");
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        Mcp { child, input, lines, seen: VecDeque::new(), next: 0 }
    }

    /// The handshake of the older era.
    pub fn initialize(&mut self, version: &str) -> Value {
        let client = json!({"name": "test", "version": "1"});
        let params = json!({"protocolVersion": version, "capabilities": {}, "clientInfo": client});
        let answer = self.ask("initialize", params);
        self.notify("notifications/initialized", json!({}));
        answer["result"].clone()
    }

    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.input.as_mut().unwrap().write_all(bytes).unwrap();
    }

    pub fn send(&mut self, message: &Value) {
        self.send_bytes(format!("{message}\n").as_bytes());
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request and returns its id.
    pub fn request(&mut self, method: &str, params: Value) -> i64 {
        self.next += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params}));
        self.next
    }

    /// Sends a call of a tool and returns its id.
    pub fn begin(&mut self, tool: &str, arguments: Value) -> i64 {
        self.request("tools/call", json!({"name": tool, "arguments": arguments}))
    }

    /// The next message that is so.
    #[track_caller]
    pub fn wait(&mut self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.seen.iter().position(&is_so) {
            return self.seen.remove(at).unwrap();
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = self
                .lines
                .recv_timeout(left)
                .unwrap_or_else(|_| panic!("{what} never came; instead: {:?}", self.seen));
            if is_so(&message) {
                return message;
            }
            self.seen.push_back(message);
        }
    }

    /// The answer to a request.
    #[track_caller]
    pub fn answer(&mut self, id: i64) -> Value {
        self.wait(&format!("the answer to {id}"), |message| {
            message["id"] == id && message.get("method").is_none()
        })
    }

    #[track_caller]
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        self.answer(id)
    }

    /// Calls a tool to its end, whatever comes of it.
    #[track_caller]
    pub fn call(&mut self, tool: &str, arguments: Value) -> Called {
        let id = self.begin(tool, arguments);
        Called::of(self.answer(id))
    }

    /// What came and was not waited for, and what has arrived since.
    pub fn left(&mut self) -> Vec<Value> {
        self.seen.extend(self.lines.try_iter());
        self.seen.drain(..).collect()
    }

    /// Closes the server's input.
    pub fn close(&mut self) {
        self.input = None;
    }

    /// Waits for the end of the server, and says how long that took.
    #[track_caller]
    pub fn ends(&mut self) -> (i32, Duration) {
        let start = Instant::now();
        let mut status = None;
        super::eventually("the server's end", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        (status.unwrap().code().unwrap_or(-1), start.elapsed())
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Mcp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came of a call.
#[derive(Debug)]
pub struct Called {
    pub text: String,
    pub structured: Value,
    pub is_error: bool,
}

impl Called {
    #[track_caller]
    pub fn of(answer: Value) -> Called {
        let result = &answer["result"];
        assert!(result.is_object(), "{answer}");
        let text = result["content"][0]["text"].as_str().unwrap().to_owned();
        let structured = result.get("structuredContent").cloned().unwrap_or_default();
        Called { text, structured, is_error: result["isError"] == true }
    }

    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(!self.is_error, "{}", self.text);
        self.structured
    }

    /// The text of a refusal, which must have this in it.
    #[track_caller]
    pub fn refused(self, wanted: &str) {
        assert!(self.is_error, "{self:?}");
        assert!(self.text.contains(wanted), "{}", self.text);
    }
}
