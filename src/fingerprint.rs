//! Fingerprints: a name for a finding that survives line shifts, reformatting and the move of a file.

use std::collections::HashMap;

use safe_map_lints::Finding;

/// Gives each finding of a run its ordinal among those that are otherwise alike.
#[derive(Debug, Default)]
pub(crate) struct Fingerprints {
    seen: HashMap<blake3::Hash, u32>,
}

impl Fingerprints {
    /// The fingerprint of the next finding, in the order of the report: 32 hexadecimal digits.
    pub(crate) fn next(&mut self, finding: &Finding, package: &str, snippet: &str) -> String {
        let mut hasher = blake3::Hasher::new();
        let lock = finding.lock.as_deref().unwrap_or("");
        for part in [finding.lint, package, &finding.item, lock, &normalized(snippet)] {
            hasher.update(part.as_bytes()).update(&[0]);
        }
        let base = hasher.finalize();
        let ordinal = self.seen.entry(base).or_default();
        hasher.update(&ordinal.to_le_bytes());
        *ordinal += 1;
        hasher.finalize().to_hex()[..32].to_owned()
    }
}

/// The text without white space, and without a comma before a closing bracket: rustfmt may break a call over lines.
pub(crate) fn normalized(snippet: &str) -> String {
    let mut out = String::with_capacity(snippet.len());
    for char in snippet.chars().filter(|char| !char.is_whitespace()) {
        if matches!(char, ')' | ']' | '}') && out.ends_with(',') {
            out.pop();
        }
        out.push(char);
    }
    out
}

#[cfg(test)]
mod tests {
    use safe_map_analysis::source::FileId;
    use safe_map_analysis::span::Span;
    use safe_map_lints::{Confidence, Place};

    use super::*;

    fn finding(start: u32) -> Finding {
        Finding {
            lint: "double_lock",
            confidence: Confidence::Certain,
            message: String::new(),
            lock: Some("a::S.m".to_owned()),
            item: "S::f".to_owned(),
            primary: Place { file: FileId(0), span: Span::new(start, start + 1) },
            labels: Vec::new(),
            note: String::new(),
            help: String::new(),
            interleaving: Vec::new(),
            fixes: Vec::new(),
            in_test: false,
        }
    }

    #[test]
    fn lines_may_shift_and_break() {
        let before = Fingerprints::default().next(&finding(3), "a", "self.m.lock()");
        let after = Fingerprints::default().next(&finding(99), "a", "self.m\n    .lock()");
        assert_eq!(before, after);
        assert_eq!(normalized("insert(1, 2)"), normalized("insert(\n    1,\n    2,\n)"));
    }

    #[test]
    fn twins_are_told_apart_by_their_order() {
        let mut fingerprints = Fingerprints::default();
        let first = fingerprints.next(&finding(3), "a", "self.m.lock()");
        assert_ne!(first, fingerprints.next(&finding(9), "a", "self.m.lock()"));
    }
}
