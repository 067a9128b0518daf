//! The callees of one task, in columns: a million rows are scanned in milliseconds and stay small.
//! Under the names of `QueryAiCallDetailPage`; what has no column is kept as JSON text.
//! It must not know requests, files or the task itself.

use serde_json::Value;

use super::contract::callees::CALL_RESULTS;
use super::object::Object;
use super::windows::midnight;

/// One task's callees, in the order of their ids.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    ids: Vec<i64>,
    /// `Status`; [`i32::MIN`] where it is no such number.
    status: Vec<i32>,
    /// `BatchId`; 0 where there is none, or another text.
    batch: Vec<i64>,
    imported: Vec<i64>,
    /// `CallingTime`; 0 before the call.
    called: Vec<i64>,
    /// `ConversationDuration`; -1 before the call.
    seconds: Vec<i32>,
    /// `CallResult` as its place in [`CALL_RESULTS`], from 1.
    result: Vec<u8>,
    encryption: Vec<u8>,
    number: Vec<Box<str>>,
    out_id: Vec<Box<str>>,
    /// Of both texts: a text is read where its hash fits.
    hashes: Vec<(u32, u32)>,
    /// The other members as a JSON object, or nothing.
    more: Vec<Box<str>>,
}

/// What a row is looked for by; a part that is left out matches every row.
#[derive(Debug, Default)]
pub(super) struct Wanted<'a> {
    /// From and to, inclusive.
    pub(super) status: Option<(i64, i64)>,
    pub(super) batch: Option<&'a str>,
    pub(super) number: Option<&'a str>,
    pub(super) out_id: Option<&'a str>,
    pub(super) result: Option<&'a str>,
    pub(super) intent: Option<&'a str>,
    pub(super) ids: Option<Vec<i64>>,
    pub(super) imported: Span,
    pub(super) called: Span,
    pub(super) seconds: Span,
}

/// A time or a length, from and to; inclusive.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    pub(super) from: Option<i64>,
    pub(super) to: Option<i64>,
}

/// What the counters of a task are made of.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figures {
    pub(super) total: usize,
    pub(super) calling: usize,
    pub(super) succeeded: usize,
    pub(super) failed: usize,
    pub(super) imported_since: usize,
    pub(super) called_since: usize,
}

impl Sheet {
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn id(&self, row: usize) -> Option<i64> {
        self.ids.get(row).copied()
    }

    /// The row of a detail id.
    pub(super) fn row(&self, id: i64) -> Option<usize> {
        self.ids.binary_search(&id).ok()
    }

    pub(super) fn status(&self, row: usize) -> Option<i64> {
        self.status.get(row).filter(|status| **status != i32::MIN).map(|status| i64::from(*status))
    }

    pub(super) fn number(&self, row: usize) -> &str {
        self.number.get(row).map_or("", |number| number)
    }

