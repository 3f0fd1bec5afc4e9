//! One file from disk to facts. Whatever its bytes are, the answer is facts or a reason.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use safe_map_analysis::facts::{self, Edition, FileFacts};

use super::exclusions::is_generated;
use crate::progress;

/// Beyond this a file is data, not code, and spans of 32 bits come near their end.
const MAX_BYTES: u64 = 256 << 20;

/// Stacks for the deepest code that is still parsed; the parser recurses.
pub(crate) const STACK_BYTES: usize = 16 << 20;

/// Smaller files take milliseconds and are not worth a thread of their own.
const WATCHED_BYTES: usize = 1 << 20;

/// How long one file may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget(pub Duration);

impl Default for Budget {
    fn default() -> Budget {
        Budget(Duration::from_secs(60))
    }
}

/// A file that was read and lowered.
#[derive(Debug)]
pub(crate) struct Lowered {
    /// Its text as on disk.
    pub(crate) text: Arc<str>,
    /// What it says.
    pub(crate) facts: FileFacts,
    /// How many lines it has.
    pub(crate) lines: u64,
    /// Who wrote it.
    pub(crate) origin: Origin,
}

/// Who wrote a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A person.
    Written,
    /// A program that marked it so; its facts are empty.
    Generated,
}

/// Reads and lowers the file at `path`, a generated one too: it was named.
///
/// # Errors
///
/// Why there are no facts of it, as a lowercase fragment.
pub(crate) fn lower_path(path: &Path, edition: Edition, budget: Budget) -> Result<Lowered, String> {
    lower_text(read(path)?, edition, budget, Wanted::Everything)
}

/// Which files are lowered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Those that people write.
    Written,
    /// Generated ones too.
    Everything,
}

/// Lowers a file's text.
///
/// # Errors
///
/// Why there are no facts of it, as a lowercase fragment.
pub(crate) fn lower_text(
    text: Arc<str>,
    edition: Edition,
    budget: Budget,
    wanted: Wanted,
) -> Result<Lowered, String> {
    let lines = lines(&text);
    progress::file_read();
    if wanted == Wanted::Written && is_generated(&text) {
        return Ok(Lowered { text, facts: FileFacts::default(), lines, origin: Origin::Generated });
    }
    let facts = if text.len() < WATCHED_BYTES {
        lower(&text, edition)?
    } else {
        lower_within(text.clone(), edition, budget)?
    };
    Ok(Lowered { text, facts, lines, origin: Origin::Written })
}

/// How many lines a text has; the last one may lack its end.
fn lines(text: &str) -> u64 {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).count();
    ends as u64 + u64::from(!text.is_empty() && !text.ends_with('\n'))
}

/// One file that breaks the lowering must not cost the others.
fn lower(text: &str, edition: Edition) -> Result<FileFacts, String> {
    let lowered = std::panic::catch_unwind(|| facts::lower(text, edition));
    lowered.map_err(|_| "internal error: the file was not lowered; please report it".to_owned())
}

/// Parsing cannot be interrupted: past its budget the thread is left to itself, and ends with the process.
fn lower_within(text: Arc<str>, edition: Edition, budget: Budget) -> Result<FileFacts, String> {
    let (sender, receiver) = mpsc::channel();
    let parse = move || {
        // Where nobody waits any more the answer is not wanted.
        let _ = sender.send(lower(&text, edition));
    };
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(parse);
    thread.map_err(|error| format!("no thread to parse it on: {error}"))?;
    match receiver.recv_timeout(budget.0) {
        Ok(facts) => facts,
        Err(_) => Err(format!("takes longer than {} s to parse (--file-timeout)", budget.0.as_secs_f64())),
    }
}

/// Reads the file at `path`.
///
/// # Errors
///
/// Why it cannot be read, or is no source: as a lowercase fragment.
pub(crate) fn read(path: &Path) -> Result<Arc<str>, String> {
    let metadata = std::fs::metadata(path).map_err(|error| format!("the file cannot be read: {error}"))?;
    if metadata.is_dir() {
        return Err("a directory, not a file".to_owned());
    }
    if !metadata.is_file() {
        return Err("not a regular file".to_owned());
    }
    if metadata.len() > MAX_BYTES {
        return Err(format!("larger than {} MiB", MAX_BYTES >> 20));
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes));
    read.map_err(|error| format!("the file cannot be read: {error}"))?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(text.into()),
        Err(error) => Err(format!("not valid UTF-8 at byte {}", error.valid_up_to())),
    }
}
