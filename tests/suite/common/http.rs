//! A real HTTP server on loopback that answers as it is told and keeps what it was asked, byte
//! for byte.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// A request as it came over the wire.
#[derive(Debug, Clone)]
pub struct Request {
    /// The request line and the headers, each with its line end, and the empty line.
    pub head: String,
    pub body: String,
}

impl Request {
    /// Method and path.
    pub fn what(&self) -> &str {
        self.head.lines().next().unwrap().strip_suffix(" HTTP/1.1").unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        headers.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    pub fn key(&self) -> &str {
        self.header("idempotency-key").unwrap()
    }
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A status, more headers, and a body.
    Answer(u16, Vec<String>, String),
    /// These bytes, and then the end of the connection.
    Raw(String),
    /// Nothing, for as long as the server lives.
    Silence,
    /// The other reply, later.
    After(Duration, Box<Reply>),
}

/// What every private server says when all is well.
pub fn fine() -> Reply {
    Reply::Answer(200, Vec::new(), r#"{"success": true}"#.to_owned())
}

/// A status with a body.
pub fn status(code: u16, body: &str) -> Reply {
    Reply::Answer(code, Vec::new(), body.to_owned())
}

type Handler = dyn Fn(&Request) -> Reply + Send + Sync;

struct Shared {
    handler: Box<Handler>,
    seen: Mutex<Vec<Request>>,
    over: Mutex<bool>,
    end: Condvar,
}

/// The server. It ends when this is dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    pub fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let shared = Arc::new(Shared {
            handler: Box::new(handler),
            seen: Mutex::default(),
            over: Mutex::new(false),
            end: Condvar::new(),
        });
        let server = Server { address: listener.local_addr().unwrap(), shared: shared.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if *shared.over.lock().unwrap() {
                    break;
                }
                let shared = shared.clone();
                // A client that goes away in the middle is what some tests are about.
                std::thread::spawn(move || drop(serve(&shared, &stream.unwrap())));
            }
        });
        server
    }

    /// One that takes every memory.
    pub fn fine() -> Server {
        Server::start(|_| fine())
    }

    /// One that is healthy, and answers uploads like this.
    pub fn uploads(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
        Server::start(
            move |request| if request.what().starts_with("GET ") { fine() } else { handler(request) },
        )
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests so far.
    pub fn seen(&self) -> Vec<Request> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// The uploads so far.
    pub fn posts(&self) -> Vec<Request> {
        self.seen().into_iter().filter(|request| request.what().starts_with("POST ")).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        *self.shared.over.lock().unwrap() = true;
        self.shared.end.notify_all();
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(shared: &Shared, stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = BufReader::new(stream);
    while let Some(request) = read_request(&mut input)? {
        shared.seen.lock().unwrap().push(request.clone());
        let mut reply = (shared.handler)(&request);
        while let Reply::After(delay, next) = reply {
            wait(shared, delay);
            reply = *next;
        }
        let mut out = stream;
        match reply {
            Reply::Answer(code, headers, body) => {
                let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
                let length = body.len();
                let head = format!("HTTP/1.1 {code} Said\r\nContent-Length: {length}\r\n{headers}\r\n");
                out.write_all(format!("{head}{body}").as_bytes())?;
            }
            Reply::Raw(text) => return out.write_all(text.as_bytes()),
            Reply::Silence => wait(shared, Duration::MAX),
            Reply::After(..) => unreachable!("it was unwrapped before"),
        }
    }
    Ok(())
}

/// Waits for a time, or for the end of the server.
fn wait(shared: &Shared, time: Duration) {
    let time = time.min(Duration::from_secs(3600));
    drop(shared.end.wait_timeout_while(shared.over.lock().unwrap(), time, |over| !*over).unwrap());
}

fn read_request(input: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let mut head = String::new();
    loop {
        if input.read_line(&mut head)? == 0 {
            return Ok(None);
        }
        if head.ends_with("\r\n\r\n") {
            break;
        }
    }
    let mut request = Request { head, body: String::new() };
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    request.body = String::from_utf8(body).unwrap();
    Ok(Some(request))
}
