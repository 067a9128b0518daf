//! The state file: a log of JSON lines, one for each answer that changed something, after a snapshot of everything before.
//! A line is written before its answer leaves; a line that was cut off belongs to no answer and is left out.
//! It must not know what the lines say.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// An open state file.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: File,
    /// Bytes that were written in full.
    length: u64,
    /// Bytes of it that later lines have overtaken, at most.
    overtaken: u64,
}

/// What is read at the start.
pub(super) enum Found {
    /// One line of the log, in order.
    Line(Value),
    /// A file of the first form, whole: one JSON object.
    Whole(String),
}

/// How much may be overtaken before a snapshot is due, whatever the size.
const SLACK: u64 = 4 << 20;

impl Log {
    /// Opens or makes the file, and hands on what it holds.
    pub(super) fn open(
        path: &Path,
        mut take: impl FnMut(Found) -> io::Result<()>,
    ) -> io::Result<Self> {
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let file = options().open(path).map_err(named)?;
        alone(&file).map_err(named)?;
        let mut log = Self { path: path.to_owned(), file, length: 0, overtaken: 0 };
        let mut reader = BufReader::with_capacity(1 << 20, log.file.try_clone().map_err(named)?);
        let (mut line, mut number) = (Vec::new(), 0);
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line).map_err(named)?;
            number += 1;
            if number == 1 && length > 0 && !line.starts_with(HEAD.as_bytes()) {
                take(Found::Whole(fs::read_to_string(path).map_err(named)?)).map_err(named)?;
                log.overtaken = u64::MAX;
                return Ok(log);
            }
            // The end, or a line that was cut off while it was written.
            if line.last() != Some(&b'\n') {
                break;
            }
            let value = serde_json::from_slice(&line).map_err(|error| {
                named(io::Error::other(format!("line {number} is not of a state file: {error}")))
            })?;
            take(Found::Line(value)).map_err(named)?;
            log.length += u64::try_from(length).unwrap_or(u64::MAX);
        }
        log.file.set_len(log.length).map_err(named)?;
        log.file.seek(SeekFrom::End(0)).map_err(named)?;
        Ok(log)
    }

    /// Writes one line. `overtakes`: whether older lines say something else about the same things.
    pub(super) fn append(&mut self, line: &Value, overtakes: bool) -> io::Result<()> {
        // Whoever has removed the file sees it again with the next snapshot.
        fs::metadata(&self.path)?;
        let mut text = line.to_string();
        text.push('\n');
        if let Err(error) = self.file.write_all(text.as_bytes()) {
            // Half a line may be there: the next one must not follow it.
            self.file.set_len(self.length)?;
            self.file.seek(SeekFrom::End(0))?;
            return Err(error);
        }
        let written = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.length += written;
        if overtakes {
            self.overtaken = self.overtaken.saturating_add(written);
        }
        Ok(())
    }

    /// Whether most of the file is overtaken, or it is of the first form or gone.
    pub(super) fn wants_snapshot(&self) -> bool {
        let rest = self.length.saturating_sub(self.overtaken);
        self.length == 0 || self.overtaken > SLACK.max(rest) || !self.path.exists()
    }

    /// Replaces the file at once: beside it, then by a rename.
    pub(super) fn snapshot(&mut self, lines: impl Iterator<Item = Value>) -> io::Result<()> {
        let temporary = self.path.with_extension(format!("{}.tmp", std::process::id()));
        let mut file = options().truncate(true).open(&temporary)?;
        let written = write(&mut file, lines).and_then(|length| {
            alone(&file)?;
            fs::rename(&temporary, &self.path).map(|()| length)
        });
        match written {
            Ok(length) => {
                *self = Self { path: self.path.clone(), file, length, overtaken: 0 };
                Ok(())
            }
            Err(error) => {
                let _gone = fs::remove_file(&temporary);
                Err(error)
            }
        }
    }
}

/// How the first line of a log begins.
pub(super) const HEAD: &str = r#"{"aiccs_emulator_state":"#;

fn write(file: &mut File, lines: impl Iterator<Item = Value>) -> io::Result<u64> {
    let mut length = 0;
    let mut writer = io::BufWriter::with_capacity(1 << 20, &mut *file);
    for line in lines {
        let mut text = line.to_string();
        text.push('\n');
        length += u64::try_from(text.len()).unwrap_or(u64::MAX);
        writer.write_all(text.as_bytes())?;
    }
    writer.flush()?;
    drop(writer);
    file.sync_all()?;
    Ok(length)
}

/// A child of this process that is just being started holds the file, too: so the lock is given up, and not only the file.
impl Drop for Log {
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

fn options() -> fs::OpenOptions {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    options
}

/// Two emulators that write one file would spoil it. The lock ends with the process, however that ends.
#[cfg(unix)]
fn alone(file: &File) -> io::Result<()> {
    file.try_lock().map_err(|_| io::Error::other("another emulator keeps its state in this file"))
}

/// Where locks are mandatory, nobody could read the file.
#[cfg(not(unix))]
fn alone(_file: &File) -> io::Result<()> {
    Ok(())
}
