//! What an emulator is started with, and the flags that say it.
//! It must not start anything.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use super::clock::{Clock, Setting};
use super::contract;
use super::faults::{self, Fault};
use super::seed;
use super::switches::{SWITCHES, Switches};
use super::witness::{self, flags};

/// How to start an emulator; the default listens on a free port of 127.0.0.1 with the built-in key.
#[derive(Clone)]
pub struct Options {
    /// A loopback address, unless others may reach it too.
    pub listen: SocketAddr,
    /// Whether it may listen on an address that other machines reach. Its own endpoints are unsigned.
    pub allow_remote: bool,
    /// The permanent key's id.
    pub access_key_id: String,
    /// The permanent key's secret.
    pub access_key_secret: String,
    /// Further accounts, each with a key of its own: then every account sees its own tasks only.
    pub accounts: Vec<Account>,
    /// File that keeps tasks, callees and agents.
    pub state: Option<PathBuf>,
    /// Tasks, callees and agents that are there from the start, unless the state holds some already.
    pub load: Vec<PathBuf>,
    /// File that gets a line of JSON for each call; `-` is standard error.
    pub log: Option<PathBuf>,
    /// Switches by name.
    pub switches: Vec<(String, String)>,
    /// Faults in waiting.
    pub faults: Vec<Fault>,
    /// Agents by id and name.
    pub agents: Vec<(String, String)>,
    /// Seed of request ids and faults by probability; the start time unless given.
    pub seed: Option<u64>,
    /// The clock.
    pub clock: Clock,
    /// Another time than the clock's, or a faster one.
    pub time: Setting,
}

/// An account beside the first one.
#[derive(Clone)]
pub struct Account {
    /// Its number.
    pub id: String,
    /// Its key's id.
    pub access_key_id: String,
    /// Its key's secret.
    pub access_key_secret: String,
}

/// The number of the first account.
pub const ACCOUNT_ID: &str = "1000000000000001";

/// The built-in access key id.
pub const ACCESS_KEY_ID: &str = "EmulatorAccessKeyId";
/// The built-in access key secret.
pub const ACCESS_KEY_SECRET: &str = "EmulatorAccessKeySecret";

/// What the command line asks for.
#[derive(Debug)]
pub enum Command {
    /// To serve.
    Serve(Box<Options>),
    /// To serve while this program runs, which finds the emulator in its environment.
    Run(Box<Options>, Vec<String>),
    /// To ask a real service what its documents leave open.
    Witness(Box<witness::Options>),
    /// A text on standard output, and nothing else.
    Say(String),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            access_key_id: ACCESS_KEY_ID.to_owned(),
            access_key_secret: ACCESS_KEY_SECRET.to_owned(),
            allow_remote: false,
            accounts: Vec::new(),
            state: None,
            load: Vec::new(),
            log: None,
            switches: Vec::new(),
            faults: Vec::new(),
            agents: Vec::new(),
            seed: None,
            clock: Arc::new(|| jiff::Timestamp::now().as_millisecond()),
            time: Setting::default(),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Options").field("listen", &self.listen).finish_non_exhaustive()
    }
}

/// Reads flags; the error is a text for the user.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Command, String> {
    let mut options = Options::default();
    let mut arguments = arguments.into_iter().peekable();
    if arguments.next_if(|first| first == "witness").is_some() {
        return match flags::parse(arguments, &|name| std::env::var(name).ok())? {
            flags::Asked::Witness(options) => Ok(Command::Witness(options)),
            flags::Asked::Text(text) => Ok(Command::Say(text)),
        };
    }
    while let Some(argument) = arguments.next() {
        let (flag, mut inline) = match argument.split_once('=') {
            Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        let value = || {
            inline
                .take()
                .or_else(|| arguments.next())
                .ok_or_else(|| format!("{flag} needs a value"))
        };
        match flag.as_str() {
            "--" => return program(options, arguments.collect()),
            "--help" | "-h" => return Ok(Command::Say(help())),
            "--contract" => {
                return contract::json().map(Command::Say).map_err(|error| error.to_string());
            }
            "--version" | "-V" => {
                return Ok(Command::Say(format!("aiccs-emulator {}", env!("CARGO_PKG_VERSION"))));
            }
            "--load-schema" => return Ok(Command::Say(format!("{:#}", seed::schema()))),
            "--allow-remote" => options.allow_remote = true,
            known => options.set(known, value)?,
        }
    }
    reachable(&options)?;
    Ok(Command::Serve(Box::new(options)))
}

fn program(options: Options, program: Vec<String>) -> Result<Command, String> {
    if program.is_empty() {
        return Err("after -- stands a program, such as: -- terraform test".to_owned());
    }
    reachable(&options)?;
    Ok(Command::Run(Box::new(options), program))
}

impl Options {
    fn set(
        &mut self,
        flag: &str,
        value: impl FnOnce() -> Result<String, String>,
    ) -> Result<(), String> {
        match flag {
            "--listen" => self.listen = address(&value()?)?,
            "--access-key-id" => self.access_key_id = value()?,
            "--access-key-secret" => self.access_key_secret = value()?,
            "--account" => self.accounts.push(Account::parse(&value()?)?),
            "--state" => self.state = Some(value()?.into()),
            "--load" => self.load.push(value()?.into()),
            "--log" => self.log = Some(value()?.into()),
            "--clock" => self.time = Setting::parse(&value()?)?,
            "--switch" => self.switches.push(switch(&value()?)?),
            "--fault" => self.faults.push(Fault::parse(&value()?)?),
            "--agent" => {
                let value = value()?;
                let (id, name) = value.split_once('=').unwrap_or((&value, ""));
                let name = if name.is_empty() { format!("agent {id}") } else { name.to_owned() };
                self.agents.push((id.to_owned(), name));
            }
            "--seed" => {
                self.seed = Some(value()?.parse().map_err(|_| "--seed takes a whole number")?)
            }
            _ => return Err(format!("unknown flag {flag}; see --help")),
        }
        Ok(())
    }
}

