//! A bar on standard error while a long run goes on: the stage, the files read so far, the time.
//!
//! The stages of a run say where they are in two numbers that are the process's own; a thread of the bar looks at them. Nothing
//! else does: no result depends on them.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::render::plural;

/// Shorter runs need no bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often the bar looks.
const TICK: Duration = Duration::from_millis(100);

/// What a run does, in its order.
const STAGES: [&str; 3] = ["reading", "analysing", "running the lints"];

/// How the bar looks.
const TEMPLATE: &str = "{spinner} [{bar:12}] {msg}, {elapsed}";

static FILES: AtomicU64 = AtomicU64::new(0);
static OUTSIDE: AtomicU64 = AtomicU64::new(0);
static STAGE: AtomicU64 = AtomicU64::new(0);

/// A file was read. Relaxed, as the stage below: only a person looks at the number.
pub(crate) fn file_read() {
    FILES.fetch_add(1, Ordering::Relaxed);
}

/// A file that was read is of a dependency.
pub(crate) fn file_is_outside() {
    OUTSIDE.fetch_add(1, Ordering::Relaxed);
}

/// A stage has ended.
pub(crate) fn stage_done() {
    STAGE.fetch_add(1, Ordering::Relaxed);
}

/// The bar; it is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Shows a bar from now on, where somebody can see one. `is_quiet` is what the user said.
    pub(crate) fn start(is_quiet: bool) -> Progress {
        let env = |name: &str| std::env::var(name).ok();
        if is_quiet || !std::io::stderr().is_terminal() || !is_wanted(env) {
            return Progress { running: None };
        }
        let (sender, receiver) = mpsc::channel();
        let show = move || {
            if receiver.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = bar();
            while receiver.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                let stage = STAGE.load(Ordering::Relaxed);
                bar.set_message(message(stage, Counted::now()));
                bar.set_position(stage.min(STAGES.len() as u64));
                bar.tick();
            }
            bar.finish_and_clear();
        };
        // Where there is no thread for it there is no bar.
        let thread = std::thread::Builder::new().name("progress".to_owned()).spawn(show);
        Progress { running: thread.ok().map(|thread| (sender, thread)) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let Some((sender, thread)) = self.running.take() else { return };
        drop(sender);
        // Only a panic of the bar itself could be lost here.
        let _ = thread.join();
    }
}

/// As cargo decides it.
fn is_wanted(env: impl Fn(&str) -> Option<String>) -> bool {
    match env("CARGO_TERM_PROGRESS_WHEN").as_deref() {
        Some("never") => false,
        Some("always") => true,
        _ => env("CI").is_none() && env("TERM").as_deref() != Some("dumb"),
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template(TEMPLATE);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ");
    let bar = ProgressBar::new(STAGES.len() as u64).with_style(style).with_elapsed(PATIENCE);
    bar.with_message(message(STAGE.load(Ordering::Relaxed), Counted::now()))
}

/// The files that were read so far.
struct Counted {
    all: u64,
    outside: u64,
}

impl Counted {
    fn now() -> Counted {
        let outside = OUTSIDE.load(Ordering::Relaxed);
        Counted { all: FILES.load(Ordering::Relaxed).max(outside), outside }
    }
}

fn message(stage: u64, files: Counted) -> String {
    let doing = usize::try_from(stage).ok().and_then(|stage| STAGES.get(stage)).unwrap_or(&"writing");
    let own = plural(files.all - files.outside, "file");
    match files.outside {
        0 => format!("{doing}, {own}"),
        outside => format!("{doing}, {own}, {outside} of dependencies"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_decides_as_for_cargo() {
        let wanted = |name: &'static str, value: &'static str| {
            is_wanted(move |it| (it == name).then(|| value.to_owned()))
        };
        assert!(wanted("TERM", "xterm"));
        assert!(!wanted("TERM", "dumb"));
        assert!(!wanted("CI", "true"));
        assert!(!wanted("CARGO_TERM_PROGRESS_WHEN", "never"));
        assert!(is_wanted(|name| Some(if name == "CI" { "true" } else { "always" }.to_owned())));
    }

    #[test]
    fn the_message_names_the_stage() {
        assert_eq!(message(1, Counted { all: 7, outside: 0 }), "analysing, 7 files");
        assert_eq!(message(0, Counted { all: 1, outside: 0 }), "reading, 1 file");
        assert_eq!(message(9, Counted { all: 7, outside: 4 }), "writing, 3 files, 4 of dependencies");
    }

    #[test]
    fn the_template_of_the_bar_is_one() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }
}
