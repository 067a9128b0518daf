//! Whether and when to send again: pure. Class, error, attempt, random number and time left are arguments; so is the
//! time of the shared pace and budget, counted from any fixed moment.
//! Knows nothing of the clock, the network or the operations by name.

use std::time::Duration;

use super::error::{Error, Kind, Processed};

/// The first backoff is at most this long; each further one at most twice the one before.
const FIRST: Duration = Duration::from_millis(200);

/// No backoff of ours is longer than this.
const LONGEST: Duration = Duration::from_secs(20);

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
pub enum Next {
    /// Return the error.
    GiveUp,
    /// Send again after this pause.
    Wait(Duration),
}

/// A failed attempt, and what is left.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
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
pub fn next(class: Class, error: &Error, situation: &Situation) -> Next {
    if !may_repeat(class, error) {
        return Next::GiveUp;
    }
    let throttled = error.kind == Kind::Throttled;
    if !throttled && situation.retries >= situation.max_retries {
        return Next::GiveUp;
    }
    let attempt = if throttled { situation.throttles } else { situation.retries };
    let wish = error.retry_after.map(|wish| wish.min(LONGEST_WISH));
    let jittered = backoff(attempt, situation.random);
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
fn backoff(attempt: u32, random: f64) -> Duration {
    let limit = FIRST.saturating_mul(2_u32.saturating_pow(attempt.min(16))).min(LONGEST);
    limit.mul_f64(random.clamp(0.0, 1.0))
}

/// Retries that all calls of a client share, so that an outage is not multiplied by their number.
///
/// A retry costs one, a success gives a tenth back. Throttling does not touch it.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    left: f64,
}

impl Budget {
    /// What a fresh budget holds, and the most it can hold.
    pub const FULL: f64 = 60.0;

    /// Takes one retry, if one is left.
    pub fn take(&mut self) -> bool {
        let granted = self.left >= 1.0;
        if granted {
            self.left -= 1.0;
        }
        granted
    }

    /// Notes a success.
    pub fn refill(&mut self) {
        self.left = (self.left + 0.1).min(Self::FULL);
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: Self::FULL }
    }
}

/// When the next request of the process may leave: the configured rate, and the slowdown after throttling.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    /// Least distance between two requests, from `requests_per_second`.
    spacing: Duration,
    /// Extra distance learnt from throttling.
    slowdown: Duration,
    /// No request leaves before this.
    free_at: Duration,
    /// When the slowdown last grew.
    grown_at: Option<Duration>,
}

impl Pace {
    /// The slowdown after a first throttle.
    const FIRST_SLOWDOWN: Duration = Duration::from_millis(20);

    /// Throttles within this time are one: they answer requests that left before the slowdown could work.
    const ONE_THROTTLE: Duration = Duration::from_millis(200);

    /// The slowdown never exceeds this.
    const LONGEST_SLOWDOWN: Duration = Duration::from_secs(3);

    /// A pace of at most so many requests a second; none or nonsense (zero, negative, not a number) means no limit.
    pub fn new(requests_per_second: Option<f64>) -> Self {
        let spacing = requests_per_second
            .filter(|rate| rate.is_finite() && *rate > 0.0)
            .and_then(|rate| Duration::try_from_secs_f64(1.0 / rate).ok())
            .unwrap_or_default();
        Self { spacing, ..Self::default() }
    }

    /// Reserves the next slot and says how long to wait for it.
    pub fn reserve(&mut self, now: Duration) -> Duration {
        let slot = self.free_at.max(now);
        self.free_at = slot + self.spacing.max(self.slowdown);
        slot - now
    }

    /// A request was throttled: everybody pauses for as long as the service wishes, then goes slower.
    pub fn throttled(&mut self, now: Duration, wish: Option<Duration>) {
        self.free_at = self.free_at.max(now + wish.unwrap_or_default());
        let patience = Self::ONE_THROTTLE.max(self.slowdown);
        if self.grown_at.is_some_and(|grown| now.saturating_sub(grown) < patience) {
            return;
        }
        self.grown_at = Some(now);
        self.slowdown = (self.slowdown * 2).clamp(Self::FIRST_SLOWDOWN, Self::LONGEST_SLOWDOWN);
    }

    /// A request went through: the slowdown wears off.
    pub fn passed(&mut self) {
        self.slowdown = self.slowdown.mul_f64(0.7);
        if self.slowdown < Duration::from_millis(5) {
            self.slowdown = Duration::ZERO;
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
        assert_eq!(next(Class::Create, &error, &late), Next::Wait(Duration::from_secs(10)));
        assert_eq!(
            next(Class::Create, &error, &Situation { left: Duration::from_secs(9), ..late }),
            Next::GiveUp
        );
        error.retry_after = Some(Duration::from_secs(30));
        assert_eq!(next(Class::Create, &error, &late), Next::Wait(Duration::from_secs(33)));
        error.retry_after = Some(Duration::from_secs(9999));
        assert_eq!(next(Class::Query, &error, &late), Next::Wait(Duration::from_secs(130)));
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
        (0..50).for_each(|_| pace.throttled(Duration::from_secs(1), Some(Duration::from_secs(2))));
        let waits: Vec<u128> =
            (0..3).map(|_| pace.reserve(Duration::from_secs(1)).as_millis()).collect();
        assert_eq!(waits, [2000, 2020, 2040], "fifty at once are one throttle");
        pace.throttled(Duration::from_secs(4), None);
        assert_eq!(pace.slowdown, Duration::from_millis(40), "a later one weighs more");
        (0..20).for_each(|_| pace.passed());
        let late = Duration::from_secs(60);
        assert_eq!((pace.reserve(late), pace.reserve(late)), (Duration::ZERO, Duration::ZERO));
    }
}