    /// The row as its members.
    pub(super) fn get(&self, row: usize) -> Option<Object> {
        let id = self.id(row)?;
        let mut members: Object = match self.more.get(row).map(|more| &**more) {
            None | Some("") => Object::new(),
            Some(more) => serde_json::from_str(more).unwrap_or_default(),
        };
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                members.entry(name).or_insert(value);
            }
        };
        let text = |column: &Vec<Box<str>>| {
            column.get(row).filter(|text| !text.is_empty()).map(|text| Value::from(&**text))
        };
        let known = |value: i64, none: i64| (value != none).then(|| Value::from(value));
        put("DetailId", Some(id.to_string().into()));
        put("Status", self.status(row).map(Value::from));
        let batch = self.batch.get(row).filter(|batch| **batch != 0);
        put("BatchId", batch.map(|batch| batch.to_string().into()));
        put("ImportedTime", self.imported.get(row).and_then(|time| known(*time, 0)));
        put("CallingTime", self.called.get(row).and_then(|time| known(*time, 0)));
        put("ConversationDuration", self.seconds.get(row).and_then(|it| known((*it).into(), -1)));
        put("CallResult", self.result.get(row).and_then(|it| word(*it)).map(Value::from));
        put("EncryptionType", self.encryption.get(row).map(|it| Value::from(*it)));
        put("CalledNumber", text(&self.number));
        put("OutId", text(&self.out_id));
        Some(members)
    }

    /// Adds a row, or replaces the one of this id.
    pub(super) fn put(&mut self, id: i64, members: Object) {
        let row = Row::of(members);
        match self.ids.binary_search(&id) {
            Ok(at) => {
                set(&mut self.status, at, row.status);
                set(&mut self.batch, at, row.batch);
                set(&mut self.imported, at, row.imported);
                set(&mut self.called, at, row.called);
                set(&mut self.seconds, at, row.seconds);
                set(&mut self.result, at, row.result);
                set(&mut self.encryption, at, row.encryption);
                set(&mut self.hashes, at, (hash(&row.number), hash(&row.out_id)));
                set(&mut self.number, at, row.number);
                set(&mut self.out_id, at, row.out_id);
                set(&mut self.more, at, row.more);
            }
            Err(at) => {
                self.ids.insert(at, id);
                self.status.insert(at, row.status);
                self.batch.insert(at, row.batch);
                self.imported.insert(at, row.imported);
                self.called.insert(at, row.called);
                self.seconds.insert(at, row.seconds);
                self.result.insert(at, row.result);
                self.encryption.insert(at, row.encryption);
                self.hashes.insert(at, (hash(&row.number), hash(&row.out_id)));
                self.number.insert(at, row.number);
                self.out_id.insert(at, row.out_id);
                self.more.insert(at, row.more);
            }
        }
    }

    /// The rows of the last calls, newest first, at most so many.
    pub(super) fn last_called(&self, most: usize) -> Vec<usize> {
        let mut newest = std::collections::BinaryHeap::new();
        for (row, called) in self.called.iter().enumerate().filter(|(_, called)| **called != 0) {
            newest.push(std::cmp::Reverse((*called, row)));
            if newest.len() > most {
                newest.pop();
            }
        }
        newest.into_sorted_vec().into_iter().map(|call| call.0.1).collect()
    }

    /// The rows that match.
    pub(super) fn find<'a>(
        &'a self,
        wanted: &'a Wanted<'a>,
    ) -> Box<dyn Iterator<Item = usize> + 'a> {
        let hashed = |text: Option<&'a str>| text.map(|text| (hash(text), text));
        let (batch, number, out_id) =
            (wanted.batch.map(Batch::of), hashed(wanted.number), hashed(wanted.out_id));
        let same = |hash: Option<u32>, text: Option<&Box<str>>, wanted: Option<(u32, &str)>| {
            wanted.is_none_or(|(expected, wanted)| {
                hash == Some(expected) && text.is_some_and(|text| **text == *wanted)
            })
        };
        let matches = move |row: &usize| {
            let hashes = self.hashes.get(*row);
            self.fits(*row, wanted)
                && batch.is_none_or(|batch| self.is_batch(*row, batch))
                && same(hashes.map(|it| it.0), self.number.get(*row), number)
                && same(hashes.map(|it| it.1), self.out_id.get(*row), out_id)
                && wanted.result.is_none_or(|result| self.member(*row, "CallResult", result))
                && wanted.intent.is_none_or(|intent| self.member(*row, "MajorIntent", intent))
        };
        match &wanted.ids {
            None => Box::new((0..self.len()).filter(matches)),
            Some(ids) => {
                let mut rows: Vec<usize> = ids.iter().filter_map(|id| self.row(*id)).collect();
                rows.sort_unstable();
                rows.dedup();
                Box::new(rows.into_iter().filter(matches))
            }
        }
    }

    /// What is told by numbers alone.
    fn fits(&self, row: usize, wanted: &Wanted<'_>) -> bool {
        let status = || self.status.get(row).map_or(i64::from(i32::MIN), |it| i64::from(*it));
        wanted.status.is_none_or(|(from, to)| (from..=to).contains(&status()))
            && wanted.imported.holds(self.imported.get(row).copied(), 0, true)
            && wanted.called.holds(self.called.get(row).copied(), 0, false)
            && wanted.seconds.holds(self.seconds.get(row).map(|it| i64::from(*it)), -1, false)
    }

    /// The rows of a batch.
    pub(super) fn of_batch<'a>(&'a self, batch: &'a str) -> impl Iterator<Item = usize> + 'a {
        let batch = Batch::of(batch);
        (0..self.len()).filter(move |row| self.is_batch(*row, batch))
    }

    fn is_batch(&self, row: usize, batch: Batch<'_>) -> bool {
        match batch {
            Batch::Number(number) => self.batch.get(row) == Some(&number),
            Batch::Text(text) => self.member(row, "BatchId", text),
        }
    }

    /// A member by its text; only rows that can have it are read whole.
    fn member(&self, row: usize, name: &str, text: &str) -> bool {
        if name == "CallResult" && place(text) != 0 {
            return self.result.get(row) == Some(&place(text));
        }
        let written = self.more.get(row).is_some_and(|more| more.contains(name));
        let whole = || self.get(row).unwrap_or_default();
        written && whole().get(name).and_then(Value::as_str) == Some(text)
    }

    /// Counters and rates as a page of tasks shows them.
    pub(super) fn counters(&self, now: i64) -> Object {
        let figures = self.figures(midnight(now));
        let percent = |part: usize, whole: usize| {
            let hundredths = (part * 10_000).checked_div(whole).unwrap_or(0);
            format!("{}.{:02}%", hundredths / 100, hundredths % 100)
        };
        let called = figures.succeeded + figures.failed;
        let complete = (called * 100).checked_div(figures.total).unwrap_or(0);
        let rate = percent(figures.succeeded, called);
        let named: [(&str, Value); 10] = [
            ("TotalCount", figures.total.into()),
            ("TotalCallCount", called.into()),
            ("DayCallCount", figures.called_since.into()),
            ("DayImportCount", figures.imported_since.into()),
            ("CallingCount", figures.calling.into()),
            ("SucceedCount", figures.succeeded.into()),
            ("FailedCount", figures.failed.into()),
            ("CompleteRate", format!("{complete}%").into()),
            ("HistoryConnectRate", rate.as_str().into()),
            ("DayConnectRate", rate.as_str().into()),
        ];
        named.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// `since` is the beginning of the day.
    pub(super) fn figures(&self, since: i64) -> Figures {
        let count = |column: &[i64]| column.iter().filter(|time| **time >= since).count();
        let states = |state: i32| self.status.iter().filter(|it| **it == state).count();
        Figures {
            total: self.len(),
            imported_since: count(&self.imported),
            called_since: count(&self.called),
            calling: states(3),
            succeeded: states(4),
            failed: states(5),
        }
    }
}

