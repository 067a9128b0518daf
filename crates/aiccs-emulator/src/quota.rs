//! How many requests the service takes in any one second (switch `requests_per_second`). The vendor limits users and
//! operations, and tells no figures for these: here one limit holds for all.

use std::collections::VecDeque;

/// When the requests of the last second were taken, Unix time in milliseconds.
#[derive(Debug, Default)]
pub(super) struct Quota {
    taken: VecDeque<i64>,
}

impl Quota {
    /// Takes a request, unless `most` were taken within the second before; 0 is no limit.
    pub(super) fn takes(&mut self, most: i64, now: i64) -> bool {
        let Ok(most @ 1..) = usize::try_from(most) else { return true };
        // A clock that was set back would hold what it took for a second that is to come.
        self.taken.retain(|at| (0..1000).contains(&(now - at)));
        let takes = self.taken.len() < most;
        if takes {
            self.taken.push_back(now);
        }
        takes
    }
}

#[cfg(test)]
mod tests {
    use super::Quota;

    #[test]
    fn a_second_takes_so_many_wherever_it_begins() {
        let mut quota = Quota::default();
        let mut takes = |now| quota.takes(2, now);
        assert_eq!([0, 900, 950, 999].map(&mut takes), [true, true, false, false]);
        assert_eq!([1000, 1001, 1899, 1900].map(&mut takes), [true, false, false, true]);
        assert_eq!(
            [-50, -49, -48].map(&mut takes),
            [true, true, false],
            "a clock that was set back"
        );
    }

    #[test]
    fn no_limit_takes_all() {
        let mut quota = Quota::default();
        assert!((0..100).all(|_| quota.takes(0, 7)));
    }
}
