//! Finding a batch whose answer was lost: which batches the service shows, and whether one is what was sent. Numbers are
//! compared here and kept nowhere.

use std::collections::{BTreeMap, HashMap, HashSet};

use aliyun::aiccs::exact;
use aliyun::client::Parameters;
use aliyun::error::Error;
use jiff::Timestamp;
use serde_json::Value as Json;

use super::STATUSES;
use super::cancel::is_cancelled;
use super::rows::Row;
use crate::task::Task;
use crate::task::imports::{LATEST, Lost};

/// How far the service's clock may be off between two of its machines, in milliseconds.
const MARGIN: i64 = 5_000;

impl Lost {
    /// The batches of its size and time, but for those that are somebody's.
    pub(super) async fn candidates(
        self,
        task: Task<'_>,
        somebodys: &HashSet<String>,
    ) -> Result<BTreeMap<String, Shown>, Error> {
        let mut found = batches(task, Timestamp::from_millisecond(self.since).ok()).await?;
        found.retain(|id, batch| {
            !somebodys.contains(id)
                && batch.numbers.len() as u64 == self.count
                && batch.times.iter().all(|time| *time <= self.since + LATEST)
        });
        Ok(found)
    }
}

/// A batch as the query of callees shows it.
#[derive(Default)]
pub(super) struct Shown {
    out_ids: Vec<String>,
    numbers: Vec<String>,
    /// When its callees were imported: Unix time in milliseconds.
    times: Vec<i64>,
}

/// Whether a batch is what was sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fit {
    /// Every callee is.
    Same,
    /// Something is not.
    Other,
    /// Nothing says that it is not: numbers come masked or hashed.
    Unclear,
}

impl Shown {
    pub(super) fn fit(&self, rows: &[Row<'_>], hashed: bool) -> Fit {
        let shown = sorted(self.numbers.iter().map(String::as_str));
        let ids = sorted(rows.iter().map(|row| row.id.as_str()));
        if sorted(self.out_ids.iter().map(String::as_str)) != ids || shown.len() != rows.len() {
            return Fit::Other;
        }
        let numbers = sorted(rows.iter().map(Row::number));
        if shown == numbers {
            return Fit::Same;
        }
        if hashed { Fit::Unclear } else { compare(&shown, &numbers) }
    }
}

/// The task's batches since a moment, without those that were cancelled: they are earlier ones.
pub(super) async fn batches(
    task: Task<'_>,
    since: Option<Timestamp>,
) -> Result<BTreeMap<String, Shown>, Error> {
    let mut batches: BTreeMap<String, Shown> = BTreeMap::new();
    for status in STATUSES {
        let mut filters = Parameters::new().with("TaskId", task.id.as_str()).with("Status", status);
        if let Some(since) = since {
            filters.set("StartImportedTime", (since.as_millisecond() - MARGIN).to_string());
        }
        for item in task.client.query_ai_call_detail_page(&filters, task.wait).await? {
            let text = |name: &str| item.get(name).and_then(Json::as_str).unwrap_or_default();
            if let Some(id) = item.get("BatchId").and_then(exact)
                && !is_cancelled(&item)
            {
                let batch = batches.entry(id).or_default();
                let time = item.get("ImportedTime").and_then(exact);
                batch.times.extend(time.and_then(|time| time.parse::<i64>().ok()));
                batch.numbers.push(text("CalledNumber").to_owned());
                batch.out_ids.extend(Some(text("OutId").to_owned()).filter(|id| !id.is_empty()));
            }
        }
    }
    Ok(batches)
}

/// Whether a number that the service shows is one that was sent.
pub(super) fn number_fits(shown: &str, sent: &str, hashed: bool) -> Fit {
    if shown == sent {
        return Fit::Same;
    }
    if !hashed {
        return compare(&[shown], &[sent]);
    }
    // What has the form of the digest that was sent is one, and another.
    let comparable = shown.len() == sent.len() && !shown.contains('*');
    if comparable { Fit::Other } else { Fit::Unclear }
}

/// So many digits at its end tell a number without the code of its country.
const END: usize = 7;

/// Numbers in the open. That they are shown as they were sent is not documented: a code of the country more or less is
/// no difference; masked and empty ones say nothing.
fn compare(shown: &[&str], sent: &[&str]) -> Fit {
    let mut by_end: HashMap<String, Vec<String>> = HashMap::new();
    for digits in sent.iter().map(|number| digits(number)) {
        by_end.entry(end(&digits)).or_default().push(digits);
    }
    let mut fit = Fit::Same;
    for number in shown {
        if number.is_empty() || number.contains('*') {
            fit = Fit::Unclear;
            continue;
        }
        let digits = digits(number);
        let Some(list) = by_end.get_mut(&end(&digits)) else { return Fit::Other };
        match list.iter().position(|other| same(other, &digits)) {
            Some(at) => drop(list.swap_remove(at)),
            None => return Fit::Other,
        }
    }
    fit
}

/// The same, but for the code of a country.
fn same(a: &str, b: &str) -> bool {
    let (long, short) = if a.len() > b.len() { (a, b) } else { (b, a) };
    long == short || short.len() >= END && long.len() <= short.len() + 4 && long.ends_with(short)
}

fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

fn end(digits: &str) -> String {
    digits[digits.len().saturating_sub(END)..].to_owned()
}

fn sorted<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all: Vec<_> = texts.collect();
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests {
    use super::{Fit, compare};

    #[test]
    fn one_number_of_somebody_else_rules_a_batch_out() {
        let check = |shown: &[&str], expected: Fit| {
            let sent = ["13812345678", "13887654321"];
            assert_eq!(compare(shown, &sent), expected, "{shown:?}");
        };
        check(&["13887654321", "13812345678"], Fit::Same);
        check(&["+86 138-1234-5678", "008613887654321"], Fit::Same);
        check(&["13812345678", "15987654399"], Fit::Other);
        check(&["15912345678", "15987654321"], Fit::Other);
        check(&["13812345678", "13812345678"], Fit::Other);
        check(&["13812345678", "4321"], Fit::Other);
        check(&["138****5678", "13887654321"], Fit::Unclear);
        check(&["138****5678", "15987654321"], Fit::Other);
        check(&["", ""], Fit::Unclear);
    }
}
