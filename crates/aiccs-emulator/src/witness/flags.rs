//! The flags of `aiccs-emulator witness`, and what they do not say: the key, which comes from the environment.
//! It must not ask anything.

use std::fmt;
use std::sync::Arc;

use super::{NOT_ASKED, Options};

/// What the flags ask for.
pub(in super::super) enum Asked {
    /// To ask the service.
    Witness(Box<Options>),
    /// A text on standard output, and nothing else.
    Text(String),
}

/// Reads flags; the error is a text for the user.
pub(in super::super) fn parse(
    arguments: impl IntoIterator<Item = String>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Asked, String> {
    let (mut endpoint, mut agent, mut number, mut consent) =
        (ENDPOINT.to_owned(), None, None, false);
    let mut arguments = arguments.into_iter();
    while let Some(flag) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{flag} needs a value"));
        match flag.as_str() {
            "--help" | "-h" => return Ok(Asked::Text(help())),
            "--endpoint" => endpoint = value()?,
            "--agent" => agent = Some(value()?),
            "--virtual-number" => number = Some(value()?),
            "--make-one-task" => consent = true,
            _ => return Err(format!("unknown flag {flag}; see aiccs-emulator witness --help")),
        }
    }
    if !consent {
        return Err("the witness makes one task in your account, which nobody can delete: say --make-one-task".to_owned());
    }
    let key = |name: &str| environment(name).filter(|value| !value.is_empty());
    let needed = |name: &str| key(name).ok_or_else(|| format!("{name} is not set"));
    Ok(Asked::Witness(Box::new(Options {
        endpoint,
        agent: agent.ok_or("--agent is missing: the id of a published agent")?,
        virtual_number: number
            .ok_or("--virtual-number is missing: a service instance of the account")?,
        key: (needed(ID)?, needed(SECRET)?, key(TOKEN)),
        clock: Arc::new(|| jiff::Timestamp::now().as_millisecond()),
    })))
}

fn help() -> String {
    let open: Vec<String> =
        NOT_ASKED.iter().map(|(switch, why)| format!("  {switch:<22} {why}")).collect();
    format!(
        "\
Asks the real AICCS what its documents leave open, and prints a report that holds nothing of your account.

Usage: aiccs-emulator witness --make-one-task --agent ID --virtual-number CODE [--endpoint HOST]

  --make-one-task          your word that it may make one task. It has no callees, it is never started, nobody is called;
                           at the end it is renamed to witness-retired-ID, since nothing can be deleted
  --agent ID               a published agent of the account
  --virtual-number CODE    a service instance of the account
  --endpoint HOST          {ENDPOINT} unless given
  --help

The key comes from {ID}, {SECRET} and {TOKEN}.
It needs the actions aiccs:CreateAiCallTask, UpdateAiCallTask, StopAiCallTask, QueryAiCallTaskDetail, QueryAiCallTaskPage,
PageQueryAgentListNew and QueryConversationDetailInfoNew.

What it does not ask:
{}",
        open.join("\n")
    )
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Options").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

const ENDPOINT: &str = "aiccs.aliyuncs.com";
const ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";
