//! How much is measured, and the whole of it. `benches/frameworks` measures by it too.

use crate::build::Contestant;
use crate::figures::Figures;
use crate::{load, startup};

/// How much to measure.
#[derive(Clone, Copy)]
pub struct Effort {
    /// Processes started.
    pub starts: usize,
    /// Processes started of a slow peer.
    pub slow_starts: usize,
    /// Interleaved rounds of load.
    pub rounds: usize,
    /// Calls of a round.
    pub calls: usize,
}

impl Effort {
    /// Sizes, starts, memory and load of all contestants.
    pub fn measure(self, contestants: &[Contestant]) -> Figures {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut figures = Figures::default();
        for contestant in contestants {
            let size = std::fs::metadata(&contestant.binary).unwrap().len();
            figures.add(contestant.name, "binary, MiB", size as f64 / (1024.0 * 1024.0));
        }
        runtime.block_on(startup::measure(contestants, self, &mut figures));
        runtime.block_on(load::memory(contestants, &mut figures));
        runtime.block_on(load::measure(contestants, self, &mut figures));
        figures
    }
}
