//! Which plan of a change this is: the one that the user sees, or the one that an apply makes once more.

use std::sync::atomic::{AtomicBool, Ordering};

/// What has been asked since the provider was configured: so the second plan of a change, which an apply makes in a process
/// of its own, is told from the first one on hosts that do not say which it is.
#[derive(Default)]
pub(super) struct Walk {
    read: AtomicBool,
    applied: AtomicBool,
}

impl Walk {
    /// The provider is configured.
    pub(super) fn begin(&self) {
        self.read.store(false, Ordering::Relaxed);
        self.applied.store(false, Ordering::Relaxed);
    }

    /// An object was read, or imported.
    pub(super) fn has_read(&self) {
        self.read.store(true, Ordering::Relaxed);
    }

    /// A change was applied.
    pub(super) fn has_applied(&self) {
        self.applied.store(true, Ordering::Relaxed);
    }

    /// Whether a plan asked for now is surely the second one. Newer Terraforms announce it by allowing deferrals; in
    /// their experimental mode that allows them everywhere, a read tells a first plan.
    pub(super) fn is_second(&self, deferral_allowed: bool) -> bool {
        let applied = self.applied.load(Ordering::Relaxed);
        applied || deferral_allowed && !self.read.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::Walk;

    #[test]
    fn a_second_plan_is_known_by_the_host_or_by_what_came_before() {
        let walk = Walk::default();
        assert!(!walk.is_second(false) && walk.is_second(true));
        // Deferrals that are allowed everywhere: a read comes in a first walk only.
        walk.has_read();
        assert!(!walk.is_second(true) && !walk.is_second(false));
        walk.has_applied();
        assert!(walk.is_second(false), "hosts that announce nothing");
        walk.begin();
        assert!(!walk.is_second(false) && walk.is_second(true));
    }
}
