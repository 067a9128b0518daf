//! Whether and when to send again: pure. Class, error, attempt, random number and time left are arguments; so is the
//! time of the shared pace and budget, counted from any fixed moment.
//! Knows nothing of the clock, the network or the operations by name.

use std::time::Duration;

use super::error::{Error, Kind, Processed};

/// The first backoff is at most this long; each further one at most twice the one before.
const FIRST: Duration = Duration::from_millis(200);

/// No backoff of ours is longer than this.
const LONGEST: Duration = Duration::from_secs(20);

/// No backoff after a throttle is longer: the shared pace keeps the rate, and who waits longer comes last for nothing.
const LONGEST_THROTTLED: Duration = Duration::from_secs(5);

/// No wish of the service's for a pause is honoured beyond this (the official core caps it alike).
const LONGEST_WISH: Duration = Duration::from_secs(120);

/// What sending a request twice would do: the rule of repetition follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Makes an object: never sent again unless the first request surely was not processed.
    Create,
    /// Only reads: sent again after every passing failure.
    Query,
    /// Makes telephones ring: never sent again unless the first request surely was not processed.
    Start,
    /// Stops something: sent again if surely not processed; else the caller reads first.
    Stop,
    /// Replaces settings: sent again if surely not processed; else the caller reads and compares.
    Update,
}

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Return the error.
    GiveUp,
    /// Send again after this pause.
    Wait(Duration),
}

/// A failed attempt, and what is left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Situation {
    /// Retries made so far that count against the limit (throttling does not).
    pub retries: u32,
    /// The limit of those retries (`max_retries`).
    pub max_retries: u32,
    /// Throttled attempts so far.
    pub throttles: u32,
    /// Time left until the call's deadline.
    pub left: Duration,
    /// A random number, 0 to 1.
    pub random: f64,
}

/// Whether to send again, and when.
///
/// Throttling is bounded by the time left only. A pause that would outlast the deadline is not begun.
pub(crate) fn next(class: Class, error: &Error, situation: &Situation) -> Next {
    if !may_repeat(class, error) {
        return Next::GiveUp;
    }
    let throttled = error.kind == Kind::Throttled;
    if !throttled && situation.retries >= situation.max_retries {
        return Next::GiveUp;
    }
    let attempt = if throttled { situation.throttles } else { situation.retries };
    let wish = error.retry_after.map(|wish| wish.min(LONGEST_WISH));
    let jittered = backoff(attempt, throttled, situation.random);
    // A wish is a lower bound: jitter on top keeps callers of one throttle apart.
    let pause = wish.map_or(jittered, |wish| wish + jittered.min(wish / 10));
    if pause < situation.left { Next::Wait(pause) } else { Next::GiveUp }
}

/// Whether sending again is harmless for this class, and could help at all.
fn may_repeat(class: Class, error: &Error) -> bool {
    let passing = is_passing(error);
    match class {
        Class::Query => passing,
        Class::Create | Class::Start | Class::Stop | Class::Update => {
            passing && error.processed == Processed::No
        }
    }
}

/// Whether the same request could succeed a little later.
fn is_passing(error: &Error) -> bool {
    match error.kind {
        Kind::AnswerLost
        | Kind::ConnectionRefused
        | Kind::Dns
        | Kind::Internal
        | Kind::NonceUsed
        | Kind::ServiceUnavailable
        | Kind::Throttled
        | Kind::Timeout => true,
        Kind::Proxy | Kind::Unreadable => error.http_status.is_some_and(|status| status >= 500),
        Kind::AccessKeyInactive
        | Kind::AccessKeyUnknown
        | Kind::ClockSkew
        | Kind::Configuration
        | Kind::Contradictory
        | Kind::Deadline
        | Kind::Interrupted
        | Kind::NoCredentials
        | Kind::NoPermission
        | Kind::Refused
        | Kind::SecretWrong
        | Kind::SecurityToken
        | Kind::Tls
        | Kind::UnknownOperation
        | Kind::TooLong
        | Kind::WrongAccount => false,
    }
}

/// Full jitter: a random share of a limit that doubles with each attempt.
fn backoff(attempt: u32, throttled: bool, random: f64) -> Duration {
    let longest = if throttled { LONGEST_THROTTLED } else { LONGEST };
    let limit = FIRST.saturating_mul(2_u32.saturating_pow(attempt.min(16))).min(longest);
    limit.mul_f64(random.clamp(0.0, 1.0))
}

/// Retries that all calls of a client share, so that an outage is not multiplied by their number.
///
/// A retry costs one, a success gives a tenth back. Throttling does not touch it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    left: f64,
}

impl Budget {
    /// What a fresh budget holds, and the most it can hold.
    pub(crate) const FULL: f64 = 60.0;

