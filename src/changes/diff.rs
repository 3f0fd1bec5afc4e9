//! Unified diffs: which lines of which file are new. Everything is bytes: paths and lines need not be UTF-8.

use std::collections::BTreeMap;

use super::lines::Lines;

/// The changed files of a diff by their new path as it is written, without quotes.
pub(super) fn parse(bytes: &[u8]) -> BTreeMap<Vec<u8>, Lines> {
    let mut files: BTreeMap<Vec<u8>, Lines> = BTreeMap::new();
    let mut lines = bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut current: Option<Vec<u8>> = None;
    while let Some(line) = lines.next() {
        if let Some(path) = line.strip_prefix(b"+++ ") {
            current = new_path(path);
        } else if let Some(head) = hunk_head(line) {
            let hunk = head.read(&mut lines);
            if let Some(path) = &current {
                hunk.into_iter().for_each(|run| run.tell(files.entry(path.clone()).or_default()));
            }
        }
    }
    files
}

/// Whether there is a diff in the text, or nothing at all: no difference is a diff too.
pub(super) fn is_diff(bytes: &[u8]) -> bool {
    let is_head = |line: &[u8]| line.starts_with(b"diff ") || line.starts_with(b"+++ ");
    bytes.iter().all(u8::is_ascii_whitespace) || bytes.split(|byte| *byte == b'\n').any(is_head)
}

/// How a path of a diff may be meant, the likeliest first: without the `b/` of git, as it is, without the directory that
/// `diff -r` was given.
pub(super) fn spellings(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slash = path.iter().position(|byte| *byte == b'/');
    let short = slash.map(|slash| &path[slash + 1..]);
    let prefix = short.filter(|_| slash == Some(1));
    prefix.into_iter().chain([path]).chain(short)
}

fn new_path(written: &[u8]) -> Option<Vec<u8>> {
    let path = match written.strip_prefix(b"\"") {
        Some(quoted) => unquoted(quoted),
        // `diff -u` writes the time behind a tab, and so does git behind a name with spaces.
        None => written.split(|byte| *byte == b'\t').next().unwrap_or_default().to_vec(),
    };
    (path != b"/dev/null").then_some(path)
}