impl Account {
    /// `NUMBER=KEY_ID:SECRET`.
    fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split_once('=').and_then(|(id, key)| Some((id, key.split_once(':')?)));
        let (id, (key, secret)) = parts
            .filter(|(id, (key, secret))| {
                id.bytes().all(|byte| byte.is_ascii_digit())
                    && [id, key, secret].iter().all(|part| !part.is_empty())
            })
            .ok_or("--account takes NUMBER=KEY_ID:SECRET")?;
        Ok(Self {
            id: id.to_owned(),
            access_key_id: key.to_owned(),
            access_key_secret: secret.to_owned(),
        })
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("--listen takes ADDRESS:PORT, not {text:?}"))
}

/// Whoever reaches the emulator can do everything with it.
pub(super) fn reachable(options: &Options) -> Result<(), String> {
    if options.allow_remote || options.listen.ip().is_loopback() {
        return Ok(());
    }
    Err(format!(
        "--listen {}: the emulator listens on loopback addresses, such as 127.0.0.1:0; with --allow-remote on others too",
        options.listen
    ))
}

fn switch(text: &str) -> Result<(String, String), String> {
    let (name, value) =
        text.split_once('=').ok_or_else(|| format!("--switch takes NAME=VALUE, not {text:?}"))?;
    Switches::default().set(name, value)?;
    Ok((name.to_owned(), value.to_owned()))
}

fn help() -> String {
    let switch = |(name, values, about): (&str, String, &str)| {
        format!("  {name:<22} {about}\n{:25}{values}\n", "")
    };
    let switches: String =
        SWITCHES.iter().map(|it| switch((it.name, it.allowed.text(), it.about))).collect();
    let faults: String =
        faults::KINDS.iter().map(|(kind, about)| format!("  {kind:<22} {about}\n")).collect();
    format!(
        r#"A local stand-in for Alibaba Cloud AICCS 2019-10-15.

Usage: aiccs-emulator [flags]
       aiccs-emulator [flags] -- terraform test     runs a program that finds the emulator and its key in the
                                                    environment, and ends with it and its exit code
       aiccs-emulator witness --help                asks a real service what its documents leave open

  --listen ADDRESS:PORT         loopback address to serve on (127.0.0.1:0, a free port)
  --allow-remote                listen on an address that other machines reach; there is no other protection
  --access-key-id ID            the key it accepts ({ACCESS_KEY_ID})
  --access-key-secret SECRET    its secret ({ACCESS_KEY_SECRET})
  --account NUMBER=ID:SECRET    a further account with its own key, repeatable; then each sees its own tasks only
                                (the first one is {ACCOUNT_ID})
  --state FILE                  keep tasks, callees and agents in this file; kill -9 loses nothing that was answered
  --load FILE                   tasks, callees and agents to begin with, repeatable (see --load-schema); left out where
                                the state holds tasks already
  --load-schema                 print the JSON Schema of such a file
  --agent ID[=NAME]             seed a published agent; then only seeded agents are accepted
  --clock TIME | 60x | TIME,60x the service's time, and how many times as fast it runs; signatures keep the real time
  --log FILE                    a line of JSON for each call, numbers masked; - is standard error
  --switch NAME=VALUE           decide an open question, repeatable
  --fault OPERATION:KIND[=MILLIS][:TIMES]
                                misbehave, repeatable; OPERATION and TIMES may be *
  --contract                    print what is known of each operation, as JSON
  --seed NUMBER                 repeat a run's request ids, chances and simulated calls
  --help, --version

The first line on standard output is `listening on http://ADDRESS:PORT`; the page for people is there.
While it runs, unsigned, under the same address:
  GET, DELETE /__journal        the calls so far; ?after=SEQUENCE: those after it
  GET /__journal/SEQUENCE       one call, with what its signature was checked against
  GET, POST /__tasks            all tasks; a new one, or a list of them
  GET, PATCH, DELETE /__tasks/ID
  POST /__tasks/ID/callees      {{"count": 100}}: callees with invented numbers
  GET /__details                all callees
  PATCH /__details/ID
  GET, POST, DELETE /__control  {{"switches": {{}}, "faults": [], "agents": [], "instances": []}}; posted faults are added,
                                DELETE ends all faults and switches. A fault: {{"operation": "*", "kind": "delay",
                                "times": 1, "skip": 0, "probability": 1, "millis": 500}}
  DELETE /__control/faults      ends the faults alone
  GET, POST /__clock            {{"at": "2026-12-01T09:00:00+08:00", "speed": 60}}
  POST /__load                  a document as for --load
  POST /__reset                 empties it: no tasks, callees and journal; agents, switches, faults and clock as the flags said
  GET /__late                   operations of late faults that are still due
  GET /__settled                the same, once none is due by the clock
  POST /__release               does them now; {{"id": 1}}: one

Switches (the first value is the default):
{switches}
Faults:
{faults}"#
    )
}