    /// Takes one retry, if one is left.
    pub(crate) fn take(&mut self) -> bool {
        let granted = self.left >= 1.0;
        if granted {
            self.left -= 1.0;
        }
        granted
    }

    /// Notes a success.
    pub(crate) fn refill(&mut self) {
        self.left = (self.left + 0.1).min(Self::FULL);
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: Self::FULL }
    }
}

/// When the next request of the process may leave: the configured rate, and the one that throttling has taught.
///
/// An account has one limit for all machines that use it. Whoever meets it goes slower by a fifth and faster again little by little
/// (additive up, multiplicative down), so that several processes share it. Where going slower does not help, since the throttling has
/// another reason, the way up becomes steeper.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    /// Least distance between two requests, from `requests_per_second`.
    spacing: Duration,
    /// What throttling has taught; none before a first one, and once it has worn off.
    learnt: Option<Learnt>,
    /// No request leaves before this.
    free_at: Duration,
    /// What came back in this second, and in the one before.
    now: Second,
    before: Second,
}

/// A rate that throttling has taught.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Learnt {
    /// Requests a second.
    rate: f64,
    /// By how many a second it grows each second.
    step: f64,
    /// When it was last cut.
    cut_at: Duration,
    /// The share of requests that were throttled then.
    share: f64,
}

/// The answers of one second.
#[derive(Clone, Copy, Debug, Default)]
struct Second {
    since: Duration,
    passed: u32,
    throttled: u32,
}

impl Pace {
    /// Throttles within this time are one: they answer requests that left before the cut could work.
    const ONE_THROTTLE: Duration = Duration::from_secs(1);

    /// What is left of the rate after a cut.
    const CUT: f64 = 0.8;

    /// The first cut never goes below this, in requests a second: little is known then.
    const FIRST_RATE: f64 = 10.0;

    /// No rate is lower, in requests a second.
    const LOWEST_RATE: f64 = 0.5;

    /// A rate above this is none any more.
    const HIGHEST_RATE: f64 = 1000.0;

    /// The least and the greatest step upwards, in requests a second each second.
    const STEPS: (f64, f64) = (5.0, 400.0);

    /// A pace of at most so many requests a second; none or nonsense (zero, negative, not a number) means no limit.
    pub(crate) fn new(requests_per_second: Option<f64>) -> Self {
        let spacing = requests_per_second
            .filter(|rate| rate.is_finite() && *rate > 0.0)
            .and_then(|rate| Duration::try_from_secs_f64(1.0 / rate).ok())
            .unwrap_or_default();
        Self { spacing, ..Self::default() }
    }

    /// Reserves the next slot and says how long to wait for it.
    pub(crate) fn reserve(&mut self, now: Duration) -> Duration {
        let slot = self.free_at.max(now);
        let learnt = self.learnt.map(|learnt| Duration::from_secs_f64(1.0 / learnt.rate));
        self.free_at = slot + self.spacing.max(learnt.unwrap_or_default());
        slot - now
    }

    /// A request was throttled: everybody pauses for as long as the service wishes, then goes slower.
    pub(crate) fn throttled(&mut self, now: Duration, wish: Option<Duration>) {
        self.free_at = self.free_at.max(now + wish.unwrap_or_default());
        self.turn(now);
        self.now.throttled += 1;
        let passed = self.now.passed + self.before.passed;
        let throttled = self.now.throttled + self.before.throttled;
        let share = f64::from(throttled) / f64::from(passed + throttled);
        self.learnt = Some(match self.learnt {
            None => {
                let seen = f64::from(self.now.passed.max(self.before.passed));
                let rate = seen.max(Self::FIRST_RATE);
                Learnt { rate, step: Self::STEPS.0, cut_at: now, share }
            }
            Some(learnt) if now.saturating_sub(learnt.cut_at) < Self::ONE_THROTTLE => learnt,
            Some(learnt) => {
                // As many as before although it went slower.
                let vain = share > 0.8 * learnt.share && share < 0.5;
                let step = if vain { learnt.step * 2.0 } else { learnt.step / 2.0 };
                Learnt {
                    rate: (learnt.rate * Self::CUT).max(Self::LOWEST_RATE),
                    step: step.clamp(Self::STEPS.0, Self::STEPS.1),
                    cut_at: now,
                    share,
                }
            }
        });
    }

    /// A request went through: the rate grows.
    pub(crate) fn passed(&mut self, now: Duration) {
        self.turn(now);
        self.now.passed += 1;
        if let Some(learnt) = &mut self.learnt {
            learnt.rate += learnt.step / learnt.rate;
        }
        self.learnt = self.learnt.filter(|learnt| learnt.rate <= Self::HIGHEST_RATE);
    }

