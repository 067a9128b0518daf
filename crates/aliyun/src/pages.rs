//! Lists that come in pages: bounded, read whole or not at all, each item once. Knows no operation by name.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::client::{Answer, Client, Operation, Parameters, Wait};
use super::envelope;
use super::error::{Error, Kind, Processed};
use super::redact;

/// The page size of every query that is paged; the service's maximum is not published.
pub const PAGE_SIZE: usize = 50;

/// A query over more pages than this fails instead of looping.
pub const MOST_PAGES: usize = 1000;

/// So too one over more items.
const MOST_ITEMS: usize = 50_000;

/// So too one of more bytes: more than that Terraform takes from no provider.
pub const MOST_BYTES: usize = 48 * 1024 * 1024;

/// How often a list is read that does not hold what it promises.
const SWEEPS: usize = 3;

/// A whole number or a string as exact text: how ids arrive. A number with a fraction or an exponent is nobody's id.
pub fn exact(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => {
            let text = number.as_str();
            let digits = text.strip_prefix('-').unwrap_or(text);
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.to_owned())
        }
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) | Value::String(_) => {
            None
        }
    }
}

/// How a query asks for a page, and how a page is made up.
#[derive(Debug)]
pub(crate) struct Form {
    /// The parameter that holds page number and size as JSON text; none: they are parameters themselves.
    pub(crate) pager: Option<&'static str>,
    /// The member that holds the items.
    pub(crate) list: &'static str,
    /// The member that says how many items there are.
    pub(crate) total: &'static str,
}

/// `PageNo` and `PageSize`, answered by `List` and `Total`.
static PLAIN: Form = Form { pager: None, list: "List", total: "Total" };

/// The pages of a query, one after the other. They end at a short page, unless `Total` promises more: then the service is
/// asked anew from the first page on, since lists move while they are read.
pub struct Pages<'a> {
    client: &'a Client,
    operation: &'static Operation,
    form: &'static Form,
    /// The field that tells items apart.
    key: &'static str,
    filters: Parameters,
    wait: &'a Wait,
    /// How many items are wanted, where that is known: the bounds of a list that nobody limits do not count then.
    most: Option<usize>,
    /// Members of items that nobody needs.
    without: &'static [&'static str],
    /// The service's messages may name telephone numbers.
    about_callees: bool,
    /// How many bytes all items have.
    bytes: usize,
    seen: HashSet<String>,
    count: usize,
    number: usize,
    /// How many requests there were.
    asked: usize,
    /// How often the list was read from its start to its end.
    sweeps: usize,
    ended: bool,
}

impl<'a> Pages<'a> {
    pub(crate) fn new(
        client: &'a Client,
        operation: &'static Operation,
        key: &'static str,
        filters: Parameters,
        wait: &'a Wait,
    ) -> Pages<'a> {
        Pages {
            client,
            operation,
            form: &PLAIN,
            key,
            filters,
            wait,
            most: None,
            without: &[],
            bytes: 0,
            seen: HashSet::new(),
            count: 0,
            number: 0,
            about_callees: false,
            asked: 0,
            sweeps: 0,
            ended: false,
        }
    }

    /// In another form than that of AICCS.
    pub(crate) fn formed(self, form: &'static Form) -> Self {
        Pages { form, ..self }
    }

    /// Of callees: the service's messages may name their numbers, and these members are left out.
    pub(crate) fn of_callees(self, without: &'static [&'static str]) -> Self {
        Pages { without, about_callees: true, ..self }
    }

    /// With all members of the items.
    #[must_use]
    pub fn whole(self) -> Self {
        Pages { without: &[], ..self }
    }

    /// No more than so many items; the bounds of a list that nobody limits do not count then.
    #[must_use]
    pub fn at_most(self, items: usize) -> Self {
        Pages { most: Some(items), ..self }
    }

    /// Hands over the items of one page after the other.
    ///
    /// # Errors
    /// The list goes beyond its bounds or does not hold what it promises, or a query fails.
    pub async fn each(mut self, mut take: impl FnMut(Vec<Value>)) -> Result<(), Error> {
        let mut left = self.most.unwrap_or(usize::MAX);
        while left > 0
            && let Some(mut items) = self.next().await?
        {
            items.truncate(left);
            left -= items.len();
            take(items);
        }
        Ok(())
    }

    /// The items of the next page that no earlier page had; `None` at the end.
    ///
    /// # Errors
    /// As [`Pages::each`].
    pub async fn next(&mut self) -> Result<Option<Vec<Value>>, Error> {
        self.page().await.map_err(|error| if self.about_callees { masked(error) } else { error })
    }

    async fn page(&mut self) -> Result<Option<Vec<Value>>, Error> {
        if self.ended {
            return Ok(None);
        }
        let operation = self.operation;
        self.number += 1;
        self.asked += 1;
        let most = self.most.map_or(MOST_PAGES, |most| MOST_PAGES.max(2 * most / PAGE_SIZE));
        if self.asked > most {
            return Err(self.too_long(most));
        }
        let parameters = self.parameters();
        let mut answer = self.client.call(operation, parameters, self.wait).await?;
        let page =
            page_of(&answer, self.form).ok_or_else(|| no_page(operation, &answer, self.form))?;
        let (size, total, shown) = (page.size, page.total, page.items.len());
        let mut new = Vec::with_capacity(shown);
        for mut item in items_of(&mut answer.data, self.form) {
            let id = item.get(self.key).and_then(exact);
            let (Value::Object(members), Some(id)) = (&mut item, id) else {
                return Err(unexpected(operation, &answer, "a page of items with ids"));
            };
            if self.seen.insert(id) {
                for name in self.without {
                    members.remove(*name);
                }
                self.bytes += length(&item);
                new.push(item);
            }
        }
        if self.bytes > MOST_BYTES {
            let text = format!("the list has more than {} MiB", MOST_BYTES >> 20);
            return Err(self.error(Kind::TooLong, text));
        }
        self.count += new.len();
        if self.most.is_none() && self.count > MOST_ITEMS {
            return Err(self.too_long(most));
        }
        let short = shown < size;
        let missing = total.filter(|total| self.count < *total);
        // A page that brings nothing new ends the list: behind it there is nothing, or the same again.
        let whole = missing.is_none() && (short || total.is_some() && new.is_empty());
        if whole {
            self.ended = true;
        } else if new.is_empty() {
            self.sweeps += 1;
            self.number = 0;
            if self.sweeps == SWEEPS {
                let why = match missing {
                    Some(total) => {
                        format!("says that there are {total} items, and lists {}", self.count)
                    }
                    None => "sends the same page again and again".to_owned(),
                };
                return Err(self.endless(&why));
            }
        }
        Ok(Some(new))
    }

    fn parameters(&self) -> Parameters {
        let parameters = self.filters.clone();
        match self.form.pager {
            // As the official SDK writes it.
            Some(name) => {
                let pager = format!(r#"{{"PageIndex":{},"PageSize":{PAGE_SIZE}}}"#, self.number);
                parameters.with(name, pager)
            }
            None => parameters
                .with("PageNo", self.number.to_string())
                .with("PageSize", PAGE_SIZE.to_string()),
        }
    }

    fn too_long(&self, pages: usize) -> Error {
        let pages = if pages == MOST_PAGES { "1,000".to_owned() } else { pages.to_string() };
        let text = format!("the list has no end within {pages} pages or 50,000 items");
        self.error(Kind::TooLong, text)
    }

    fn endless(&self, why: &str) -> Error {
        self.error(Kind::Unreadable, format!("the service {why}"))
    }

    fn error(&self, kind: Kind, text: String) -> Error {
        Error::new(kind, text).during(self.operation.name, self.operation.ram_action())
    }
}

