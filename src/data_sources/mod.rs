//! The data sources: one file each. What lists have in common stands here: rows to objects, the filter on names, the
//! order by id.

pub mod agent;
pub mod agents;
pub mod call_details;
pub mod call_task;
pub mod call_task_rows;
pub mod call_tasks;
pub mod service_instances;
pub mod voices;

use std::time::Duration;

use aliyun::aiccs::{MOST_BYTES, exact, length};
use aliyun::client::{Parameters, Wait};
use aliyun::error::Error;
use regex_lite::Regex;
use serde_json::Value as Json;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::{BoxFuture, DataSource, Response, respond};
use terraform_plugin::path::Path;
use terraform_plugin::schema::Schema;
use terraform_plugin::validate::nearest;
use terraform_plugin::value::Value;

use crate::config::{Context, Ready, Session};
use crate::failure;
use crate::field::{self, Field, WrittenBy};

/// How long a read may take.
const READ: Duration = Duration::from_secs(5 * 60);

/// What a list gives besides its filters.
struct Shape {
    /// The attribute that holds the objects.
    list: &'static str,
    /// The rows of an object.
    rows: &'static [Field],
    /// The member that tells objects apart; the list is ordered by it.
    id: &'static str,
    /// The attribute that holds the members `id` of all objects.
    ids: Option<&'static str>,
    /// The member that `name_regex` looks at; lists with it give `names` too.
    name: Option<&'static str>,
}

/// A data source that lists what one query answers.
pub struct Listing {
    /// Its type name.
    name: &'static str,
    /// Its rows, filters first.
    schema: &'static Schema,
    /// What it gives.
    shape: Shape,
    /// Checks of its configuration that need more than one argument.
    check: fn(&Value) -> Diagnostics,
    /// Asks the service by the filters of a configuration, and hands over the items, a page at a time.
    ask: for<'a> fn(&'a Ready, &'a Value, &'a Wait, Take<'a>) -> Asked<'a>,
    /// The filter that is a word of the service's, and the member of the rows that has it: where it finds nothing, the nearest
    /// word is told.
    near: Option<Near>,
    /// What it gives beside the list: from the configuration and one item after the other, into the value.
    more: fn(&Value, Option<&Json>, &mut Value) -> Result<(), String>,
}

/// A filter, and the member of the rows that it is held against.
#[derive(Clone, Copy)]
struct Near {
    filter: &'static str,
    member: &'static str,
}

/// No checks beyond those of single arguments.
fn no_check(_: &Value) -> Diagnostics {
    Diagnostics::new()
}

/// Nothing beside the list.
fn no_more(_: &Value, _: Option<&Json>, _: &mut Value) -> Result<(), String> {
    Ok(())
}

/// Takes items as the service shows them.
type Take<'a> = &'a mut (dyn FnMut(Vec<Json>) + Send);

/// A query under way.
type Asked<'a> = BoxFuture<'a, Result<(), Error>>;

impl DataSource<Session> for Listing {
    fn name(&self) -> &'static str {
        self.name
    }

    fn schema(&self) -> &'static Schema {
        self.schema
    }

    fn check(&self, config: &Value) -> Diagnostics {
        (self.check)(config)
    }

    fn read<'a>(&'a self, call: &'a Context, config: &'a Value) -> BoxFuture<'a, Response> {
        respond(async move {
            let ready = call.client.ready()?;
            let mut told = Response::default();
            let wait = Wait::new(call.stop.clone(), READ);
            let mut list = ListValue::new(self, config);
            match (self.ask)(ready, config, &wait, &mut |items| list.take(items)).await {
                Ok(()) => {
                    let empty = list.objects.is_empty();
                    match list.value() {
                        Ok(value) => told.value = value,
                        Err(detail) => {
                            told.diagnostics.error("Unexpected answer of the service", detail)
                        }
                    }
                    if let (true, Some(near)) = (empty, self.near) {
                        self.tell_nearest(ready, config, near, &wait, &mut told.diagnostics).await;
                    }
                }
                Err(error) => {
                    let summary = format!("Could not read {}", self.shape.list.replace('_', " "));
                    told.diagnostics.push(failure::diagnostic(summary, &error, &[]));
                }
            }
            Ok(told)
        })
    }
}

/// The value of a data source as it grows: each page becomes objects when it comes, so that thousands of rows are not held
/// twice.
struct ListValue<'a> {
    listing: &'a Listing,
    config: &'a Value,
    value: Value,
    objects: Vec<Value>,
    /// How many bytes the items had.
    bytes: usize,
    /// What the first item that could not be read is.
    wrong: Option<String>,
}

impl<'a> ListValue<'a> {
    fn new(listing: &'a Listing, config: &'a Value) -> Self {
        let mut list = Self {
            listing,
            config,
            value: config.clone(),
            objects: Vec::new(),
            bytes: 0,
            wrong: None,
        };
        list.wrong = (listing.more)(config, None, &mut list.value).err();
        list
    }

    fn take(&mut self, items: Vec<Json>) {
        for item in items {
            self.bytes += length(&item);
            // Several lists, each within its bounds, may be too much together.
            let read = if self.bytes > MOST_BYTES {
                self.objects.clear();
                Err(format!("the lists have more than {} MiB together", MOST_BYTES >> 20))
            } else {
                self.read(&item)
            };
            match read {
                Ok(object) => self.objects.push(object),
                Err(why) => {
                    self.wrong.get_or_insert(why);
                }
            }
        }
    }

