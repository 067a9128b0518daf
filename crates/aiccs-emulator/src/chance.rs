//! A small generator for request ids, session secrets and faults by probability.
//! Seeded from outside, so that a run can be repeated; it is not for cryptography.

/// xorshift64*.
#[derive(Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// True with this probability.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        let fraction = f64::from((self.next() >> 32) as u32) / f64::from(u32::MAX);
        probability >= 1.0 || fraction < probability
    }

    /// A request id in the service's form.
    pub(super) fn request_id(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        let digits = format!("{high:016X}{low:016X}");
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
    }

    /// 32 letters and digits.
    pub(super) fn secret(&mut self) -> String {
        format!("{:016x}{:016x}", self.next(), self.next())
    }
}
