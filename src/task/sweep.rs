//! The items of many tasks by few queries: reads that come one after the other share pages of the whole list, as long as that
//! costs less than asking for each task by itself. What a page does not show proves nothing: then the task is asked for.
//!
//! An account may have many tasks that are nobody's here. So a read pays for itself until what has been paid comes near to what
//! the rest of the list would cost; then the list is read. That is never much more than twice the cheaper way.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aliyun::aiccs::{MOST_BYTES, MOST_PAGES, PAGE_SIZE, TaskId, exact, length};
use aliyun::client::{Client, Parameters, Wait};
use serde_json::Value as Json;

/// A page serves reads for so many milliseconds.
const FRESH: i64 = 30_000;

/// So many pages more than what has been paid are no waste yet.
const GRACE: usize = 2;

/// What was read of the list, and what was paid.
#[derive(Debug, Default)]
pub(crate) struct Sweep {
    /// One read at a time decides, and asks: the others find what it brings.
    list: tokio::sync::Mutex<List>,
    /// Tasks that this process has changed: what a page says of them may be older.
    written: Mutex<HashSet<TaskId>>,
}

/// The list as far as it was read.
#[derive(Debug, Default)]
struct List {
    items: HashMap<String, (Json, i64)>,
    /// How many reads there were that no page served.
    paid: usize,
    /// When the first page was asked for, and how many pages there are by its total.
    began: i64,
    pages: usize,
    /// How many of them were read.
    read: usize,
    /// How many bytes their items have.
    bytes: usize,
}

impl Sweep {
    /// This process changes the task: from now on it is asked for by itself.
    pub(crate) fn wrote(&self, id: &TaskId) {
        self.written().insert(id.clone());
    }

    /// The item of the task on a page that was asked for after this process began to serve, if that is the cheaper way.
    pub(crate) async fn item(&self, client: &Client, id: &TaskId, wait: &Wait) -> Option<Json> {
        let mut list = self.list.lock().await;
        loop {
            // Also what was changed while this read waited.
            if self.written().contains(id) {
                return None;
            }
            let now = client.now().as_millisecond();
            if let Some((item, sent)) = list.items.get(id.as_str())
                && now - sent < FRESH
            {
                return Some(item.clone());
            }
            if list.began != 0 && now - list.began >= FRESH {
                *list = List { paid: list.paid.min(1), ..List::default() };
            }
            let wanted = list.wants();
            if !wanted || !list.next(client, wait, now).await {
                list.paid += 1;
                return None;
            }
        }
    }

    fn written(&self) -> MutexGuard<'_, HashSet<TaskId>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl List {
    /// Whether the next page is worth its query.
    fn wants(&self) -> bool {
        if self.began == 0 {
            // One read alone is no reason to look at the whole list.
            return self.paid > 0;
        }
        let left = self.pages.saturating_sub(self.read);
        // Once begun it is read to its end: it was worth it when it began.
        left > 0 && (self.read > 1 || left <= self.paid + GRACE)
    }

    /// Reads the next page; false where that fails.
    async fn next(&mut self, client: &Client, wait: &Wait, now: i64) -> bool {
        let number = self.read + 1;
        if self.read == 0 {
            self.began = now;
        }
        self.read = number;
        let wait = wait.clone().at_most(1);
        let Ok((items, total)) = client.task_page(Parameters::new(), number, &wait).await else {
            // Whatever is wrong, the single queries tell it.
            self.pages = 0;
            return false;
        };
        // Only the first page says how many there are: a list that grows while it is read would have no end.
        if number == 1 {
            self.pages = total.unwrap_or(0).div_ceil(PAGE_SIZE).min(MOST_PAGES);
        }
        self.bytes += items.iter().map(length).sum::<usize>();
        if items.len() < PAGE_SIZE || self.bytes > MOST_BYTES {
            self.pages = number;
        }
        for item in items {
            if let Some(id) = item.get("TaskId").and_then(exact) {
                self.items.insert(id, (item, now));
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::List;

    /// After so many paid reads, whether the next page is read; `read` of `pages` are known.
    #[test]
    fn the_list_is_read_when_that_is_the_cheaper_way() {
        let wants =
            |paid, began, pages, read| List { paid, began, pages, read, ..List::default() }.wants();
        assert!(!wants(0, 0, 0, 0), "one read alone");
        assert!(wants(1, 0, 0, 0), "a second one looks at the first page");
        assert!(!wants(1, 7, 1, 1), "one page was all");
        assert!(wants(1, 7, 4, 1) && !wants(1, 7, 5, 1), "three more pages for one paid");
        assert!(!wants(60, 7, 81, 1) && wants(78, 7, 81, 1), "many that are not ours");
        assert!(wants(1, 7, 81, 2), "begun, it is read to its end");
        assert!(!wants(99, 7, 0, 1), "a page that failed");
    }
}
