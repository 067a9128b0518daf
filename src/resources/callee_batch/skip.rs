//! Leaving out whom the task has already (`skip_called`). Numbers are compared here and kept nowhere.

use std::collections::{HashMap, HashSet};

use aliyun::aiccs::{MOST_CALLEES, exact};
use aliyun::client::Parameters;
use aliyun::error::{Error, Kind};

use super::STATUSES;
use super::cancel::is_cancelled;
use super::number::bare;
use super::rows::{Row, Rows};
use crate::task::Task;

/// The callees that a task has, but for those that were cancelled.
#[derive(Debug, Default)]
pub(super) struct Present {
    numbers: HashSet<String>,
    /// The batch of each own id and number.
    pairs: HashMap<(String, String), String>,
}

/// Where a callee is.
#[derive(Debug, PartialEq)]
pub(super) enum Place<'a> {
    /// Not in the task.
    Nowhere,
    /// In a batch of this very import, which was cut off: its id is of this version and place.
    Own(&'a str),
    /// In the task, by somebody else or with an id of the user's, which tells no import from another.
    Elsewhere,
}

impl Present {
    /// Asks the task for all its callees.
    pub(super) async fn of(task: Task<'_>) -> Result<Present, Error> {
        let mut present = Present::default();
        for status in STATUSES {
            let filters = Parameters::new().with("TaskId", task.id.as_str()).with("Status", status);
            let items = task.client.query_ai_call_detail_page(&filters, task.wait).await;
            for item in items.map_err(too_many)? {
                let text = |name: &str| item.get(name).and_then(exact).unwrap_or_default();
                let number = text("CalledNumber");
                if is_cancelled(&item) {
                    continue;
                }
                if number.is_empty() || number.contains('*') {
                    let text = "the service does not show the numbers of the task's callees, so that `skip_called` cannot \
                                tell who is in already. Leave it out, and choose the callees in the configuration";
                    return Err(Error::new(Kind::Unreadable, text));
                }
                present.add(text("OutId"), &number, text("BatchId"));
            }
        }
        Ok(present)
    }

    fn add(&mut self, id: String, number: &str, batch: String) {
        self.numbers.insert(bare(number));
        self.pairs.insert((id, bare(number)), batch);
    }

    /// How many of the callees it has; those whom this very import has put there do not count.
    pub(super) fn again(&self, rows: Rows<'_>) -> usize {
        let again = |row: &Row<'_>| {
            !matches!(self.place_of(row), Place::Own(_))
                && self.numbers.contains(&bare(row.number()))
        };
        rows.chunks(MOST_CALLEES).flatten().filter(again).count()
    }

    pub(super) fn place_of(&self, row: &Row<'_>) -> Place<'_> {
        let number = bare(row.number());
        let by_number = !row.own && self.numbers.contains(&number);
        match self.pairs.get(&(row.id.clone(), number)) {
            Some(batch) if !row.own => Place::Own(batch),
            Some(_) => Place::Elsewhere,
            None if by_number => Place::Elsewhere,
            None => Place::Nowhere,
        }
    }
}

/// A task with more callees than one list may have cannot be compared.
fn too_many(mut error: Error) -> Error {
    if error.kind == Kind::TooLong {
        error.kind = Kind::Configuration;
        "the task has more than 50,000 callees in one state, too many for `skip_called` to compare. Leave it out, and choose \
         the callees in the configuration"
            .clone_into(&mut error.message);
    }
    error
}

#[cfg(test)]
mod tests {
    use terraform_plugin::value::Value;

    use super::{Place, Present};
    use crate::resources::callee_batch::rows::{Importer, Rows};

    #[test]
    fn an_own_id_must_match_too() {
        let mut present = Present::default();
        present.add("a".to_owned(), "13800001111", "7".to_owned());
        present.add("tf-v-4".to_owned(), "13800003333", "8".to_owned());
        let callee = |number: &str, id: Value| {
            Value::object([("number", Value::string(number)), ("out_id", id)])
        };
        let list = Value::List(vec![
            callee("+8613800001111", Value::string("a")),
            callee("13800001111", Value::string("b")),
            callee("13800001111", Value::Null),
            callee("13800002222", Value::Null),
            callee("13800003333", Value::Null),
        ]);
        let rows = Rows { callees: &list, importer: Importer::Batch, version: None };
        let rows: Vec<_> = rows.chunks(9).flatten().collect();
        let places: Vec<_> = rows.iter().map(|row| present.place_of(row)).collect();
        use Place::{Elsewhere, Nowhere, Own};
        assert_eq!(places, [Elsewhere, Nowhere, Elsewhere, Nowhere, Own("8")]);
        let rows = Rows { callees: &list, importer: Importer::Batch, version: None };
        assert_eq!(present.again(rows), 3, "by number, whatever the id");
    }
}
