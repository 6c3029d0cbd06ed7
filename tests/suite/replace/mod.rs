//! `docs/replacing.md`: what is in the file whatever happens.

mod faults;
mod foreign_writer;
mod full_disk;
mod in_place;
mod kill;
mod large;
mod leftovers;
mod library;
mod metadata;
mod order;
mod place;
mod power_cut;
mod publish;
mod quiet_read;
mod resident;
mod shared_file;
mod targets;
