//! What the pages say, what is generated, and the rules of the house.

mod generated;
pub mod house;
mod packaging;
mod pages;
mod protocol_page;
mod skills;
mod troubleshooting;

pub use pages::blocks;
