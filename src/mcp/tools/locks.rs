//! Locks: always leases, for nobody here lives as long as a shell does.

use std::time::Duration;

use jiff::Timestamp;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::files::{locate, shown};
use super::{Action, Effect};
use crate::lock::report::Report;
use crate::lock::{Keep, LockError, LockId, LockRoot, Locker, Target, inventory};
use crate::mcp::answer::{Refusal, Said};
use crate::mcp::call::Call;
use crate::mcp::context::{Context, time};
use crate::mcp::leases::Lease;
use crate::place::PlaceError;
use crate::sys;

/// A lease if nothing else is asked for.
const TTL: Duration = Duration::from_secs(600);
/// And never a longer one: an agent that has forgotten it keeps others out.
const LONGEST_TTL: Duration = Duration::from_secs(24 * 3600);

/// A lease.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Leased {
    /// The lock's id.
    pub id: String,
    /// The file's true path.
    pub path: String,
    /// When the lease ends by itself.
    pub ends: String,
}

/// `lock_acquire`
pub struct Acquire;

/// What it is given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcquireArgs {
    /// The file, which need not exist: absolute, or relative to a root.
    pub path: String,
    /// How long the lock lasts, such as 10m [default: 10m].
    #[serde(default)]
    pub ttl: Option<String>,
    /// How long to wait for it, such as 5s; 0 tries once.
    #[serde(default)]
    pub timeout: Option<String>,
}

impl Action for Acquire {
    const NAME: &'static str = "lock_acquire";
    const TITLE: &'static str = "Take a file's lock";
    const ABOUT: &'static str = "Take the lock of a file for several steps of work. It ends by its ttl, with lock_release, or \
         with this connection. Calls of this connection work under it. A single change needs no lock of its own: \
         memory_update and memory_write take it.";
    const EFFECT: Effect = Effect::Adds;
    const WAITS: bool = true;
    const CHANGES_FILES: bool = true;
    type Args = AcquireArgs;
    type Result = Leased;

    fn run(context: &Context, args: AcquireArgs, call: &mut Call) -> Result<(Said, Leased), Refusal> {
        let ttl = ttl(args.ttl.as_deref())?;
        let (bounds, file) = locate(context, &args.path)?;
        let locker = context.locker(call, Self::NAME, args.timeout.as_deref())?;
        refuse_own(context, &locker, &Target::resolve(&file.path)?)?;
        let held = locker.acquire(&file.path, Keep::Lease(ttl), call)?;
        if !bounds.allows(&held.target().path) {
            held.release()?;
            return Err(PlaceError::Outside { path: args.path.into() }.into());
        }
        let root = locker.roots.of(&held.target().path)?;
        let id = held.leave();
        let (ends, leased) = (sys::clock::deadline(ttl), Leased::new(&id, shown(&file), ttl));
        if !context.leases.add(Lease { id, path: leased.path.clone(), root, ends }) {
            return Err(Refusal::new("the server is ending"));
        }
        Ok((format!("locked {} until {}; its id is {}", leased.path, leased.ends, leased.id).into(), leased))
    }
}

/// Another call of this connection may be at work under a lease of its own: it would be no guest,
/// and wait for itself.
fn refuse_own(context: &Context, locker: &Locker, target: &Target) -> Result<(), Refusal> {
    let Some(own) = context.leases.of(&target.key) else { return Ok(()) };
    let Some(root) = locker.roots.existing_of(&target.path)? else { return Ok(()) };
    let held = inventory::entry(&root, &target.key)?;
    let is_own = held.is_some_and(|held| {
        held.judgement.verdict.is_taken() && held.judgement.info.token.as_ref() == Some(&own.id.token)
    });
    if !is_own {
        return Ok(());
    }
    Err(Refusal::new(format!("this connection holds the lock of {} already: {}", target.path.display(), own.id))
        .hint("work under it, prolong it with lock_renew, or release it; for several agents on one connection: take turns"))
}

impl Leased {
    fn new(id: &LockId, path: String, ttl: Duration) -> Leased {
        let ends =
            jiff::SignedDuration::try_from(ttl).ok().and_then(|ttl| Timestamp::now().checked_add(ttl).ok());
        Leased { id: id.to_string(), path, ends: format!("{:.0}", ends.unwrap_or(Timestamp::MAX)) }
    }
}

fn ttl(text: Option<&str>) -> Result<Duration, Refusal> {
    match text.map(|text| time(text, "ttl")).transpose()? {
        None => Ok(TTL),
        Some(Duration::ZERO) => Err(Refusal::new("ttl 0: a lease needs some time to run")),
        Some(ttl) if ttl > LONGEST_TTL => Err(Refusal::new("ttl: a lease here lasts a day at most")),
        Some(ttl) => Ok(ttl),
    }
}

/// `lock_renew`
pub struct Renew;

/// What it is given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenewArgs {
    /// The id that lock_acquire gave, or the path of a file that this connection has locked.
    pub lock: String,
    /// How long it lasts from now on, such as 10m [default: 10m].
    #[serde(default)]
    pub ttl: Option<String>,
}

