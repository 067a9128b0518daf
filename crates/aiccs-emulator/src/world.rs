//! Everything one running emulator knows, behind one lock.
//! It composes the parts; it must not contain rules.

use std::io;

use serde_json::{Map, Value};

use super::chance::Chance;
use super::due::Late;
use super::faults::Fault;
use super::journal::Journal;
use super::options::{Clock, Options};
use super::store::Store;
use super::switches::Switches;
use super::verify::{Key, Keyring, Time};

/// The state of one emulator.
pub(super) struct World {
    pub(super) store: Store,
    pub(super) switches: Switches,
    pub(super) faults: Vec<Fault>,
    pub(super) journal: Journal,
    pub(super) late: Late,
    pub(super) keyring: Keyring,
    pub(super) chance: Chance,
    clock: Clock,
    turns: usize,
}

impl World {
    pub(super) fn new(options: Options) -> io::Result<Self> {
        let mut switches = Switches::default();
        for (name, value) in &options.switches {
            switches
                .set(name, value)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        }
        let mut keyring = Keyring::default();
        keyring
            .add(&options.access_key_id, Key { secret: options.access_key_secret, session: None });
        let mut store = Store::open(options.state.as_deref())?;
        for (id, name) in options.agents {
            let agent = [("AgentId", id), ("AgentName", name)]
                .map(|(key, text)| (key.to_owned(), text.into()));
            store.put_agent(Map::<String, Value>::from_iter(agent));
        }
        let seed = options.seed.unwrap_or_else(|| (options.clock)().unsigned_abs());
        Ok(Self {
            store,
            switches,
            faults: options.faults,
            journal: Journal::default(),
            late: Late::default(),
            keyring,
            chance: Chance::new(seed),
            clock: options.clock,
            turns: 0,
        })
    }

    pub(super) fn now(&self) -> i64 {
        (self.clock)() + self.switches.number("clock_offset_seconds").unwrap_or(0) * 1000
    }

    /// Whose tasks a caller sees; empty while there is one account for all.
    pub(super) fn account(&self, _caller: Option<&str>) -> String {
        String::new()
    }

    pub(super) fn time(&self) -> Time {
        Time { now: self.now(), skew: self.switches.number("skew_minutes").unwrap_or(15) * 60_000 }
    }

    /// Another number on every call.
    pub(super) fn turn(&mut self) -> usize {
        self.turns += 1;
        self.turns
    }
}
