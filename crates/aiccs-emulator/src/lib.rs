//! The oracle: a local AICCS 2019-10-15 for tests, demonstrations and module authors, typed in
//! from the vendor's documents. It depends on no crate of ours: what it shares
//! with the provider by mistake, it could not find. Where the documents are silent there is a
//! switch ([`SWITCHES`]); what can go wrong on the way is a fault ([`KINDS`]).

mod answer;
mod arguments;
mod callees;
mod campaign;
mod chance;
mod clock;
pub mod contract;
mod control;
mod disk;
mod dispatch;
mod due;
mod edit;
mod faults;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod journal;
mod late;
mod library;
mod mask;
mod object;
mod operations;
mod options;
mod page;
mod perform;
mod quota;
mod refused;
mod request;
mod seed;
mod server;
mod store;
mod switches;
mod text;
mod verify;
mod view;
mod windows;
pub mod witness;
mod world;

pub use self::clock::{Clock, Setting as ClockSetting};
pub use self::faults::{Fault, KINDS};
pub use self::library::Server;
pub use self::options::{
    ACCESS_KEY_ID, ACCESS_KEY_SECRET, ACCOUNT_ID, Account, Command, Options, parse,
};
pub use self::seed::schema as load_schema;
pub use self::server::{Running, run, serve, start};
pub use self::switches::{Allowed, SWITCHES, Switch};