impl Action for Renew {
    const NAME: &'static str = "lock_renew";
    const TITLE: &'static str = "Prolong a lock";
    const ABOUT: &'static str = "Let a lock run for longer, counted from now. An error says that it was lost: then look at \
         the file again before you change it.";
    const EFFECT: Effect = Effect::Adds;
    const IDEMPOTENT: bool = true;
    const CHANGES_FILES: bool = true;
    type Args = RenewArgs;
    type Result = Leased;

    fn run(context: &Context, args: RenewArgs, _: &mut Call) -> Result<(Said, Leased), Refusal> {
        let ttl = ttl(args.ttl.as_deref())?;
        let (root, id, path) = find(context, &args.lock)?;
        context.leases.renew(&root, &id, ttl)?;
        let leased = Leased::new(&id, path, ttl);
        Ok((format!("the lock {} lasts until {}", leased.id, leased.ends).into(), leased))
    }
}

/// `lock_release`
pub struct Release;

/// What it is given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseArgs {
    /// The id that lock_acquire gave, or the path of a file that this connection has locked.
    pub lock: String,
}

/// What it gives.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Released {
    /// The lock's id.
    pub id: String,
    /// The file's true path; empty where it is not known.
    pub path: String,
}

impl Action for Release {
    const NAME: &'static str = "lock_release";
    const TITLE: &'static str = "Release a lock";
    const ABOUT: &'static str =
        "Give a lock back. An error says that it was lost before: another may have changed the file.";
    const EFFECT: Effect = Effect::Adds;
    const CHANGES_FILES: bool = true;
    type Args = ReleaseArgs;
    type Result = Released;

    fn run(context: &Context, args: ReleaseArgs, _: &mut Call) -> Result<(Said, Released), Refusal> {
        let (root, id, path) = find(context, &args.lock)?;
        context.leases.release(&root, &id)?;
        Ok((format!("released {id}").into(), Released { id: id.to_string(), path }))
    }
}

/// The lock that an argument names: by an id, or by the file.
fn find(context: &Context, named: &str) -> Result<(LockRoot, LockId, String), Refusal> {
    let lost = |why: &str| Refusal::from(LockError::Lost { target: None, why: why.to_owned() });
    if let Ok(id) = named.trim().parse::<LockId>() {
        if let Some(lease) = context.leases.of(&id.key).filter(|lease| lease.id == id) {
            return Ok((lease.root, id, lease.path));
        }
        // One that was taken elsewhere, in a lock folder of the files here.
        for root in context.bounds()?.roots() {
            if let Some(root) = context.lock_root_of(&root.join("any file here"))?
                && inventory::entry(&root, &id.key)?.is_some()
            {
                return Ok((root, id, String::new()));
            }
        }
        return Err(lost("there is no such lock"));
    }
    let (_, file) = locate(context, named)?;
    let target = Target::resolve(&file.path)?;
    let own = context.leases.of(&target.key).ok_or_else(|| {
        Refusal::new(format!("this connection holds no lock of {named}"))
            .hint("see who does with locks_show; an id from elsewhere can be named as it is")
    })?;
    Ok((own.root, own.id, shown(&file)))
}

/// `locks_show`
pub struct Show;

/// It needs nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowArgs {
    /// Only the lock of this file.
    #[serde(default)]
    pub path: Option<String>,
}

/// What it gives.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Locks {
    /// The locks, as `aimem locks show --json` has them, the oldest first.
    pub locks: Vec<Value>,
}

impl Action for Show {
    const NAME: &'static str = "locks_show";
    const TITLE: &'static str = "Show locks";
    const ABOUT: &'static str =
        "Who holds the lock of which file here, since when, and whether the holder is alive.";
    const EFFECT: Effect = Effect::Reads;
    type Args = ShowArgs;
    type Result = Locks;

    fn run(context: &Context, args: ShowArgs, _: &mut Call) -> Result<(Said, Locks), Refusal> {
        let bounds = context.bounds()?;
        let wanted = match &args.path {
            Some(path) => Some(Target::resolve(&locate(context, path)?.1.path)?),
            None => None,
        };
        let mut entries: Vec<inventory::Entry> = Vec::new();
        let places: Vec<_> = match &wanted {
            Some(target) => vec![target.path.clone()],
            None => bounds.roots().map(|root| root.join("any file here")).collect(),
        };
        let mut seen = Vec::new();
        for place in places {
            let Some(root) = context.lock_root_of(&place)? else { continue };
            if seen.contains(&root.path().to_owned()) {
                continue;
            }
            seen.push(root.path().to_owned());
            entries.extend(inventory::list(&root)?);
        }
        entries.retain(|entry| match (&wanted, &entry.judgement.info.target) {
            (Some(target), _) => entry.key == target.key,
            // Of a lock that does not say what it is of, nothing is known.
            (None, Some(path)) => bounds.allows(path),
            (None, None) => false,
        });
        let reports = Report::all(&entries.iter().collect::<Vec<_>>());
        let lines: Vec<String> = reports
            .iter()
            .map(|report| {
                format!("{}: {}", report.row().get(2).cloned().unwrap_or_default(), report.sentence())
            })
            .collect();
        let text = if lines.is_empty() { "no locks".to_owned() } else { lines.join("\n") };
        let locks = reports.iter().filter_map(|report| serde_json::to_value(report).ok()).collect();
        Ok((text.into(), Locks { locks }))
    }
}
