//! `callees`: a list of callees as spreadsheets write it, as the list that `callees_wo` takes.

use std::collections::{BTreeMap, HashSet};

use csv::{ReaderBuilder, StringRecord, Trim};
use terraform_plugin::driver::{Function, Parameter, Refusal, Signature};
use terraform_plugin::schema::{Nesting, Type};
use terraform_plugin::value::Value;

use super::refuse;
use crate::resources::callee_batch::number::{bare, doubt, is_invisible};
use crate::resources::callee_batch::table::CALLEE;

/// Headings of the telephone number, and of the own id; case does not count.
const NUMBER: [&str; 6] = ["number", "phone", "手机号", "手机号码", "电话", "号码"];
const OUT_ID: [&str; 3] = ["out_id", "外部编号", "业务编号"];

static SIGNATURE: Signature = Signature::new(
    "callees",
    "A CSV list of callees, as `callees_wo` takes it.",
    &[Parameter::new(
"csv",
Type::String,
"The text, with a header in its first line.",
)],
    Type::Objects(Nesting::List, CALLEE),
)
.doc(
    "Turns a CSV text with a header into a list of `{ number, out_id, variables }`, as `callees_wo` takes it. The column of \
          the number is called `number`, `phone`, `手机号`, `手机号码`, `电话` or `号码`, that of your own id `out_id`, `外部编号` or \
          `业务编号`; all other columns are variables. Columns are parted by commas, semicolons or tabs. A byte order mark, blanks \
          around cells, empty rows, and `+86`, `0086`, blanks and hyphens in numbers are removed; empty cells are left out. A file \
          in GBK comes in through `textdecodebase64(filebase64(\"callees.csv\"), \"GBK\")`.",
);

/// The function.
#[derive(Debug)]
pub(crate) struct Callees;

impl Function for Callees {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, Refusal> {
        let text = arguments.first().and_then(Value::as_str).unwrap_or_default();
        match read(text) {
            Ok(callees) => Ok(Value::List(callees)),
            Err(why) => refuse(0, why),
        }
    }
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq)]
enum Column {
    Number,
    OutId,
    Variable(String),
    /// Without a heading: its cells must be empty.
    Nameless,
}

fn read(text: &str) -> Result<Vec<Value>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter(text))
        .flexible(true)
        .has_headers(false)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let mut columns: Option<Vec<Column>> = None;
    let mut callees = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| "the text is no CSV".to_owned())?;
        if record.iter().all(|cell| seen(cell).is_empty()) {
            continue;
        }
        match &columns {
            None => columns = Some(header(text, &record)?),
            Some(columns) => callees.push(callee(text, columns, &record)?),
        }
    }
    match columns {
        Some(_) => Ok(callees),
        None => Err("the text is empty: its first line must be a header".to_owned()),
    }
}

/// What parts the columns: what the header has most of.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |delimiter: &u8| header.bytes().filter(|byte| byte == delimiter).count();
    // Of equals the last one counts: the comma.
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// A cell without what nobody sees.
fn seen(cell: &str) -> String {
    let text: String = cell.chars().filter(|letter| !is_invisible(*letter)).collect();
    text.trim().to_owned()
}

fn header(text: &str, record: &StringRecord) -> Result<Vec<Column>, String> {
    let column = |cell: &str| {
        let name = seen(cell);
        let is = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(&name));
        if is(&NUMBER) {
            Column::Number
        } else if is(&OUT_ID) {
            Column::OutId
        } else if name.is_empty() {
            Column::Nameless
        } else {
            Column::Variable(name)
        }
    };
    let columns: Vec<Column> = record.iter().map(column).collect();
    let count = |wanted: &Column| columns.iter().filter(|column| *column == wanted).count();
    if count(&Column::Number) == 0 {
        return Err(format!(
            "the header in line {} has no column for the telephone number: call it one of {}",
            line(text, record),
            NUMBER.join(", ")
        ));
    }
    let mut names = HashSet::new();
    let twice =
        columns.iter().find(|column| **column != Column::Nameless && !names.insert(told(column)));
    match twice {
        Some(column) => Err(format!(
            "the header in line {} has the column {} twice",
            line(text, record),
            told(column)
        )),
        None => Ok(columns),
    }
}

fn told(column: &Column) -> String {
    match column {
        Column::Number => "of the number".to_owned(),
        Column::OutId => "of the own id".to_owned(),
        Column::Variable(name) => format!("{name:?}"),
        Column::Nameless => "without a name".to_owned(),
    }
}

