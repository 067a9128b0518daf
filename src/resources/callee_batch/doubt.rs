//! Whether callees are in a task already, because an apply was cut off after its import. Each callee is known by its own
//! id and its number, and both must match. Asks only; decides nothing about what is imported.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use aliyun::aiccs::{MOST_CALLEES, exact};
use aliyun::client::Parameters;
use aliyun::error::{Error, Kind};
use serde_json::Value as Json;

use super::STATUSES;
use super::cancel::is_cancelled;
use super::lost::{Fit, number_fits};
use super::rows::{Row, Rows};
use crate::task::{Task, rest};

/// How far apart the two looks are, at least: a query may not list at once what was imported.
pub(super) const APART: Duration = Duration::from_secs(3);

/// What a task shows of a chunk of callees.
#[derive(Debug, Default)]
pub(super) struct In {
    /// The batches that hold callees of the chunk, and how many.
    pub(super) batches: BTreeMap<String, u64>,
    /// The places within the chunk of the callees that are not in.
    pub(super) missing: Vec<usize>,
    /// How many callees these batches hold that the chunk has not.
    pub(super) others: usize,
    /// When the last of them was imported: Unix time in milliseconds.
    pub(super) time: Option<i64>,
}

impl In {
    /// Of a chunk that the task does not show.
    fn nothing(count: usize) -> In {
        In { missing: (0..count).collect(), ..In::default() }
    }

    pub(super) fn count(&self) -> u64 {
        self.batches.values().sum()
    }

    /// Whether one batch holds exactly the callees of the chunk: then it is this import, which was cut off. Another one may have
    /// callees with the same ids of the user's.
    pub(super) fn is_whole(&self) -> bool {
        self.batches.len() == 1 && self.missing.is_empty() && self.others == 0
    }

    /// The same, seen by an import that leaves out whom the task has: only what surely is its own is taken over.
    pub(super) fn own_alone(self) -> In {
        if self.is_whole() { self } else { In::nothing(self.missing.len() + self.found()) }
    }

    fn found(&self) -> usize {
        usize::try_from(self.count()).unwrap_or(usize::MAX)
    }
}

/// One question about chunks of callees.
#[derive(Clone, Copy)]
pub(super) struct Doubt<'a> {
    pub(super) task: Task<'a>,
    /// Numbers are handed over hashed.
    pub(super) hashed: bool,
    /// Batches of another version, whose callees are to be called again by the user's word.
    pub(super) ended: &'a HashSet<String>,
}

impl Doubt<'_> {
    /// What is in of each chunk. What the first look does not show is looked for once more.
    pub(super) async fn settle(&self, rows: Rows<'_>) -> Result<Vec<In>, Error> {
        let mut shown = Vec::new();
        for chunk in rows.chunks(MOST_CALLEES) {
            shown.push(self.look(&chunk).await?);
        }
        if shown.iter().all(|chunk| chunk.missing.is_empty()) {
            return Ok(shown);
        }
        rest(self.task.wait, APART).await?;
        for (chunk, shown) in rows.chunks(MOST_CALLEES).zip(&mut shown) {
            if !shown.missing.is_empty() {
                *shown = self.look(&chunk).await?;
            }
        }
        Ok(shown)
    }

    /// One look: a chunk is asked for by its first callee, then by the batches that hold that one. What an earlier run
    /// imported in parts is asked for by the first callee that these leave open, and so on.
    pub(super) async fn look(&self, chunk: &[Row<'_>]) -> Result<In, Error> {
        let mut shown = In::nothing(chunk.len());
        let mut asked = HashSet::new();
        while let Some(&place) = shown.missing.first() {
            let batches = self.batches_of(&chunk[place], &asked).await?;
            if batches.is_empty() {
                break;
            }
            for batch in batches {
                let items = self.items(("BatchId", &batch)).await?;
                shown.take(chunk, &batch, items, self.hashed).map_err(|()| undecided(&batch))?;
                asked.insert(batch);
            }
        }
        Ok(shown)
    }

    /// The batches that hold a callee, or held it before a cancel; but for those that were asked already.
    async fn batches_of(
        &self,
        row: &Row<'_>,
        asked: &HashSet<String>,
    ) -> Result<BTreeSet<String>, Error> {
        let fits = |item: &Item| {
            item.id == row.id
                && number_fits(&item.number, row.number(), self.hashed) != Fit::Other
                && !self.ended.contains(&item.batch)
                && !asked.contains(&item.batch)
        };
        let items = self.items(("OutId", &row.id)).await?;
        Ok(items.into_iter().filter(fits).map(|item| item.batch).collect())
    }

    async fn items(&self, (filter, value): (&str, &str)) -> Result<Vec<Item>, Error> {
        let mut all = Vec::new();
        for status in STATUSES {
            let filters = Parameters::new()
                .with("TaskId", self.task.id.as_str())
                .with(filter, value)
                .with("Status", status);
            let items = self.task.client.query_ai_call_detail_page(&filters, self.task.wait);
            all.extend(items.await?.iter().filter_map(Item::of));
        }
        Ok(all)
    }
}

