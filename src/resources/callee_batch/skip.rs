//! Leaving out whom the task has already (`skip_called`). Numbers are compared here and kept nowhere.

use std::collections::HashSet;

use aliyun::aiccs::exact;
use aliyun::client::Parameters;
use aliyun::error::{Error, Kind};

use super::STATUSES;
use super::cancel::is_cancelled;
use super::rows::Row;
use crate::task::Task;

/// The callees that a task has, but for those that were cancelled.
#[derive(Debug, Default)]
pub(super) struct Present {
    numbers: HashSet<String>,
    /// Own id and number.
    pairs: HashSet<(String, String)>,
}

impl Present {
    /// Asks the task for all its callees.
    pub(super) async fn of(task: Task<'_>) -> Result<Present, Error> {
        let mut present = Present::default();
        for status in STATUSES {
            let filters = Parameters::new().with("TaskId", task.id.as_str()).with("Status", status);
            for item in task.client.query_ai_call_detail_page(&filters, task.wait).await? {
                let text = |name: &str| item.get(name).and_then(exact).unwrap_or_default();
                let number = text("CalledNumber");
                if is_cancelled(&item) {
                    continue;
                }
                if number.is_empty() || number.contains('*') {
                    let text = "the service does not show the numbers of the task's callees, so that `skip_called` cannot \
                                tell who is in already";
                    return Err(Error::new(Kind::Unreadable, text));
                }
                present.add(text("OutId"), &number);
            }
        }
        Ok(present)
    }

    fn add(&mut self, id: String, number: &str) {
        self.numbers.insert(bare(number));
        self.pairs.insert((id, bare(number)));
    }

    pub(super) fn has(&self, row: &Row<'_>) -> bool {
        let number = bare(row.number());
        if row.own {
            return self.pairs.contains(&(row.id.clone(), number));
        }
        self.numbers.contains(&number)
    }
}

/// A number without the code of China and without what people put between digits; a digest stays as it is.
fn bare(number: &str) -> String {
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ');
    if !number.chars().all(plain) {
        return number.to_owned();
    }
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let national = digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86"));
    national.filter(|national| national.len() >= 10).unwrap_or(&digits).to_owned()
}

#[cfg(test)]
mod tests {
    use terraform_plugin::value::Value;

    use super::{Present, bare};
    use crate::resources::callee_batch::rows::{Importer, Rows};

    #[test]
    fn a_number_is_the_same_with_and_without_the_code_of_the_country() {
        for number in ["13800001111", "+86 138-0000-1111", "008613800001111", "8613800001111"] {
            assert_eq!(bare(number), "13800001111");
        }
        assert_eq!(bare("8612345"), "8612345");
        assert_eq!(bare("86aa-b"), "86aa-b");
    }

    #[test]
    fn an_own_id_must_match_too() {
        let mut present = Present::default();
        present.add("a".to_owned(), "13800001111");
        let callee = |number: &str, id: Value| {
            Value::object([("number", Value::string(number)), ("out_id", id)])
        };
        let list = Value::List(vec![
            callee("+8613800001111", Value::string("a")),
            callee("13800001111", Value::string("b")),
            callee("13800001111", Value::Null),
            callee("13800002222", Value::Null),
        ]);
        let rows = Rows { callees: &list, importer: Importer::Batch, version: None };
        let has: Vec<bool> = rows.chunks(9).flatten().map(|row| present.has(&row)).collect();
        assert_eq!(has, [true, false, true, false]);
    }
}
