//! Flags to the emulator, its programs and its witness. Nothing else.

use std::io::{self, Write, stderr, stdout};
use std::process::ExitCode;

use aiccs_emulator::{Command, parse, run, serve, witness};

fn main() -> ExitCode {
    match parse(std::env::args().skip(1)) {
        Ok(Command::Say(text)) => tell(stdout(), &text, ExitCode::SUCCESS),
        Ok(command) => match begin(command) {
            Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
            Err(error) => tell(stderr(), &format!("aiccs-emulator: {error}"), ExitCode::FAILURE),
        },
        Err(error) => tell(stderr(), &format!("aiccs-emulator: {error}"), ExitCode::from(2)),
    }
}

fn begin(command: Command) -> io::Result<i32> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Say(_) => Ok(0),
            Command::Serve(options) => serve(*options).await.map(|()| 0),
            Command::Run(options, program) => run(*options, program).await,
            Command::Witness(options) => {
                let report = witness::run(*options).await?;
                let task = report.task.as_deref().unwrap_or("none");
                let name = report.retired.as_deref().unwrap_or("could not be renamed");
                tell(
                    stderr(),
                    &format!("the task it made: {task}, now: {name}"),
                    ExitCode::SUCCESS,
                );
                tell(stdout(), &report.to_string(), ExitCode::SUCCESS);
                Ok(0)
            }
        }
    })
}

/// A closed pipe is nobody to tell.
fn tell(mut to: impl Write, text: &str, code: ExitCode) -> ExitCode {
    let _closed = writeln!(to, "{text}");
    code
}
