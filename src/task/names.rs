//! Whose a name is, for plans: asked for by the name, or read off the whole list once that is the cheaper way.

use std::collections::HashMap;

use aliyun::aiccs::{MOST_BYTES, MOST_PAGES, PAGE_SIZE, exact, length};
use aliyun::client::{Client, Parameters, Wait};
use aliyun::error::Error;
use serde_json::Value as Json;

use super::named;

/// So many pages more than what has been paid are no waste yet.
const GRACE: usize = 3;

/// So many queries a name costs that is asked for by itself.
const SINGLE: usize = 3;

/// The list is read without a source, for agent tasks and for tasks of the call engine: what the first way shows is not
/// documented.
const SOURCES: [Option<&str>; 3] = [None, Some("0"), Some("1")];

/// What was read of the list of tasks, by name.
#[derive(Debug, Default)]
pub(crate) struct Names(tokio::sync::Mutex<Queried>);

#[derive(Debug, Default)]
struct Queried {
    tasks: HashMap<String, Vec<Json>>,
    /// How many queries there were for single names.
    paid: usize,
    /// Of each way: the pages that there are by its total, and how many were read.
    ways: [(Option<usize>, usize); 3],
    /// How many bytes the items have.
    bytes: usize,
}

impl Names {
    /// The tasks that have exactly this name.
    pub(crate) async fn holders(
        &self,
        client: &Client,
        name: &str,
        wait: &Wait,
    ) -> Result<Vec<Json>, Error> {
        let mut list = self.0.lock().await;
        while let Some(way) = list.open() {
            if list.left() > list.paid + GRACE {
                list.paid += SINGLE;
                drop(list);
                return named(client, name, wait).await;
            }
            list.read(client, way, wait).await?;
        }
        Ok(list.tasks.get(name).cloned().unwrap_or_default())
    }
}

impl Queried {
    /// The first way that was not read to its end.
    fn open(&self) -> Option<usize> {
        self.ways.iter().position(|(pages, read)| pages.is_none_or(|pages| *read < pages))
    }

    /// How many pages are left, as far as that is known.
    fn left(&self) -> usize {
        let left = |(pages, read): &(Option<usize>, usize)| pages.unwrap_or(read + 1) - read;
        self.ways.iter().map(left).sum()
    }

    async fn read(&mut self, client: &Client, way: usize, wait: &Wait) -> Result<(), Error> {
        let number = self.ways[way].1 + 1;
        let mut filters = Parameters::new();
        if let Some(source) = SOURCES[way] {
            filters.set("Source", source);
        }
        let (items, total) = client.task_page(filters, number, wait).await?;
        // Only the first page says how many there are: a list that grows while it is read would have no end.
        let told = total.unwrap_or(0).div_ceil(PAGE_SIZE).clamp(number, MOST_PAGES);
        let pages = self.ways[way].0.unwrap_or(told);
        self.bytes += items.iter().map(length).sum::<usize>();
        let ends = items.len() < PAGE_SIZE || self.bytes > MOST_BYTES;
        self.ways[way] = (Some(if ends { number } else { pages }), number);
        for item in items {
            let Some(name) = item.get("TaskName").and_then(Json::as_str) else { continue };
            let held = self.tasks.entry(name.to_owned()).or_default();
            let id = item.get("TaskId").and_then(exact);
            if held.iter().all(|other| other.get("TaskId").and_then(exact) != id) {
                held.push(item);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Queried;

    #[test]
    fn the_list_is_read_when_that_is_the_cheaper_way() {
        let list = |paid, ways| Queried { paid, ways, ..Queried::default() };
        let fresh = list(0, [(None, 0); 3]);
        assert_eq!((fresh.open(), fresh.left()), (Some(0), 3));
        let begun = list(3, [(Some(9), 1), (None, 0), (None, 0)]);
        assert_eq!((begun.open(), begun.left()), (Some(0), 10));
        let second = list(3, [(Some(9), 9), (Some(2), 1), (Some(1), 1)]);
        assert_eq!((second.open(), second.left()), (Some(1), 1));
        assert_eq!(list(0, [(Some(1), 1), (Some(0), 1), (Some(1), 1)]).open(), None);
    }
}
