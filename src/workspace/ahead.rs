//! Reads files while cargo is still being asked which there are.
//!
//! What is read ahead is kept by path and edition, and only saves time: whether a file is analysed at all is decided
//! afterwards, by what cargo says.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::files::Files;
use super::package::Loaded;
use super::roots::Roots;
use super::{Request, load, manifest, modules, plan};

/// What has been read so far for a request.
pub(crate) struct Ahead<'a> {
    request: &'a Request,
    files: Files,
}

impl<'a> Ahead<'a> {
    /// Nothing yet.
    pub(crate) fn new(request: &'a Request) -> Ahead<'a> {
        Ahead { request, files: Files::new(request) }
    }

    /// Everything that was read.
    pub(crate) fn into_files(self) -> Files {
        self.files
    }

    /// Waits for `slow` on a thread of its own, for it waits for cargo, and meanwhile runs `meanwhile`, which is told
    /// when to stop.
    pub(crate) fn during<A: Send, B>(
        &mut self,
        slow: impl FnOnce() -> A + Send,
        meanwhile: impl FnOnce(&mut Self, &AtomicBool) -> B,
    ) -> (A, B) {
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let slow = scope.spawn(|| telling(slow, &is_over));
            let out = meanwhile(self, &is_over);
            (slow.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), out)
        })
    }

    /// The same for a `slow` that runs in parallel itself, on the pool.
    pub(crate) fn beside<A: Send, B: Send>(
        &mut self,
        slow: impl FnOnce() -> A + Send,
        meanwhile: impl FnOnce(&mut Self, &AtomicBool) -> B + Send,
    ) -> (A, B) {
        let is_over = AtomicBool::new(false);
        rayon::join(|| telling(slow, &is_over), || meanwhile(self, &is_over))
    }

    /// Reads what the manifests around `manifest` seem to mean.
    pub(crate) fn guess(&mut self, manifest: &Path, scope: &[PathBuf], is_over: &AtomicBool) {
        let loaded = (!is_over.load(Ordering::Relaxed)).then(|| manifest::load(manifest));
        let Some(Ok(loaded)) = loaded else { return };
        self.read(vec![load::canonical(loaded)], scope, is_over);
    }

    /// Reads the files of workspaces that are loaded.
    pub(crate) fn read(&mut self, loaded: Vec<Loaded>, scope: &[PathBuf], is_over: &AtomicBool) {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        let roots = Roots { loaded, scope: scope.to_owned(), ..Roots::default() };
        // Whatever is wrong with the request is said once all is known.
        let Ok(plan) = plan::plan(roots, self.request) else { return };
        modules::read_ahead(plan, &mut self.files, is_over);
    }
}

/// Runs `slow` and says when it is over. The flag guards no data: whoever sees it late reads one file more.
fn telling<A>(slow: impl FnOnce() -> A, is_over: &AtomicBool) -> A {
    let out = slow();
    is_over.store(true, Ordering::Relaxed);
    out
}
