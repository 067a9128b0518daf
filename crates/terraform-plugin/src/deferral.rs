//! What is put off to a later run, where the host can do that, and what is said where it cannot.

use super::diagnostic::Diagnostics;
use super::driver::Deferral;
use super::engine::Answer;

/// The answer of a call that was put off for that reason, or was not.
pub(super) fn put_off(
    mut answer: Answer,
    reason: Option<Deferral>,
    allowed: bool,
    name: &str,
) -> Answer {
    match reason {
        Some(reason) if allowed => answer.deferred = Some(reason),
        Some(reason) => answer.diagnostics.extend(refused(reason, name)),
        None => {}
    }
    answer
}

/// What the user is told where nothing can be put off.
pub(super) fn refused(reason: Deferral, name: &str) -> Diagnostics {
    let mut out = Diagnostics::new();
    match reason {
        Deferral::ResourceConfigUnknown => out.error(
            "Configuration not known yet",
            format!(
                "`{name}` needs a value that is known only after an apply, and cannot be put off to a later run here. Apply \
                 first what that value comes from, with `-target=ADDRESS`, then everything."
            ),
        ),
        Deferral::ProviderConfigUnknown => out.error(
            "Provider configuration not known yet",
            format!(
                "The configuration of {name} holds a value that is known only after an apply, and nothing can be put off to a \
                 later run here. Apply first what that value comes from, with `-target=ADDRESS`, then everything."
            ),
        ),
        Deferral::AbsentPrerequisite => out.error(
            "Something is not there yet",
            format!(
                "`{name}` needs something that does not exist yet, and cannot be put off to a later run here. Apply first \
                 what it needs, with `-target=ADDRESS`, then everything."
            ),
        ),
    }
    out
}
