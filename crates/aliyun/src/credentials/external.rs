//! An external program that prints credentials as JSON. No shell: the command line is split by a shell's rules.
//! Neither its output nor its complaints are shown: they may hold secrets.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::envelope::text;
use crate::environment::{Environment, expand};
use crate::error::{Error, Kind};
use crate::key::{Credentials, Secret};
use crate::strict;
use crate::text::word;

/// As the official SDK: 60 s.
const LIMIT: Duration = Duration::from_secs(60);

/// What the program of `process_command` prints.
pub(super) async fn fetch(command: &str, outside: &dyn Environment) -> Result<Credentials, Error> {
    let wrong = |why: &str| Error::new(Kind::NoCredentials, format!("process_command {why}"));
    let words = split(command).ok_or_else(|| wrong("has an open quote"))?;
    let (program, arguments) = words.split_first().ok_or_else(|| wrong("is empty"))?;
    // The arguments may hold secrets.
    let shown = word(program);
    let wrong = |why: &str| {
        Error::new(Kind::NoCredentials, format!("process_command: the program {shown} {why}"))
    };
    let program = expand(program, outside);
    let program = program.to_string_lossy();
    let finished = outside.run(&program, arguments, LIMIT).await.map_err(|error| {
        let kind = error.kind();
        if kind == std::io::ErrorKind::NotFound {
            wrong("is not there")
        } else if kind == std::io::ErrorKind::TimedOut {
            wrong("did not finish within 60 s")
        } else {
            wrong(&format!("could not be run: {kind}"))
        }
    })?;
    match finished.status {
        Some(0) => {}
        Some(status) => return Err(wrong(&format!("ended with exit status {status}"))),
        None => return Err(wrong("was ended by a signal")),
    }
    match strict::parse(&finished.output) {
        Ok(Value::Object(members)) => read(&members).map_err(|why| wrong(&why)),
        Ok(_) | Err(_) => Err(wrong("printed something else than JSON")),
    }
}

fn read(members: &Map<String, Value>) -> Result<Credentials, String> {
    let member = |name: &str| text(members, name).ok_or_else(|| format!("printed no {name}"));
    let token = text(members, "sts_token");
    if token.is_none() && text(members, "mode").as_deref() == Some("StsToken") {
        return Err("printed the mode StsToken, but no sts_token".to_owned());
    }
    Ok(Credentials {
        access_key_id: member("access_key_id")?,
        access_key_secret: Secret::new(member("access_key_secret")?),
        security_token: token.map(Secret::new),
        expires: text(members, "expiration").and_then(|time| time.parse().ok()),
    })
}

/// The words of a command line: spaces part them, quotes keep them together, a backslash keeps the next character (within
/// double quotes only before `"` and `\`). None: a quote stays open.
fn split(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = command.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        '\'' => break,
                        inside => word.push(inside),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        '"' => break,
                        '\\' if matches!(characters.peek(), Some('"' | '\\')) => {
                            word.push(characters.next()?)
                        }
                        inside => word.push(inside),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(characters.next()?),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_split_by_a_shells_rules() {
        let check = |command: &str, expected: Option<&[&str]>| {
            let words = split(command);
            assert_eq!(
                words.as_ref().map(|words| words.iter().map(String::as_str).collect()),
                expected.map(<[&str]>::to_vec)
            );
        };
        check("a  b\tc", Some(&["a", "b", "c"]));
        check(r#"a 'b c' "d \"e\" \n" f\ g"#, Some(&["a", "b c", r#"d "e" \n"#, "f g"]));
        check("a'b'\"c\" ''", Some(&["abc", ""]));
        check("", Some(&[]));
        check("a 'b", None);
        check("a \"b", None);
        check("a\\", None);
    }
}
