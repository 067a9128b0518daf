//! Panics: of a call, they end in a diagnostic and are only logged; of the process itself, the host finds them
//! on stderr by the word it looks for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use tracing::error;

/// The last panic and where it happened.
static LAST: Mutex<String> = Mutex::new(String::new());

/// Panics go to the log from now on: stderr belongs to it, and most of them end only one call.
pub(super) fn install() {
    std::panic::set_hook(Box::new(|info| {
        let text = info.to_string();
        error!(panic = %text, "a task panicked");
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }));
}

/// Runs the process. What panics here ends it: `panic: ` at the start of a line makes Terraform show the text.
pub(super) fn told<T>(run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        let last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        Err(format!(
            "panic: {}\n\nThe provider was lost; please report this.",
            last.replace('\n', " ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn only_the_loss_of_the_process_says_panic() {
        assert_eq!(told(|| Err::<(), _>("no socket".to_owned())), Err("no socket".to_owned()));
        let lost = told(|| -> Result<(), String> { std::panic::resume_unwind(Box::new("lost")) });
        assert!(lost.unwrap_err().starts_with("panic: "));
    }
}
