//! What the witness has found, as a text that can be pasted into an issue: no id, name, number or key of the account is in it.
//! It must not know how it was found.

use std::fmt;

/// What was found about one open question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The switch that stands for it, or a fact that has no switch.
    pub about: String,
    /// The position that the service takes; none where it could not be asked.
    pub position: Option<String>,
    /// What was seen, or why nothing was.
    pub seen: String,
}

/// All findings.
#[derive(Clone, Debug)]
pub struct Report {
    host: String,
    at: i64,
    /// In the order of asking.
    pub findings: Vec<Finding>,
    /// The task that was made: for the one who runs it, not part of the text.
    pub task: Option<String>,
    /// Its last name; none where it could not be renamed.
    pub retired: Option<String>,
}

impl Report {
    pub(super) fn new(host: &str, at: i64) -> Self {
        Self { host: host.to_owned(), at, findings: Vec::new(), task: None, retired: None }
    }

    pub(super) fn found(&mut self, switch: &str, position: &str, seen: String) {
        self.push(switch, Some(position.to_owned()), seen);
    }

    pub(super) fn open(&mut self, switch: &str, why: &str) {
        self.push(switch, None, format!("not asked: {why}"));
    }

    pub(super) fn fact(&mut self, about: &str, seen: String) {
        self.push(about, None, seen);
    }

    /// The position that was found of a switch.
    pub fn position(&self, switch: &str) -> Option<&str> {
        self.findings.iter().find(|finding| finding.about == switch)?.position.as_deref()
    }

    fn push(&mut self, about: &str, position: Option<String>, seen: String) {
        self.findings.push(Finding { about: about.to_owned(), position, seen });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = jiff::Timestamp::from_millisecond(self.at).map(|time| time.to_string());
        let day = day.unwrap_or_default().chars().take(10).collect::<String>();
        let version = env!("CARGO_PKG_VERSION");
        writeln!(formatter, "`aiccs-emulator witness` {version}, {}, {day}\n", self.host)?;
        writeln!(formatter, "| question | position | seen |\n| --- | --- | --- |")?;
        for Finding { about, position, seen } in &self.findings {
            let position = position.as_deref().unwrap_or("-");
            writeln!(formatter, "| {about} | {position} | {} |", seen.replace('|', "\\|"))?;
        }
        Ok(())
    }
}