/// A row; an error names its line and never its number.
fn callee(text: &str, columns: &[Column], record: &StringRecord) -> Result<Value, String> {
    let (mut number, mut out_id, mut variables) = (Value::Null, Value::Null, BTreeMap::new());
    for (at, cell) in record.iter().enumerate() {
        let cell = seen(cell);
        if cell.is_empty() {
            continue;
        }
        match columns.get(at) {
            Some(Column::Number) => {
                number =
                    Value::string(one_number(&cell).map_err(|why| {
                        format!("line {}: the number has {why}", line(text, record))
                    })?)
            }
            Some(Column::OutId) => out_id = Value::string(cell),
            Some(Column::Variable(name)) => {
                variables.insert(name.clone(), Value::string(record[at].trim()));
            }
            Some(Column::Nameless) | None => {
                return Err(format!("line {}: cell {} has no heading", line(text, record), at + 1));
            }
        }
    }
    if number.is_null() {
        return Err(format!("line {}: there is no number", line(text, record)));
    }
    let variables = if variables.is_empty() { Value::Null } else { Value::Map(variables) };
    Ok(Value::object([("number", number), ("out_id", out_id), ("variables", variables)]))
}

/// The number as the service takes it, or a digest as it is.
fn one_number(cell: &str) -> Result<String, &'static str> {
    let number = bare(cell);
    let is_digest = [1, 2, 3].iter().any(|kind| doubt(&number, Some(*kind)).is_none());
    match doubt(&number, None) {
        Some(why) if !is_digest => Err(why),
        Some(_) | None => Ok(number),
    }
}

/// The line in which a record begins; empty ones before it are part of where the reader was.
fn line(text: &str, record: &StringRecord) -> usize {
    let at = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
    let rest = text.get(at..).unwrap_or_default();
    let before = at + rest.len() - rest.trim_start_matches(['\r', '\n']).len();
    1 + text.as_bytes()[..before].iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match read(text) {
            Ok(callees) => {
                let lines = callees.iter().map(|callee| {
                    let text = |name: &str| callee.get(name).as_str().unwrap_or("-").to_owned();
                    format!("{} {} {}", text("number"), text("out_id"), callee.get("variables"))
                });
                lines.collect::<Vec<_>>().join("; ")
            }
            Err(why) => format!("error: {why}"),
        }
    }

    #[test]
    fn what_spreadsheets_write_is_read() {
        let check = |text: &str, expected: &str| assert_eq!(shown(text), expected, "{text:?}");
        check("number\n13800001111\n", "13800001111 - null");
        check(
            "\u{feff}手机号,外部编号,name,date\r\n+86 138-0000-1111,a, 王小明 ,2026-12-01\r\n,,,\r\n0086 13900002222,,李,\r\n",
            "13800001111 a { date = \"2026-12-01\", name = \"王小明\" }; 13900002222 - { name = \"李\" }",
        );
        check("Phone;OUT_ID\n13800001111;7", "13800001111 7 null");
        check("电话\t业务编号\n13800001111\t7", "13800001111 7 null");
        check(
            "number,note\n\"13800001111\",\"a, \"\"b\"\"\nc\"",
            "13800001111 - { note = \"a, \\\"b\\\"\\nc\" }",
        );
        check("\n\nnumber\n\n13800001111\n\n", "13800001111 - null");
        check(
            "number\nd41d8cd98f00b204e9800998ecf8427e",
            "d41d8cd98f00b204e9800998ecf8427e - null",
        );
        check("number,\n13800001111,\n", "13800001111 - null");
        check("number\n", "");
    }

    #[test]
    fn a_bad_row_is_told_by_its_line_and_without_its_number() {
        let check = |text: &str, expected: &str| {
            let told = shown(text);
            assert!(told.starts_with(&format!("error: {expected}")), "{text:?}: {told}");
            assert!(!told.contains("1380000"), "{told}");
        };
        check("", "the text is empty");
        check("name\nx", "the header in line 1 has no column for the telephone number");
        check("number,phone\n1,2", "the header in line 1 has the column of the number twice");
        check("number,a,a\n1,2,3", "the header in line 1 has the column \"a\" twice");
        check("number,name\n13800001111,x\n,y\n", "line 3: there is no number");
        check("number\n\n1.38E+10", "line 3: the number has a number as spreadsheets round it");
        check(
            "number\n13800001111/13800002222",
            "line 2: the number has more than one number in it",
        );
        check("number\n13800001111,x", "line 2: cell 2 has no heading");
        check("number,\n13800001111,x", "line 2: cell 2 has no heading");
    }
}