    fn read(&mut self, item: &Json) -> Result<Value, String> {
        let object = field::object(self.listing.shape.rows, item)?;
        (self.listing.more)(self.config, Some(item), &mut self.value)?;
        Ok(object)
    }

    fn value(mut self) -> Result<Value, String> {
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        let (shape, mut objects) = (&self.listing.shape, self.objects);
        let pattern = self.config.get("name_regex").as_str().and_then(|text| Regex::new(text).ok());
        if let (Some(name), Some(pattern)) = (shape.name, pattern) {
            objects
                .retain(|object| pattern.is_match(object.get(name).as_str().unwrap_or_default()));
        }
        objects.sort_by_cached_key(|object| order(object.get(shape.id)));
        for (list, member) in [(shape.ids, Some(shape.id)), (Some("names"), shape.name)] {
            if let (Some(list), Some(member)) = (list, member) {
                let all = objects.iter().map(|object| object.get(member).clone());
                self.value.put(list, Value::List(all.collect()));
            }
        }
        self.value.put(shape.list, Value::List(objects));
        Ok(self.value)
    }
}

impl Listing {
    /// A word that finds nothing may be misspelt: the service is asked what there is.
    async fn tell_nearest(
        &self,
        ready: &Ready,
        config: &Value,
        near: Near,
        wait: &Wait,
        out: &mut Diagnostics,
    ) {
        let Some(word) = config.get(near.filter).as_str() else { return };
        let mut all = config.clone();
        all.put(near.filter, Value::Null);
        let mut items = Vec::new();
        let (wait, mut take) = (wait.clone().at_most(1), |page| items.extend::<Vec<Json>>(page));
        if (self.ask)(ready, &all, &wait, &mut take).await.is_err() {
            return;
        }
        let row = self.shape.rows.iter().find(|row| row.attribute.name == near.member);
        let Some(read) = row.and_then(|row| row.read) else { return };
        let words: Vec<String> =
            items.iter().filter_map(|item| exact(item.get(read.field)?)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if let Some(nearest) = nearest(word, &words) {
            let what = self.shape.list.replace('_', " ");
            let detail = format!(
                "The service has no {what} with `{}` = {word:?}. Did you mean {nearest:?}?",
                near.filter
            );
            out.warning_at(Path::root(near.filter), format!("No {what} found"), detail);
        }
    }
}

/// The filters that a configuration sets, as parameters of the query.
pub(crate) fn filters(rows: &[Field], config: &Value) -> Parameters {
    let mut parameters = Parameters::new();
    field::write(rows, config, WrittenBy::Query, &[], &mut parameters);
    parameters
}

/// Ids are decimal texts: the shorter one is the smaller. Codes follow the alphabet.
fn order(id: &Value) -> (usize, String) {
    let text = id.as_str().unwrap_or_default().to_owned();
    let number = text.bytes().all(|byte| byte.is_ascii_digit());
    (if number { text.len() } else { usize::MAX }, text)
}

/// Refuses a text that is no regular expression.
/// Faults of a configuration that does not name an object by exactly one of its id and its exact name.
fn by_id_or_name(config: &Value, what: &str, id: &'static str, name: &'static str) -> Diagnostics {
    let mut out = Diagnostics::new();
    let (given_id, given_name) = (config.get(id), config.get(name));
    if given_id.is_null() && given_name.is_null() {
        let detail = format!(
            "Each of `{id}` and `{name}` is null or left out. Give `{id}`, or `{name}` for the {what} of exactly that name."
        );
        out.error_at(Path::root(id), "Missing id or name", detail);
    } else if given_id.is_known() && given_name.is_known() {
        let detail =
            format!("`{id}` is {given_id} and `{name}` is {given_name}: give one of the two.");
        out.error_at(Path::root(name), "Id and name together", detail);
    }
    out
}

pub(crate) fn check_regex(value: &Value, path: &Path, out: &mut Diagnostics) {
    if let Some(Err(error)) = value.as_str().map(Regex::new) {
        let detail = format!("`{path}` is {value}, which is no regular expression: {error}.");
        out.error_at(path.clone(), "Invalid regular expression", detail);
    }
}

/// A telephone number without its middle, four digits at least; what is too short for that, or encrypted, has no digit
/// left.
fn masked(number: &str) -> String {
    let letters: Vec<char> = number.chars().collect();
    let shows = (11..=20).contains(&letters.len());
    let keep = |index: usize| shows && (index < 3 || index + 4 >= letters.len());
    let mask = |(index, letter): (usize, &char)| if keep(index) { *letter } else { '*' };
    letters.iter().enumerate().map(mask).collect()
}

#[cfg(test)]
mod tests {
    use super::{masked, order};
    use terraform_plugin::value::Value;

    #[test]
    fn a_number_keeps_its_ends_only() {
        assert_eq!(masked("13812341234"), "138****1234");
        assert_eq!(masked("02112345678"), "021****5678");
        assert_eq!(masked("110"), "***");
        for number in ["1234567", "12345678", "4001234567"] {
            assert_eq!(masked(number), "*".repeat(number.len()), "too little would be hidden");
        }
        assert_eq!(masked("5f4dcc3b5aa765d61d8327deb882cf99"), "*".repeat(32));
    }

    #[test]
    fn ids_are_ordered_as_numbers() {
        let id = |text: &str| order(&Value::string(text));
        assert!(id("9") < id("10") && id("118000000000000002") > id("118000000000000001"));
        assert!(id("male_1") > id("female_10") && id("male_1") > id("118000000000000001"));
    }
}
