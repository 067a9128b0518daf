//! What an emulator is started with, and the flags that say it.
//! It must not start anything.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use super::contract;
use super::faults::{self, Fault};
use super::switches::{SWITCHES, Switches};

/// Milliseconds since 1970.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How to start an emulator; the default listens on a free port of 127.0.0.1 with the built-in key.
#[derive(Clone)]
pub struct Options {
    /// A loopback address.
    pub listen: SocketAddr,
    /// The permanent key's id.
    pub access_key_id: String,
    /// The permanent key's secret.
    pub access_key_secret: String,
    /// File that keeps tasks, callees and agents.
    pub state: Option<PathBuf>,
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
}

/// The built-in access key id.
pub const ACCESS_KEY_ID: &str = "EmulatorAccessKeyId";
/// The built-in access key secret.
pub const ACCESS_KEY_SECRET: &str = "EmulatorAccessKeySecret";

/// What the command line asks for.
#[derive(Debug)]
pub enum Command {
    /// To serve.
    Serve(Box<Options>),
    /// A text on standard output, and nothing else.
    Say(String),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            access_key_id: ACCESS_KEY_ID.to_owned(),
            access_key_secret: ACCESS_KEY_SECRET.to_owned(),
            state: None,
            switches: Vec::new(),
            faults: Vec::new(),
            agents: Vec::new(),
            seed: None,
            clock: Arc::new(|| jiff::Timestamp::now().as_millisecond()),
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
    let mut arguments = arguments.into_iter();
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
            "--help" | "-h" => return Ok(Command::Say(help())),
            "--contract" => {
                return contract::json().map(Command::Say).map_err(|error| error.to_string());
            }
            "--version" | "-V" => {
                return Ok(Command::Say(format!("aiccs-emulator {}", env!("CARGO_PKG_VERSION"))));
            }
            known => options.set(known, value)?,
        }
    }
    Ok(Command::Serve(Box::new(options)))
}

impl Options {
    fn set(
        &mut self,
        flag: &str,
        value: impl FnOnce() -> Result<String, String>,
    ) -> Result<(), String> {
        match flag {
            "--listen" => self.listen = loopback(&value()?)?,
            "--access-key-id" => self.access_key_id = value()?,
            "--access-key-secret" => self.access_key_secret = value()?,
            "--state" => self.state = Some(value()?.into()),
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

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| format!("--listen takes ADDRESS:PORT, not {text:?}"))?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err(format!(
        "--listen {text}: the emulator only listens on loopback addresses, such as 127.0.0.1:0"
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
        "\
A local stand-in for Alibaba Cloud AICCS 2019-10-15.

Usage: aiccs-emulator [flags]

  --listen ADDRESS:PORT         loopback address to serve on (127.0.0.1:0, a free port)
  --access-key-id ID            the key it accepts ({ACCESS_KEY_ID})
  --access-key-secret SECRET    its secret ({ACCESS_KEY_SECRET})
  --state FILE                  keep tasks, callees and agents in this file
  --agent ID[=NAME]             seed a published agent; then only seeded agents are accepted
  --switch NAME=VALUE           decide an open question, repeatable
  --fault OPERATION:KIND[=MILLIS][:TIMES]
                                misbehave, repeatable; OPERATION and TIMES may be *
  --seed NUMBER                 repeat a run's request ids and chances
  --contract                    print what is known of each operation, as JSON
  --help, --version

The first line on standard output is `listening on http://ADDRESS:PORT`.
While it runs: GET and DELETE /__journal; GET, POST (one or a list) and PATCH /__tasks; GET and PATCH /__details;
GET /__late (operations of late faults that are still due), GET /__settled (the same, once none is due by the clock) and
POST /__release (does them now; {{\"id\": 1}}: one);
GET, POST {{\"switches\": {{}}, \"faults\": [], \"agents\": []}} and DELETE /__control. Posted faults are added; DELETE
ends all faults and switches. A posted fault: {{\"operation\": \"*\", \"kind\": \"delay\", \"times\": 1, \"skip\": 0,
\"probability\": 1, \"millis\": 500}}.

Switches (the first value is the default):
{switches}
Faults:
{faults}"
    )
}
