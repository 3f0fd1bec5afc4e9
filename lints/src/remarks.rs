//! What the comments directly at an item say: a contract that callers of an `unsafe` function have, or a decision that stands.
//!
//! In: an item. Out: the text of its documentation and of the comments above it, and what that text is about.

use safe_map_analysis::model::{ItemRef, Model};

/// The documentation of an item and the comments right above it, in lower case.
pub(crate) fn remarks(model: &Model, at: ItemRef) -> String {
    let text = &model.workspace().file(at.file).source.text;
    let item = model.item(at);
    let before = text[..item.span.start as usize].lines().rev();
    let above = before.map(str::trim).take_while(|it| it.is_empty() || it.starts_with("//"));
    // A blank line parts a comment from what follows it; the first one is the rest of the item's own line.
    let above = above.enumerate().take_while(|(index, it)| *index == 0 || !it.is_empty()).map(|(_, it)| it);
    let head = text[item.span.start as usize..item.name_span.start as usize].lines().map(str::trim);
    let own = head.filter(|it| it.starts_with("//") || it.starts_with("#[doc"));
    // What silences a finding must not take it away: it would silence nothing then.
    let says = above.chain(own).filter(|it| !it.contains("safe-map-lint:"));
    says.collect::<Vec<_>>().join("\n").to_lowercase()
}

/// Whether remarks are about threads at all.
pub(crate) fn speaks_of_threads(remarks: &str) -> bool {
    ["concurren", "data race", "thread"].iter().any(|it| remarks.contains(it))
}

/// Whether remarks say that something is for one thread.
pub(crate) fn is_for_one_thread(remarks: &str) -> bool {
    let words = ["not thread", "isn't thread", "single thread", "single-thread", "main thread", "one thread"];
    words.iter().any(|it| remarks.contains(it))
}

/// Whether remarks say that all there is runs on one thread, and not by way of contrast. What a lock lets in is one thread at a time,
/// and another matter.
pub(crate) fn is_single_threaded(remarks: &str) -> bool {
    const CONTRASTS: [&str; 6] = ["unlike", "not ", "n't ", "for single", "for the single", "than "];
    let says = remarks.contains("single-threaded") || remarks.contains("single threaded");
    says && !CONTRASTS.iter().any(|it| remarks.contains(it))
}

/// Whether remarks say that something is there for tests.
pub(crate) fn is_for_tests(remarks: &str) -> bool {
    ["for testing", "for tests", "for unit tests", "test-only", "only in tests"]
        .iter()
        .any(|it| remarks.contains(it))
}
