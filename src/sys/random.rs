//! Numbers that only need to be different from one process to the next.

/// A small fast generator (xorshift64), seeded by the kernel. Not for secrets.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A generator of its own sequence.
    pub fn new() -> Random {
        let seed = super::random_128().unwrap_or_default();
        let number = u128::from_ne_bytes(seed) ^ u128::from(std::process::id());
        // Zero would stay zero for ever.
        Random((number ^ number >> 64) as u64 | 1)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// The next number from 0 to below 1.
    pub fn fraction(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// The next number below `limit`, which is more than zero.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.number() % limit.max(1) as u64) as usize
    }
}

impl Default for Random {
    fn default() -> Self {
        Random::new()
    }
}