impl In {
    /// Takes note of what a batch holds of the chunk. An error where a callee may be in it or not.
    fn take(
        &mut self,
        chunk: &[Row<'_>],
        batch: &str,
        items: Vec<Item>,
        hashed: bool,
    ) -> Result<(), ()> {
        let mut held: HashMap<String, Vec<Item>> = HashMap::new();
        for item in items.into_iter().filter(|item| !item.cancelled) {
            held.entry(item.id.clone()).or_default().push(item);
        }
        let mut missing = Vec::new();
        for &place in &self.missing {
            let row = &chunk[place];
            let mut unclear = false;
            let own = held.get_mut(&row.id).and_then(|items| {
                let fits = |item: &Item| number_fits(&item.number, row.number(), hashed);
                unclear = items.iter().any(|item| fits(item) == Fit::Unclear);
                let at = items.iter().position(|item| fits(item) == Fit::Same)?;
                Some(items.swap_remove(at))
            });
            match own {
                Some(item) => {
                    *self.batches.entry(batch.to_owned()).or_default() += 1;
                    self.time = self.time.max(item.time);
                }
                None if unclear => return Err(()),
                None => missing.push(place),
            }
        }
        self.missing = missing;
        self.others += held.values().map(Vec::len).sum::<usize>();
        Ok(())
    }
}

/// A callee as the service shows it.
struct Item {
    id: String,
    number: String,
    batch: String,
    time: Option<i64>,
    cancelled: bool,
}

impl Item {
    fn of(item: &Json) -> Option<Item> {
        let text = |name: &str| item.get(name).and_then(exact).unwrap_or_default();
        Some(Item {
            id: text("OutId"),
            number: text("CalledNumber"),
            batch: item.get("BatchId").and_then(exact)?,
            time: text("ImportedTime").parse().ok(),
            cancelled: is_cancelled(item),
        })
    }
}

/// The service hides the numbers, and the own ids alone decide nothing.
fn undecided(batch: &str) -> Error {
    let text = format!(
        "batch {batch} of the task has callees with the own ids of these, and the service does not show their numbers, so \
         that nobody can tell whether these callees are in already"
    );
    Error::new(Kind::Contradictory, text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use terraform_plugin::value::Value;

    use super::{In, Item};
    use crate::resources::callee_batch::rows::{Importer, Rows};

    /// Which places of three callees are missing, given what a batch shows as `id number [cancelled]`.
    fn check(shown: &[&str], hashed: bool, expected: Result<&[usize], ()>) {
        let callee = |number: &str| {
            Value::object([("number", Value::string(number)), ("out_id", Value::Null)])
        };
        let list = Value::List(["13800001111", "13800002222", "13800003333"].map(callee).to_vec());
        let rows = Rows { callees: &list, importer: Importer::Batch, version: Some(1) };
        let chunk = rows.chunks(9).next().unwrap();
        let item = |text: &&str| {
            let mut words = text.split_whitespace();
            let (id, number) = (words.next(), words.next());
            let result = words.next().map(|_| "CANCEL");
            Item::of(
                &json!({ "OutId": id, "CalledNumber": number, "BatchId": "7", "CallResult": result,
                "ImportedTime": 5 }),
            )
            .unwrap()
        };
        let mut found = In::nothing(chunk.len());
        let taken = found.take(&chunk, "7", shown.iter().map(item).collect(), hashed);
        assert_eq!(taken.map(|()| found.missing.as_slice()), expected, "{shown:?}");
        if taken.is_ok() {
            assert_eq!(found.count() as usize, 3 - found.missing.len());
            assert_eq!(found.time, (found.count() > 0).then_some(5));
        }
    }

    #[test]
    fn own_id_and_number_must_both_match() {
        check(&[], false, Ok(&[0, 1, 2]));
        check(&["tf-v1-0 13800001111", "tf-v1-2 +8613800003333"], false, Ok(&[1]));
        check(&["tf-v1-0 13800002222", "tf-v1-1 13800002222"], false, Ok(&[0, 2]));
        check(&["tf-v2-0 13800001111"], false, Ok(&[0, 1, 2]));
        check(&["tf-v1-0 13800001111 cancelled"], false, Ok(&[0, 1, 2]));
        check(&["tf-v1-0 138****1111"], false, Err(()));
        check(&["tf-v1-0 138****1111", "tf-v1-0 13800001111"], false, Ok(&[1, 2]));
    }

    #[test]
    fn an_import_that_leaves_out_takes_over_only_what_is_its_own() {
        let shown = |missing: &[usize], batches: &[u64], others| In {
            batches: batches
                .iter()
                .enumerate()
                .map(|(id, count)| (id.to_string(), *count))
                .collect(),
            missing: missing.to_vec(),
            others,
            time: None,
        };
        let left = |shown: In| shown.own_alone().missing.len();
        assert_eq!(left(shown(&[], &[3], 0)), 0);
        assert_eq!(left(shown(&[2], &[2], 0)), 3, "a part of it is somebody's");
        assert_eq!(left(shown(&[], &[3], 1)), 3, "a larger batch is somebody's");
        assert_eq!(left(shown(&[], &[2, 1], 0)), 3, "two batches are somebody's");
        assert_eq!(left(shown(&[0, 1, 2], &[], 0)), 3);
    }

    #[test]
    fn a_digest_of_another_form_decides_nothing() {
        check(&["tf-v1-0 13900009999"], true, Ok(&[0, 1, 2]));
        check(&["tf-v1-0 0123456789abcdef"], true, Err(()));
    }
}
