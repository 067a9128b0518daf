//! Flags to `emulator::serve`. Nothing else.

use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

use aiccs_emulator::{Command, Options, parse, serve};

fn main() -> ExitCode {
    match parse(std::env::args().skip(1)) {
        Ok(Command::Say(text)) => tell(stdout(), &text, ExitCode::SUCCESS),
        Ok(Command::Serve(options)) => match run(*options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => tell(stderr(), &format!("aiccs-emulator: {error}"), ExitCode::FAILURE),
        },
        Err(error) => tell(stderr(), &format!("aiccs-emulator: {error}"), ExitCode::from(2)),
    }
}

fn run(options: Options) -> std::io::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(options))
}

/// A closed pipe is nobody to tell.
fn tell(mut to: impl Write, text: &str, code: ExitCode) -> ExitCode {
    let _closed = writeln!(to, "{text}");
    code
}
