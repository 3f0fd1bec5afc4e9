//! The maps beside what a user would take instead: `cargo bench -p safe-map` (quick), `cargo bench -p safe-map -- --full`.
//!
//! Contenders are interleaved round by round, and compared by the median of the ratios of each round with a bootstrap interval:
//! a machine that is slow for a while is slow for all of them. The same hasher and allocator for all. Reads are
//! `read(|v| ..)` here and guards there. Tables go to the standard output, charts to the directory `--charts DIR`.

mod chart;
mod latency;
mod mixes;
mod peers;
mod ratios;
mod reads;
mod skewed;

use std::{env, path::PathBuf, process::ExitCode};

/// How much is measured.
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    pub(crate) threads: Vec<usize>,
    /// Operations for each thread and round.
    pub(crate) operations: usize,
    /// Entries before the measurement, as a power of two.
    pub(crate) log2_entries: u8,
    /// Only the parts whose name contains this.
    pub(crate) only: Option<String>,
    pub(crate) charts: Option<PathBuf>,
}

impl Effort {
    fn from_arguments(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut effort = Effort {
            rounds: 7,
            threads: vec![1, 2],
            operations: 200_000,
            log2_entries: 16,
            only: None,
            charts: None,
        };
        let mut arguments = arguments.peekable();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("`{argument}` needs a value"));
            match argument.as_str() {
                // What cargo adds by itself.
                "--bench" => (),
                "--full" => {
                    effort.rounds = 31;
                    effort.threads = vec![1, 2, 4, 8];
                    effort.operations = 1_000_000;
                    effort.log2_entries = 20;
                }
                "--rounds" => effort.rounds = number(&value()?)?,
                "--operations" => effort.operations = number(&value()?)?,
                "--threads" => effort.threads = value()?.split(',').map(number).collect::<Result<_, _>>()?,
                "--only" => effort.only = Some(value()?),
                "--charts" => effort.charts = Some(value()?.into()),
                other => return Err(format!("there is no `{other}`")),
            }
        }
        Ok(effort)
    }

    pub(crate) fn wants(&self, part: &str) -> bool {
        self.only.as_ref().is_none_or(|only| part.contains(only.as_str()))
    }
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

fn main() -> ExitCode {
    let effort = match Effort::from_arguments(env::args().skip(1)) {
        Ok(effort) => effort,
        Err(message) => {
            eprintln!(
                "{message}\n--full  --rounds N  --operations N  --threads 1,2  --only PART  --charts DIR"
            );
            return ExitCode::from(2);
        }
    };
    mixes::run(&effort);
    skewed::run(&effort);
    reads::run(&effort);
    latency::run(&effort);
    ExitCode::SUCCESS
}
