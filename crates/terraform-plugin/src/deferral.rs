//! What is said where something has to wait for a later run, and the host cannot put it off.

use super::diagnostic::Diagnostics;
use super::driver::Deferral;

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