/// A name in C's escapes, up to its closing quote.
fn unquoted(quoted: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = quoted.iter().copied();
    while let Some(byte) = rest.next().filter(|byte| *byte != b'"') {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match rest.next() {
            Some(first @ b'0'..=b'3') => {
                let digits = [first].into_iter().chain(rest.by_ref().take(2));
                out.push(digits.fold(0u8, |value, digit| (value << 3) | (digit.wrapping_sub(b'0') & 7)));
            }
            Some(b'n') => out.push(b'\n'),
            Some(b't') => out.push(b'\t'),
            Some(b'r') => out.push(b'\r'),
            Some(b'a') => out.push(7),
            Some(b'b') => out.push(8),
            Some(b'v') => out.push(11),
            Some(b'f') => out.push(12),
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

/// `@@ -old,count +new,count @@`.
struct Head {
    old_count: u32,
    new_start: u32,
    new_count: u32,
}

fn hunk_head(line: &[u8]) -> Option<Head> {
    let text = line.strip_prefix(b"@@ -")?;
    let text = std::str::from_utf8(text.split(|byte| *byte == b'@').next()?).ok()?;
    let (old, new) = text.trim_end().split_once(" +")?;
    let (_, old_count) = range(old)?;
    let (new_start, new_count) = range(new)?;
    Some(Head { old_count, new_start, new_count })
}

fn range(text: &str) -> Option<(u32, u32)> {
    match text.split_once(',') {
        Some((start, count)) => Some((start.parse().ok()?, count.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    }
}

/// Lines that went and lines that came at one place.
#[derive(Default)]
struct Run {
    /// The first new line, or the one behind what went.
    at: u32,
    added: u32,
    ends_removed: u32,
    ends_added: u32,
    removed: u32,
}

impl Head {
    /// Reads the lines of the hunk and no more: what they say may look like a head.
    fn read<'a>(&self, lines: &mut impl Iterator<Item = &'a [u8]>) -> Vec<Run> {
        // The place of no line is named by the line before it.
        let mut at = if self.new_count == 0 { self.new_start.saturating_add(1) } else { self.new_start };
        let (mut old, mut new) = (self.old_count, self.new_count);
        let mut runs = Vec::new();
        let mut run = Run { at, ..Run::default() };
        while old > 0 || new > 0 {
            let Some(line) = lines.next() else { break };
            match line.first() {
                Some(b'+') if new > 0 => {
                    new -= 1;
                    at = at.saturating_add(1);
                    run.added += 1;
                    run.ends_added += ends(line);
                }
                Some(b'-') if old > 0 => {
                    old -= 1;
                    run.removed += 1;
                    run.ends_removed += ends(line);
                }
                Some(b'\\') => {}
                _ => {
                    (old, new) = (old.saturating_sub(1), new.saturating_sub(1));
                    at = at.saturating_add(1);
                    runs.push(std::mem::replace(&mut run, Run { at, ..Run::default() }));
                }
            }
        }
        runs.push(run);
        runs
    }
}

/// How many scopes a line may end.
fn ends(line: &[u8]) -> u32 {
    let braces = line.iter().filter(|byte| **byte == b'}').count();
    let drops = line.windows(5).filter(|it| it == b"drop(").count();
    (braces + drops) as u32
}

impl Run {
    fn tell(&self, lines: &mut Lines) {
        let Run { at, added, removed, .. } = *self;
        let around = at.saturating_sub(1)..=at.saturating_add(added);
        if added > 0 {
            lines.add(at..=at.saturating_add(added - 1));
        } else if removed > 0 {
            lines.remove(around.clone());
        }
        if self.ends_removed > self.ends_added {
            lines.cut(around);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(diff: &str, path: &str) -> Lines {
        parse(diff.as_bytes()).remove(path.as_bytes()).unwrap_or_default()
    }

    fn touched(diff: &str, path: &str) -> Vec<u32> {
        let lines = lines_of(diff, path);
        (1..40).filter(|line| lines.touch(&(*line..=*line))).collect()
    }

    #[test]
    fn new_lines_count_and_context_does_not() {
        let diff = "--- a/x.rs\n+++ b/x.rs\n@@ -1,3 +1,4 @@ fn f() {\n one\n-two\n+2\n+2.5\n three\n@@ -9 +10 @@\n-a\n+b\n";
        assert_eq!(touched(diff, "b/x.rs"), [2, 3, 10]);
        assert_eq!(touched(&diff.replace('\n', "\r\n"), "b/x.rs"), [2, 3, 10]);
    }

    #[test]
    fn what_went_touches_its_neighbours() {
        assert_eq!(touched("+++ b/x.rs\n@@ -5,2 +4,0 @@\n-a\n-b\n", "b/x.rs"), [4, 5]);
        assert_eq!(touched("+++ b/x.rs\n@@ -1,2 +1 @@\n-a\n b\n", "b/x.rs"), [1]);
    }

    #[test]
    fn the_end_of_a_scope_that_went_cuts() {
        let cuts = |hunk: &str| lines_of(&format!("+++ b/x.rs\n{hunk}"), "b/x.rs").cut_into(&(2..=9));
        assert!(cuts("@@ -5 +4,0 @@\n-    drop(guard);\n"));
        assert!(cuts("@@ -5,2 +5 @@\n-    }\n-    a();\n+    b();\n"));
        assert!(!cuts("@@ -5 +5 @@\n-    } a();\n+    } b();\n"));
        assert!(!cuts("@@ -5 +4,0 @@\n-    a();\n"));
    }

    #[test]
    fn lines_that_look_like_heads_are_lines() {
        let diff = "+++ b/x.rs\n@@ -1,1 +1,2 @@\n--- a/y.rs\n+++ b/y.rs\n+@@ -7 +7 @@\n\\ No newline at end of file\n";
        assert_eq!(parse(diff.as_bytes()).len(), 1);
        assert_eq!(touched(diff, "b/x.rs"), [1, 2]);
    }

    #[test]
    fn paths_with_quotes_times_and_none_at_all() {
        let paths = |diff: &str| parse(diff.as_bytes()).into_keys().collect::<Vec<_>>();
        let hunk = "@@ -1 +1 @@\n-a\n+b\n";
        assert_eq!(paths(&format!("+++ \"b/\\303\\244 \\\"q\\\".rs\"\n{hunk}")), ["b/ä \"q\".rs".as_bytes()]);
        assert_eq!(paths(&format!("+++ b/a b.rs\t2026-01-01\n{hunk}")), [b"b/a b.rs"]);
        assert!(paths(&format!("+++ /dev/null\n{hunk}")).is_empty());
    }

    #[test]
    fn anything_is_read_without_a_panic() {
        for text in
            ["@@ -1 +4294967295 @@\n+a\n+b\n", "+++ b/x\n@@ -0,9 +0,9 @@\n", "@@ -a +b @@\n", "+++ \"b/\\3"]
        {
            parse(text.as_bytes());
            parse(format!("+++ b/x\n{text}").as_bytes());
        }
    }

    proptest::proptest! {
        #[test]
        fn any_hunks_are_read_without_a_panic(text in "(@@ -[0-9]{1,2},[0-9] \\+[0-9]{1,2},[0-9] @@\n|[-+ ]?[}a@\\\\\"]{0,3}\n|\\+\\+\\+ .{0,9}\n){0,9}") {
            let lines = parse(text.as_bytes());
            proptest::prop_assert!(lines.values().all(|it| !it.touch(&(200..=300))));
        }
    }

    #[test]
    fn no_difference_is_a_diff_and_prose_is_none() {
        assert!(is_diff(b"") && is_diff(b"\n") && is_diff(b"diff --git a/x b/x\nrename from x\n"));
        assert!(!is_diff(b"hello\n"));
    }
}
