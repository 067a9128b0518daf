//! `call_windows`: windows of the day in one text, as people write them.

use terraform_plugin::diagnostic::{Diagnostics, Severity};
use terraform_plugin::driver::{Function, Parameter, Refusal, Signature};
use terraform_plugin::path::Path;
use terraform_plugin::schema::{Nesting, Type};
use terraform_plugin::value::Value;

use super::refuse;
use crate::task::windows;

static SIGNATURE: Signature = Signature::new(
    "call_windows",
    "Windows of the day in one text, as `call_time` takes them.",
    &[Parameter::new(
"windows",
Type::String,
"Windows, separated by commas; each a start and an end, `HH:MM` or `HH:MM:SS`, with a hyphen between.",
)],
    Type::Objects(Nesting::Set, windows::WINDOW),
)
.doc(
    "Turns windows such as `09:00-12:00,13:30-18:00` into a set of `{ start_time, end_time }`, as `call_time` and \
          `callable_time` take it.",
);

/// The function.
#[derive(Debug)]
pub(crate) struct CallWindows;

impl Function for CallWindows {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, Refusal> {
        let text = arguments.first().and_then(Value::as_str).unwrap_or_default();
        let mut elements = Vec::new();
        for part in text.split(',').map(str::trim) {
            let window = part.split_once(['-', '–']).and_then(|(start, end)| {
                let time = |text: &str| windows::clock_of(text.trim()).map(Value::string);
                Some(Value::object([("start_time", time(start)?), ("end_time", time(end)?)]))
            });
            match window {
                Some(window) => elements.push(window),
                None => {
                    return refuse(
                        0,
                        format!(
                            "{part:?} is no window. Write a start and an end with a hyphen between, such as \
                             \"09:00-12:00\", and commas between windows."
                        ),
                    );
                }
            }
        }
        let set = Value::set(elements.clone());
        let mut told = Diagnostics::new();
        windows::check(&Value::List(elements), &Path::root("windows"), &mut told);
        match told.into_iter().find(|told| told.severity == Severity::Error) {
            Some(error) => refuse(0, error.detail),
            None => Ok(set),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CallWindows;
    use terraform_plugin::driver::Function;
    use terraform_plugin::value::Value;

    #[test]
    fn windows_are_read_as_people_write_them() {
        let window = |start: &str, end: &str| {
            Value::object([("start_time", Value::string(start)), ("end_time", Value::string(end))])
        };
        let expected =
            Value::set(vec![window("09:00:00", "12:00:00"), window("13:30:00", "18:00:00")]);
        for text in ["09:00-12:00,13:30-18:00", " 13:30:00 - 18:00 , 9:00-12:00"] {
            assert_eq!(CallWindows.call(&[Value::string(text)]), Ok(expected.clone()));
        }
        for text in [
            "",
            "9-12",
            "09:00",
            "12:00-09:00",
            "09:00-25:00",
            "09:00-10:00,",
            "09:00-10:00,9:00-10:00:00",
        ] {
            assert_eq!(
                CallWindows.call(&[Value::string(text)]).map_err(|refusal| refusal.argument),
                Err(Some(0)),
                "{text}"
            );
        }
    }
}
