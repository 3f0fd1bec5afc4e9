//! "Did you mean": the nearest of the known names.

use crate::failure::Failure;

/// The candidate nearest to `word`, if it is near enough to be a slip of the hand.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    let scored = candidates.into_iter().map(|it| (distance(word, it), it));
    scored.filter(|(distance, _)| *distance <= limit).min().map(|(_, it)| it)
}

/// Adds "did you mean" to a failure where there is something to suggest.
pub(crate) fn add_nearest<'a>(
    failure: Failure,
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Failure {
    match nearest(word, candidates) {
        Some(found) => failure.with_help(format!("did you mean `{found}`?")),
        None => failure,
    }
}

/// The edit distance with `-` and `_` alike; two letters in the wrong order are one slip.
fn distance(a: &str, b: &str) -> usize {
    let fold = |word: &str| word.replace('-', "_").to_ascii_lowercase();
    strsim::osa_distance(&fold(a), &fold(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let known = ["double_lock", "guard_leak"];
        assert_eq!(nearest("doble-lock", known), Some("double_lock"));
        assert_eq!(nearest("gaurd_leak", known), Some("guard_leak"));
        assert_eq!(nearest("banana", known), None);
        assert_eq!(nearest("lits", ["list", "held"]), Some("list"));
    }
}