struct Page<'a> {
    items: &'a [Value],
    /// The page size the service really used.
    size: usize,
    total: Option<usize>,
}

/// The page in an answer. Null is an empty page, unless the total says otherwise.
fn page_of<'a>(answer: &'a Answer, form: &Form) -> Option<Page<'a>> {
    let data: &Map<String, Value> = match &answer.data {
        Value::Null => return Some(Page { items: &[], size: PAGE_SIZE, total: None }),
        Value::Object(data) => data,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => return None,
    };
    let number = |name| envelope::text(data, name).and_then(|number| number.parse::<usize>().ok());
    let size =
        number("PageSize").filter(|size| *size > 0).map_or(PAGE_SIZE, |size| size.min(PAGE_SIZE));
    let total = number(form.total);
    let items: &[Value] = match data.get(form.list) {
        None | Some(Value::Null) if total.unwrap_or(0) == 0 => &[],
        Some(Value::Array(items)) => items,
        None
        | Some(
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_),
        ) => return None,
    };
    Some(Page { items, size, total })
}

/// The items of a page by itself, and the total that it names.
pub(crate) fn items_and_total(
    operation: &Operation,
    mut answer: Answer,
) -> Result<(Vec<Value>, Option<usize>), Error> {
    let total = page_of(&answer, &PLAIN).ok_or_else(|| no_page(operation, &answer, &PLAIN))?.total;
    Ok((items_of(&mut answer.data, &PLAIN), total))
}

/// The items of the page.
fn items_of(data: &mut Value, form: &Form) -> Vec<Value> {
    match data.get_mut(form.list).map(Value::take) {
        Some(Value::Array(items)) => items,
        Some(_) | None => Vec::new(),
    }
}

fn no_page(operation: &Operation, answer: &Answer, form: &Form) -> Error {
    unexpected(operation, answer, &format!("a page with a {}", form.list))
}

/// About how many bytes a value is on its way.
pub fn length(value: &Value) -> usize {
    let inside = match value {
        Value::Null | Value::Bool(_) => 0,
        Value::Number(number) => number.as_str().len(),
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(length).sum(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| name.len() + length(value)).sum()
        }
    };
    inside + 4
}

/// A message about callees may name their numbers.
pub(crate) fn masked(mut error: Error) -> Error {
    error.message = redact::about_callees(&error.message);
    error
}

pub(crate) fn unexpected(operation: &Operation, answer: &Answer, expected: &str) -> Error {
    let kind = match answer.data {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    let mut error = Error::new(
        Kind::Contradictory,
        format!("the service reports success, but Data is {kind} instead of {expected}"),
    )
    .during(operation.name, operation.ram_action());
    error.request_id.clone_from(&answer.request_id);
    error.http_status = Some(200);
    error.date = answer.date;
    error.processed = Processed::Unknown;
    error.attempts = 1;
    error
}
