//! Lists that come in pages: bounded, read whole or not at all, each item once. Knows no operation by name.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::client::{Answer, Client, Operation, Parameters, Wait};
use super::envelope;
use super::error::{Error, Kind, Processed};
use super::redact;
use super::side_by_side::side_by_side;

/// The page size of every query that is paged; the service's maximum is not published.
pub const PAGE_SIZE: usize = 50;

/// A query over more pages than this fails instead of looping.
pub const MOST_PAGES: usize = 1000;

/// So too one over more items.
const MOST_ITEMS: usize = 50_000;

/// So too one of more bytes: more than that Terraform takes from no provider.
pub const MOST_BYTES: usize = 48 * 1024 * 1024;

/// So many pages are asked for side by side, once the first one has told how many there are.
const AHEAD: usize = 8;

/// Of pages side by side none is longer than this, in bytes: all of them are held at once. Where one is, they are asked for one
/// after the other.
const LONGEST_AHEAD: usize = 1024 * 1024;

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
    /// The page size and the total of the last page.
    extent: Option<(usize, usize)>,
    /// One page after the other: they are long.
    alone: bool,
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
            extent: None,
            alone: false,
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

    /// Hands over the items of one page after the other; where the total is known, the pages are asked for side by side.
    ///
    /// # Errors
    /// The list goes beyond its bounds or does not hold what it promises, or a query fails.
    pub async fn each(mut self, mut take: impl FnMut(Vec<Value>)) -> Result<(), Error> {
        let mut left = self.most.unwrap_or(usize::MAX);
        while left > 0 && !self.ended {
            let window = self.window(left);
            let mut wait = self.wait.clone();
            wait.longest = (window.len() > 1).then_some(LONGEST_AHEAD);
            let asked = side_by_side(window.map(|number| self.ask(number, &wait))).await;
            for answer in asked {
                if wait.longest.is_some()
                    && answer.as_ref().is_err_and(|error| error.kind == Kind::TooLong)
                {
                    self.alone = true;
                    break;
                }
                // What comes behind the end was asked for in vain.
                if self.ended || left == 0 {
                    break;
                }
                let new = self.number + 1;
                let mut items =
                    answer.and_then(|answer| self.page(answer)).map_err(|e| self.told(e))?;
                items.truncate(left);
                left -= items.len();
                take(items);
                // The list is read anew from its start.
                if self.number != new {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The next pages that are surely there.
    fn window(&self, left: usize) -> std::ops::Range<usize> {
        let next = self.number + 1;
        let (Some((size, total)), true) = (self.extent, self.number > 0 && !self.alone) else {
            return next..next + 1;
        };
        let wanted = self.number.saturating_mul(size).saturating_add(left);
        let pages = total.min(wanted).div_ceil(size);
        let most = self.number + AHEAD.min(self.most_pages().saturating_sub(self.asked));
        next..pages.min(most).max(next) + 1
    }

    /// The items of the next page that no earlier page had; `None` at the end.
    ///
    /// # Errors
    /// As [`Pages::each`].
    pub async fn next(&mut self) -> Result<Option<Vec<Value>>, Error> {
        if self.ended {
            return Ok(None);
        }
        let answer = self.ask(self.number + 1, self.wait).await;
        answer.and_then(|answer| self.page(answer)).map(Some).map_err(|error| self.told(error))
    }

    fn told(&self, error: Error) -> Error {
        if self.about_callees { masked(error) } else { error }
    }

    async fn ask(&self, number: usize, wait: &Wait) -> Result<Answer, Error> {
        if self.asked >= self.most_pages() {
            return Err(self.too_long(self.most_pages()));
        }
        self.client.call(self.operation, self.parameters(number), wait).await
    }

    fn most_pages(&self) -> usize {
        self.most.map_or(MOST_PAGES, |most| MOST_PAGES.max(2 * most / PAGE_SIZE))
    }

    /// The new items of the next page.
    fn page(&mut self, mut answer: Answer) -> Result<Vec<Value>, Error> {
        let operation = self.operation;
        self.number += 1;
        self.asked += 1;
        let page =
            page_of(&answer, self.form).ok_or_else(|| no_page(operation, &answer, self.form))?;
        let (size, total, shown) = (page.size, page.total, page.items.len());
        self.extent = total.map(|total| (size, total));
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
            return Err(self.too_long(self.most_pages()));
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
        Ok(new)
    }

    fn parameters(&self, number: usize) -> Parameters {
        let parameters = self.filters.clone();
        match self.form.pager {
            // As the official SDK writes it.
            Some(name) => {
                let pager = format!(r#"{{"PageIndex":{},"PageSize":{PAGE_SIZE}}}"#, number);
                parameters.with(name, pager)
            }
            None => parameters
                .with("PageNo", number.to_string())
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
