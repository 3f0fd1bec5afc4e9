//! What may stand before the Rust in a file: a BOM, a shebang, a frontmatter. It is skipped, and positions start after it.

/// The length of everything before the first line of Rust.
pub(super) fn len(text: &str) -> usize {
    let bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let shebang = bom + shebang(&text[bom..]);
    shebang + frontmatter(&text[shebang..])
}

/// `#!/usr/bin/env ..`, without its newline; `#![..]` is an attribute.
fn shebang(text: &str) -> usize {
    let Some(rest) = text.strip_prefix("#!") else { return 0 };
    if is_attribute(rest) {
        return 0;
    }
    text.find('\n').unwrap_or(text.len())
}

/// rustc and syn look past white space and comments for the bracket.
fn is_attribute(mut rest: &str) -> bool {
    loop {
        rest = rest.trim_start();
        let comment = match rest.get(..2) {
            Some("//") => rest.find('\n'),
            Some("/*") => rest.find("*/").map(|end| end + 2),
            _ => return rest.starts_with('['),
        };
        let Some(end) = comment else { return false };
        rest = &rest[end..];
    }
}

/// `---` up to the line that repeats it, with that line. Three dashes or more, an info string after the first.
fn frontmatter(text: &str) -> usize {
    let start = text.len() - text.trim_start().len();
    let body = &text[start..];
    let dashes = body.bytes().take_while(|byte| *byte == b'-').count();
    if dashes < 3 {
        return 0;
    }
    let mut end = start + body.find('\n').unwrap_or(body.len());
    for line in text[end..].split_inclusive('\n') {
        end += line.len();
        let closing = line.trim_end();
        if closing.len() == dashes && closing.bytes().all(|byte| byte == b'-') {
            return end;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bom_a_shebang_and_a_frontmatter_are_skipped() {
        assert_eq!(len("fn f() {}"), 0);
        assert_eq!(len("\u{feff}fn f() {}"), 3);
        assert_eq!(len("#!/bin/sh\nfn f() {}"), 9);
        assert_eq!(len("\u{feff}#!/bin/sh"), 12);
        assert_eq!(len("#!/bin/sh\n---cargo\n[a]\n---\nfn f() {}"), "#!/bin/sh\n---cargo\n[a]\n---\n".len());
        assert_eq!(len("----\n---\n----\r\nx"), "----\n---\n----\r\n".len());
    }

    #[test]
    fn attributes_and_open_frontmatters_are_not() {
        assert_eq!(len("#![allow(x)]"), 0);
        assert_eq!(len("#! /* a */ // b\n [allow(x)]"), 0);
        assert_eq!(len("---\nfn f() {}"), 0);
    }
}