    /// Begins another second where one has passed.
    fn turn(&mut self, now: Duration) {
        let second = Duration::from_secs(1);
        let age = now.saturating_sub(self.now.since);
        if age >= second {
            self.before = if age < 2 * second { self.now } else { Second::default() };
            self.now = Second { since: now, ..Second::default() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Class; 5] = [Class::Query, Class::Update, Class::Stop, Class::Create, Class::Start];

    fn situation() -> Situation {
        Situation {
            retries: 0,
            max_retries: 5,
            throttles: 0,
            left: Duration::from_secs(600),
            random: 0.5,
        }
    }

    /// Which classes repeat: `QUSCT` for query, update, stop, create, start; `.` where they do not.
    fn check(error: &Error, expected: &str) {
        let letters: String = ALL
            .iter()
            .zip("QUSCT".chars())
            .map(
                |(class, letter)| {
                    if next(*class, error, &situation()) == Next::GiveUp { '.' } else { letter }
                },
            )
            .collect();
        assert_eq!(letters, expected, "{error:?}");
    }

    #[test]
    fn each_class_repeats_only_what_is_harmless() {
        let of = |kind| Error::new(kind, "x");
        check(&of(Kind::Throttled), "QUSCT");
        check(&of(Kind::ConnectionRefused), "QUSCT");
        check(&of(Kind::Dns), "QUSCT");
        check(&of(Kind::ServiceUnavailable), "Q....");
        check(&of(Kind::Internal), "Q....");
        check(&of(Kind::AnswerLost), "Q....");
        check(&of(Kind::Timeout), "Q....");
        check(&of(Kind::NonceUsed), "Q....");
        check(&of(Kind::Refused), ".....");
        check(&of(Kind::Contradictory), ".....");
        check(&of(Kind::SecretWrong), ".....");
        check(&of(Kind::NoPermission), ".....");
        check(&of(Kind::Tls), ".....");
        check(&of(Kind::Unreadable), ".....");
        let mut timeout = of(Kind::Timeout);
        timeout.processed = Processed::No; // while connecting
        check(&timeout, "QUSCT");
        let mut html = of(Kind::Unreadable);
        html.http_status = Some(502);
        check(&html, "Q....");
    }

    #[test]
    fn the_backoff_doubles_up_to_a_limit_and_is_jittered() {
        let error = Error::new(Kind::Internal, "x");
        let pause = |retries, random| {
            next(
                Class::Query,
                &error,
                &Situation { retries, max_retries: 99, random, ..situation() },
            )
        };
        assert_eq!(pause(0, 1.0), Next::Wait(Duration::from_millis(200)));
        assert_eq!(pause(3, 1.0), Next::Wait(Duration::from_millis(1600)));
        assert_eq!(pause(3, 0.25), Next::Wait(Duration::from_millis(400)));
        assert_eq!(pause(50, 1.0), Next::Wait(LONGEST));
        assert_eq!(pause(0, 0.0), Next::Wait(Duration::ZERO));
    }

    #[test]
    fn throttling_is_bounded_by_the_deadline_only() {
        let mut error = Error::new(Kind::Throttled, "x");
        let late = Situation { retries: 5, throttles: 40, ..situation() };
        assert_eq!(next(Class::Create, &error, &late), Next::Wait(Duration::from_millis(2500)));
        assert_eq!(
            next(Class::Create, &error, &Situation { left: Duration::from_secs(2), ..late }),
            Next::GiveUp
        );
        error.retry_after = Some(Duration::from_secs(30));
        assert_eq!(next(Class::Create, &error, &late), Next::Wait(Duration::from_millis(32_500)));
        error.retry_after = Some(Duration::from_secs(9999));
        assert_eq!(next(Class::Query, &error, &late), Next::Wait(Duration::from_millis(122_500)));
    }

    #[test]
    fn other_retries_end_at_the_limit() {
        let error = Error::new(Kind::Internal, "x");
        assert_eq!(
            next(Class::Query, &error, &Situation { retries: 5, ..situation() }),
            Next::GiveUp
        );
        assert_eq!(
            next(Class::Query, &error, &Situation { max_retries: 0, ..situation() }),
            Next::GiveUp
        );
    }

    #[test]
    fn the_budget_runs_dry_and_successes_refill_it() {
        let mut budget = Budget::default();
        assert_eq!((0..1000).filter(|_| budget.take()).count(), 60);
        (0..11).for_each(|_| budget.refill());
        assert!(budget.take());
        assert!(!budget.take());
    }

    #[test]
    fn the_pace_spaces_requests_by_the_configured_rate() {
        let mut pace = Pace::new(Some(4.0));
        let waits: Vec<u128> = (0..4).map(|_| pace.reserve(Duration::ZERO).as_millis()).collect();
        assert_eq!(waits, [0, 250, 500, 750]);
        assert_eq!(pace.reserve(Duration::from_secs(9)), Duration::ZERO);
        let mut free = Pace::new(Some(0.0));
        assert_eq!(
            (free.reserve(Duration::ZERO), free.reserve(Duration::ZERO)),
            (Duration::ZERO, Duration::ZERO)
        );
    }

    #[test]
    fn one_throttle_slows_everybody_and_wears_off() {
        let mut pace = Pace::new(None);
        let at = Duration::from_millis;
        (0..50).for_each(|_| pace.throttled(at(1000), Some(at(2000))));
        let waits: Vec<u128> = (0..3).map(|_| pace.reserve(at(1000)).as_millis()).collect();
        assert_eq!(
            waits,
            [2000, 2100, 2200],
            "fifty at once are one throttle, and ten a second the first rate"
        );
        pace.throttled(at(4000), None);
        assert_eq!(pace.learnt.unwrap().rate, 8.0, "a later one cuts");
        pace.throttled(at(4900), None);
        assert_eq!(pace.learnt.unwrap().rate, 8.0, "within a second it is the same one");
        pace.passed(at(4950));
        assert!((pace.learnt.unwrap().rate - 8.625).abs() < 1e-9, "up by the step each second");
        (0..200_000).for_each(|_| pace.passed(at(5000)));
        assert_eq!(pace.learnt, None, "in the end it has worn off");
        let late = at(60_000);
        assert_eq!((pace.reserve(late), pace.reserve(late)), (Duration::ZERO, Duration::ZERO));
    }

    #[test]
    fn no_rate_is_lower_than_the_lowest() {
        let mut pace = Pace::new(None);
        (0..100).for_each(|second| pace.throttled(Duration::from_secs(second * 2), None));
        assert_eq!(pace.learnt.unwrap().rate, Pace::LOWEST_RATE);
        assert_eq!(pace.learnt.unwrap().step, Pace::STEPS.0, "nothing passes: no reason to hurry");
    }

    /// Processes with ten callers each against a service, for a minute: how many requests each got through, and how many were
    /// throttled.
    fn share(processes: usize, answer: impl Fn(Duration, u64) -> bool) -> (Vec<u64>, u64) {
        let mut paces = vec![Pace::new(None); processes];
        let (mut done, mut throttled, mut turns) = (vec![0; processes], 0, 0_u64);
        // Time, process, throttles so far, whether the answer is due.
        let mut due: std::collections::BTreeMap<(Duration, u64), (usize, u32, bool)> = (0
            ..processes as u64 * 10)
            .map(|n| ((Duration::from_micros(n * 997), n), (n as usize / 10, 0, false)))
            .collect();
        let mut serial = 1000;
        while let Some(((now, _), (process, attempt, sent))) = due.pop_first() {
            if now > Duration::from_secs(60) {
                break;
            }
            serial += 1;
            turns += 1;
            // A random number that is the same in each run.
            let random =
                (turns.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64 / f64::from(1 << 24);
            let next = if !sent {
                let leaves = now + paces[process].reserve(now);
                (leaves + Duration::from_millis(20), (process, attempt, true))
            } else if answer(now, turns) {
                done[process] += 1;
                paces[process].passed(now);
                (now, (process, 0, false))
            } else {
                throttled += 1;
                paces[process].throttled(now, None);
                (now + backoff(attempt, true, random), (process, attempt + 1, false))
            };
            due.insert((next.0, serial), next.1);
        }
        (done, throttled)
    }

    #[test]
    fn several_processes_share_the_limit_of_an_account() {
        for (processes, limit) in [(1, 50), (4, 50), (4, 200), (8, 50)] {
            let seconds = std::cell::RefCell::new(std::collections::HashMap::new());
            let answer = |now: Duration, _| {
                let mut seconds = seconds.borrow_mut();
                let count: &mut u64 = seconds.entry(now.as_secs()).or_default();
                *count += 1;
                *count <= limit
            };
            let (done, _) = share(processes, answer);
            let all: u64 = done.iter().sum();
            assert!(all >= limit * 60 * 9 / 10, "{processes} at {limit}: {all} of {}", limit * 60);
            let fair = all / processes as u64;
            assert!(done.iter().all(|done| *done >= fair / 5), "{processes} at {limit}: {done:?}");
        }
    }

    #[test]
    fn throttling_without_a_limit_does_not_slow_for_long() {
        // One of five, whatever the rate.
        let (done, _) = share(1, |_, turn| turn % 5 != 0);
        assert!(done[0] > 60 * 60, "{done:?}");
    }
}