impl Span {
    /// `none` stands for no value; whether such a row is `held` by every span is the caller's to say.
    fn holds(self, value: Option<i64>, none: i64, held: bool) -> bool {
        match (self.from, self.to) {
            (None, None) => true,
            (from, to) => match value.filter(|value| *value != none) {
                None => held && from.is_none(),
                Some(value) => {
                    from.is_none_or(|from| value >= from) && to.is_none_or(|to| value <= to)
                }
            },
        }
    }
}

/// A row as its columns.
struct Row {
    status: i32,
    batch: i64,
    imported: i64,
    called: i64,
    seconds: i32,
    result: u8,
    encryption: u8,
    number: Box<str>,
    out_id: Box<str>,
    more: Box<str>,
}

impl Row {
    /// What a column cannot hold exactly stays among the other members, which win.
    fn of(mut members: Object) -> Self {
        members.remove("DetailId");
        members.remove("TaskId");
        let mut integer = |name: &str, fits: &dyn Fn(i64) -> bool| {
            let value = members.get(name).and_then(Value::as_i64).filter(|value| fits(*value));
            value.inspect(|_| drop(members.remove(name)))
        };
        let status = integer("Status", &|it| i32::try_from(it).is_ok_and(|it| it != i32::MIN));
        let imported = integer("ImportedTime", &|it| it != 0);
        let called = integer("CallingTime", &|it| it != 0);
        let seconds =
            integer("ConversationDuration", &|it| i32::try_from(it).is_ok_and(|it| it != -1));
        let encryption = integer("EncryptionType", &|it| u8::try_from(it).is_ok());
        let mut text = |name: &str, fits: &dyn Fn(&str) -> bool| {
            let value = members.get(name).and_then(Value::as_str).filter(|text| fits(text));
            let value = value.map(Box::<str>::from);
            value.inspect(|_| drop(members.remove(name)))
        };
        let batch = text("BatchId", &|text| exact(text).is_some());
        let result = text("CallResult", &|text| place(text) != 0);
        let number = text("CalledNumber", &|text| !text.is_empty());
        let out_id = text("OutId", &|text| !text.is_empty());
        let small = |value: Option<i64>, none: i32| {
            value.and_then(|value| i32::try_from(value).ok()).unwrap_or(none)
        };
        Self {
            status: small(status, i32::MIN),
            batch: batch.and_then(|text| exact(&text)).unwrap_or(0),
            imported: imported.unwrap_or(0),
            called: called.unwrap_or(0),
            seconds: small(seconds, -1),
            result: result.map_or(0, |text| place(&text)),
            encryption: encryption.and_then(|it| u8::try_from(it).ok()).unwrap_or(0),
            number: number.unwrap_or_default(),
            out_id: out_id.unwrap_or_default(),
            more: if members.is_empty() {
                Box::default()
            } else {
                Value::Object(members).to_string().into()
            },
        }
    }
}

/// A batch id: a number in its column, any other text beside it.
#[derive(Clone, Copy)]
enum Batch<'a> {
    Number(i64),
    Text(&'a str),
}

impl<'a> Batch<'a> {
    fn of(text: &'a str) -> Self {
        exact(text).map_or(Self::Text(text), Self::Number)
    }
}

