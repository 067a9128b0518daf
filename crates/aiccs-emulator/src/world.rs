//! Everything one running emulator knows, behind one lock.
//! It composes the parts; it must not contain rules.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::{Map, Value};

use super::campaign::Campaign;
use super::chance::Chance;
use super::clock::{Clock, Pace, Setting};
use super::due::Late;
use super::faults::Fault;
use super::journal::Journal;
use super::options::{ACCOUNT_ID, Options};
use super::quota::Quota;
use super::seed;
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
    pub(super) pace: Pace,
    quota: Quota,
    campaign: Campaign,
    /// By key id; empty where all keys are of one account.
    accounts: BTreeMap<String, String>,
    begun: Begun,
    clock: Clock,
    seed: u64,
    turns: usize,
}

/// What the flags said, for a reset.
struct Begun {
    switches: Switches,
    faults: Vec<Fault>,
    agents: Vec<(String, String)>,
    time: Setting,
}

impl World {
    pub(super) fn new(options: Options) -> io::Result<Self> {
        let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
        let mut switches = Switches::default();
        for (name, value) in &options.switches {
            switches.set(name, value).map_err(invalid)?;
        }
        let mut keyring = Keyring::default();
        let mut accounts = BTreeMap::new();
        keyring
            .add(&options.access_key_id, Key { secret: options.access_key_secret, session: None });
        for account in options.accounts {
            let key = Key { secret: account.access_key_secret, session: None };
            keyring.add(&account.access_key_id, key);
            accounts.insert(account.access_key_id, account.id);
        }
        let now = (options.clock)();
        let seed = options.seed.unwrap_or_else(|| now.unsigned_abs());
        let begun = Begun {
            switches: switches.clone(),
            faults: options.faults.clone(),
            agents: options.agents,
            time: options.time,
        };
        let mut world = Self {
            store: Store::open(options.state.as_deref())?,
            switches,
            faults: options.faults,
            journal: Journal::open(options.log.as_deref())?,
            late: Late::default(),
            keyring,
            chance: Chance::new(seed),
            pace: Pace::real(now).set(now, options.time),
            quota: Quota::default(),
            campaign: Campaign::default(),
            accounts,
            begun,
            clock: options.clock,
            seed,
            turns: 0,
        };
        if world.store.tasks().is_empty() {
            for path in &options.load {
                world.load(path)?;
            }
        }
        world.seed_agents();
        Ok(world)
    }

    /// The service's time.
    pub(super) fn now(&self) -> i64 {
        self.pace.now((self.clock)()) + self.offset()
    }

    /// The time that signatures and temporary keys go by: nobody sets it but the clock and its offset.
    pub(super) fn time(&self) -> Time {
        Time {
            now: (self.clock)() + self.offset(),
            skew: self.switches.number("skew_minutes").unwrap_or(15) * 60_000,
            service: self.now(),
        }
    }

    pub(super) fn set_clock(&mut self, setting: Setting) {
        self.pace = self.pace.set((self.clock)(), setting);
    }

    /// Whose tasks a caller sees; empty for the first account, and while there is one account for all.
    pub(super) fn account(&self, caller: Option<&str>) -> String {
        if self.accounts.is_empty() {
            return String::new();
        }
        let account = self.account_id(caller.unwrap_or_default());
        if account == ACCOUNT_ID { String::new() } else { account }
    }

    /// The number of a caller's account: that of the role, where one was assumed.
    pub(super) fn account_id(&self, caller: &str) -> String {
        // acs:ram::ACCOUNT:assumed-role/ROLE/NAME
        let role = self.keyring.session(caller).and_then(|session| session.arn.split(':').nth(3));
        let own = self.accounts.get(caller).map(String::as_str);
        role.or(own).unwrap_or(ACCOUNT_ID).to_owned()
    }

    /// Lets happen what happens by itself: scheduled tasks start, and simulated calls are made.
    pub(super) fn wake(&mut self) {
        let (now, stopped) = (self.now(), self.switches.is("stopped_schedule", "starts"));
        self.store.wake(now, stopped);
        if self.switches.is("calls", "simulated") {
            self.campaign.advance(&mut self.store, self.seed, now);
        } else {
            self.campaign.clear();
        }
    }

    /// As it was started, but empty; ids and nonces are not given or taken a second time.
    pub(super) fn reset(&mut self) {
        self.store.empty();
        self.journal.clear();
        self.late.clear();
        self.campaign.clear();
        self.switches = self.begun.switches.clone();
        self.faults = self.begun.faults.clone();
        let now = (self.clock)();
        self.pace = Pace::real(now).set(now, self.begun.time);
        self.seed_agents();
    }

    /// Whether one request more fits into this second.
    pub(super) fn takes_request(&mut self) -> bool {
        let most = self.switches.number("requests_per_second").unwrap_or(0);
        self.quota.takes(most, (self.clock)())
    }

    /// Another number on every call.
    pub(super) fn turn(&mut self) -> usize {
        self.turns += 1;
        self.turns
    }

    fn offset(&self) -> i64 {
        self.switches.number("clock_offset_seconds").unwrap_or(0) * 1000
    }

    fn seed_agents(&mut self) {
        for (id, name) in &self.begun.agents {
            let agent = [("AgentId", id), ("AgentName", name)]
                .map(|(key, text)| (key.to_owned(), text.as_str().into()));
            self.store.put_agent(Map::<String, Value>::from_iter(agent));
        }
    }

    fn load(&mut self, path: &Path) -> io::Result<()> {
        let named = |why: String| io::Error::other(format!("{}: {why}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let document: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| named(error.to_string()))?;
        let now = self.now();
        seed::load(&mut self.store, &document, now).map(drop).map_err(named)
    }
}
