//! The questions the vendor's documents leave open, one switch each; the first value is the default.
//! It must not know what a switch does: that is written where it is asked.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// One open question.
#[derive(Debug)]
pub struct Switch {
    /// Name in flags and in the control endpoint.
    pub name: &'static str,
    /// Values it takes.
    pub allowed: Allowed,
    /// What it decides.
    pub about: &'static str,
}

/// The values of a switch.
#[derive(Debug)]
pub enum Allowed {
    /// One of these words; the first is the default.
    Words(&'static [&'static str]),
    /// A whole number: default, least, greatest.
    Number(i64, i64, i64),
    /// This word (the default) or a whole number.
    WordOrNumber(&'static str),
}

/// Every switch.
pub const SWITCHES: &[Switch] = &[
    words(
        "agent_list",
        &["all", "none"],
        "whether PageQueryAgentListNew lists the agents of tasks",
    ),
    words("business_errors", &["http_200", "http_400"], "what carries a business refusal"),
    words(
        "call_record_requires",
        &["any", "task_id"],
        "what QueryConversationDetailInfoNew needs: any one id, or TaskId",
    ),
    words(
        "caller_number",
        &["echo", "masked", "other", "absent"],
        "how CallerNumber shows VirtualNumber",
    ),
    number(
        "clock_offset_seconds",
        (0, -1_000_000_000, 1_000_000_000),
        "moves the emulator's clock",
    ),
    number(
        "callees_listed_after",
        (0, 0, 600_000),
        "milliseconds until QueryAiCallDetailPage lists imported callees",
    ),
    words(
        "calls",
        &["never", "simulated"],
        "whether the callees of running tasks are called, inside the windows of their tasks",
    ),
    words("create_data", &["number", "string"], "JSON type of CreateAiCallTask's Data"),
    number("default_task_cps", (1, 1, 500), "TaskCps when Create leaves it out (invented)"),
    words(
        "flags",
        &["consistent", "contradictory"],
        "Create, Update, Start, Stop succeed with Success: false",
    ),
    words(
        "import_starts",
        &["init", "init_or_stopped", "never"],
        "status in which an import starts an IMMEDIATE task",
    ),
    words(
        "late_operations",
        &["by_clock", "held"],
        "when late faults do the operation: by `millis`, or by /__release",
    ),
    words(
        "list_engine_tasks",
        &["always", "with_source_only"],
        "whether pages without Source list engine tasks",
    ),
    words("list_order", &["as_sent", "reversed", "shuffled"], "order of lists in the detail"),
    words(
        "missing_task_detail",
        &["null_data", "success_false", "http_404"],
        "the detail of an unknown task",
    ),
    words("name_on_update", &["as_sent", "truncated"], "what Update stores as TaskName"),
    words("omitted_on_update", &["keep", "reset"], "optional parameters left out of Update"),
    Switch {
        name: "page_status",
        allowed: Allowed::WordOrNumber("real"),
        about: "Status of every task in pages",
    },
    number(
        "requests_per_second",
        (0, 0, 1_000_000),
        "requests taken within a second, others are throttled; 0: no limit",
    ),
    number("session_seconds", (3600, 0, 43200), "life of credentials issued by AssumeRole"),
    number("skew_minutes", (15, 0, 1_000_000_000), "how far a request's time may be off"),
    words(
        "start_before_time",
        &["starts", "refused", "waits"],
        "what Start does to a SCHEDULE task before its time; waits: it starts by itself then",
    ),
    words("start_fails", &["never", "always"], "Start leads to FAILED"),
    words("start_requires", &["not_running", "stopped", "any"], "status that Start asks for"),
    number(
        "start_takes_polls",
        (0, 0, 1_000_000),
        "page queries that still show the status before Start",
    ),
    words(
        "stop_requires",
        &["running", "running_or_scheduled", "any"],
        "status that Stop asks for",
    ),
    number(
        "stop_takes_polls",
        (0, 0, 1_000_000),
        "page queries that still show RUNNING after Stop",
    ),
    words(
        "stopped_schedule",
        &["stays", "starts"],
        "whether a stopped SCHEDULE task starts by itself at its time",
    ),
    number(
        "tasks_listed_after",
        (0, 0, 600_000),
        "milliseconds until QueryAiCallTaskPage lists a created task",
    ),
    words("time_format", &["seconds", "minutes"], "CallTimes as HH:MM:SS or HH:MM"),
    words("unset_optionals", &["absent", "null", "zero"], "response fields that were never set"),
    number(
        "update_interval_max",
        (720, 1, 720),
        "greatest CallRetryInterval of Update (documented: 120)",
    ),
    words("update_requires", &["not_running", "stopped", "any"], "status that Update asks for"),
];

/// The values in force.
#[derive(Clone, Debug)]
pub(super) struct Switches {
    values: BTreeMap<&'static str, String>,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            values: SWITCHES.iter().map(|switch| (switch.name, switch.allowed.default())).collect(),
        }
    }
}

impl Switches {
    /// Sets one; the error lists what is allowed.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let switch = SWITCHES.iter().find(|switch| switch.name == name).ok_or_else(|| {
            let names: Vec<_> = SWITCHES.iter().map(|switch| switch.name).collect();
            format!("no switch {name:?}; there are: {}", names.join(", "))
        })?;
        if !switch.allowed.takes(value) {
            return Err(format!(
                "switch {name} does not take {value:?}; it takes {}",
                switch.allowed.text()
            ));
        }
        self.values.insert(switch.name, value.to_owned());
        Ok(())
    }

    pub(super) fn is(&self, name: &str, value: &str) -> bool {
        self.word(name) == value
    }

    pub(super) fn word(&self, name: &str) -> &str {
        debug_assert!(self.values.contains_key(name), "no switch {name}");
        self.values.get(name).map_or("", String::as_str)
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.word(name).parse().ok()
    }

    pub(super) fn to_json(&self) -> Value {
        let member =
            |(name, value): (&&str, &String)| ((*name).to_owned(), Value::from(value.as_str()));
        Value::Object(self.values.iter().map(member).collect::<Map<_, _>>())
    }
}

impl Allowed {
    /// The value before anything is set.
    pub fn default(&self) -> String {
        match self {
            Self::Words(words) => words.first().copied().unwrap_or_default().to_owned(),
            Self::Number(default, ..) => default.to_string(),
            Self::WordOrNumber(word) => (*word).to_owned(),
        }
    }

    /// The values, for people.
    pub fn text(&self) -> String {
        match self {
            Self::Words(words) => words.join("|"),
            Self::Number(default, least, greatest) => {
                format!("{default}, or a whole number {least}..{greatest}")
            }
            Self::WordOrNumber(word) => format!("{word}, or a whole number"),
        }
    }

    fn takes(&self, value: &str) -> bool {
        let number = value.parse::<i64>().ok();
        match self {
            Self::Words(words) => words.contains(&value),
            Self::Number(_, least, greatest) => {
                number.is_some_and(|it| (*least..=*greatest).contains(&it))
            }
            Self::WordOrNumber(word) => *word == value || number.is_some(),
        }
    }
}

const fn words(name: &'static str, words: &'static [&'static str], about: &'static str) -> Switch {
    Switch { name, allowed: Allowed::Words(words), about }
}

const fn number(name: &'static str, bounds: (i64, i64, i64), about: &'static str) -> Switch {
    Switch { name, allowed: Allowed::Number(bounds.0, bounds.1, bounds.2), about }
}