/// FNV-1a: short texts, and nobody chooses them to harm.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// A number that is written as exactly this text.
fn exact(text: &str) -> Option<i64> {
    text.parse::<i64>().ok().filter(|number| *number != 0 && number.to_string() == text)
}

fn set<T>(column: &mut [T], row: usize, value: T) {
    if let Some(place) = column.get_mut(row) {
        *place = value;
    }
}

fn place(result: &str) -> u8 {
    let at = CALL_RESULTS.iter().position(|word| *word == result);
    at.and_then(|at| u8::try_from(at + 1).ok()).unwrap_or(0)
}

fn word(place: u8) -> Option<&'static str> {
    CALL_RESULTS.get(usize::from(place).checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn members(value: &Value) -> Object {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_row_is_what_was_put_whatever_it_holds() {
        let rows = [
            json!({}),
            json!({ "Status": 0, "BatchId": "123000000000000001", "ImportedTime": 1, "EncryptionType": 0,
                "CalledNumber": "1", "OutId": "o", "Variables": { "name": "汤姆" } }),
            json!({ "Status": 99, "CallResult": "ANSWERED", "CallingTime": 5, "ConversationDuration": 61, "EncryptionType": 3 }),
            json!({ "Status": 5_000_000_000_i64, "CallResult": "还没有", "BatchId": "B2026-1", "ImportedTime": 0,
                "CallingTime": 0, "ConversationDuration": -1, "EncryptionType": 300, "CalledNumber": "", "OutId": "" }),
            json!({ "BatchId": "007", "MajorIntent": "yes", "VersionNo": 3 }),
        ];
        let mut sheet = Sheet::default();
        // Not in their order, and one of them twice.
        for id in [3, 0, 4, 1, 2, 3] {
            let row = usize::try_from(id).unwrap();
            sheet.put(id, members(&rows[row]));
        }
        assert_eq!(sheet.len(), rows.len());
        for (row, value) in rows.iter().enumerate() {
            let mut expected = members(value);
            expected.insert("DetailId".to_owned(), row.to_string().into());
            expected.entry("EncryptionType").or_insert(0.into());
            assert_eq!(sheet.get(row), Some(expected), "{row}");
        }
    }

    #[test]
    fn rows_are_found_by_every_part() {
        let mut sheet = Sheet::default();
        for id in 1..=5 {
            let row = json!({ "Status": id, "BatchId": format!("{}", 10 + id % 2), "ImportedTime": id * 10,
                "CalledNumber": format!("{id}"), "OutId": format!("o{id}"), "MajorIntent": format!("i{id}") });
            sheet.put(id, members(&row));
        }
        sheet.put(
            6,
            members(
                &json!({ "Status": 4, "BatchId": "B", "CallResult": "ANSWERED", "CallingTime": 7,
            "ConversationDuration": 60 }),
            ),
        );
        let check = |wanted: &Wanted<'_>, rows: &[usize]| {
            assert_eq!(sheet.find(wanted).collect::<Vec<_>>(), rows, "{wanted:?}");
        };
        let span = |from, to| Span { from, to };
        check(&Wanted { status: Some((2, 3)), ..Wanted::default() }, &[1, 2]);
        check(&Wanted { batch: Some("11"), ..Wanted::default() }, &[0, 2, 4]);
        check(&Wanted { batch: Some("B"), ..Wanted::default() }, &[5]);
        check(&Wanted { number: Some("3"), ..Wanted::default() }, &[2]);
        check(&Wanted { out_id: Some("o4"), ..Wanted::default() }, &[3]);
        check(&Wanted { intent: Some("i5"), ..Wanted::default() }, &[4]);
        check(&Wanted { result: Some("ANSWERED"), ..Wanted::default() }, &[5]);
        check(&Wanted { result: Some("CANCEL"), ..Wanted::default() }, &[]);
        check(&Wanted { ids: Some(vec![4, 2, 4, 9]), ..Wanted::default() }, &[1, 3]);
        check(&Wanted { imported: span(Some(20), Some(30)), ..Wanted::default() }, &[1, 2]);
        check(&Wanted { imported: span(None, Some(20)), ..Wanted::default() }, &[0, 1, 5]);
        check(&Wanted { called: span(Some(1), None), ..Wanted::default() }, &[5]);
        check(&Wanted { seconds: span(None, Some(60)), ..Wanted::default() }, &[5]);
        let figures = sheet.figures(20);
        assert_eq!((figures.total, figures.imported_since, figures.called_since), (6, 4, 0));
        assert_eq!((figures.calling, figures.succeeded, figures.failed), (1, 2, 1));
    }
}
