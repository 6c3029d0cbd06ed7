//! `docs/outbox.md`: no memory is lost, whatever the server does.

mod add;
mod clock;
mod import;
mod kill;
mod planted;
mod root;
mod servers;
mod service;
mod status;
mod worker;
