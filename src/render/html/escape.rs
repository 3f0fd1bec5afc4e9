//! Text in HTML: nothing that a file, a type or a message says can become markup, or turn the direction of what is around it.

use crate::visible::{is_hidden, spell};

/// `text` as HTML text or as the value of a quoted attribute. Controls and marks of direction, which could hide what is
/// written, are spelled out.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        push(&mut out, c);
    }
    out
}

fn push(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        '\t' => out.push_str("    "),
        '\n' => out.push('\n'),
        _ if is_hidden(c) => spell(out, c),
        _ => out.push(c),
    }
}

/// A message: what stands in backticks is code.
pub(super) fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let part = |(index, part): (usize, &str)| match index % 2 {
        0 => escape(part),
        _ => format!("<code>{}</code>", escape(part)),
    };
    parts.map(part).collect()
}

/// A path or type, between whose parts a line may break.
pub(super) fn breakable(text: &str) -> String {
    escape(text)
        .replace("::", "::<wbr>")
        .replace('.', ".<wbr>")
        .replace("&lt;", "&lt;<wbr>")
        .replace(", ", ", <wbr>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_quotes_are_text() {
        assert_eq!(
            escape("</script><b a=\"x\" b='y'>&"),
            "&lt;/script&gt;&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp;"
        );
    }

    #[test]
    fn marks_of_direction_and_controls_are_spelled_out() {
        assert_eq!(escape("a\u{202e}b\u{0}\u{feff}"), "a\\u{202e}b\\u{0}\\u{feff}");
        assert_eq!(escape("שלום"), "שלום");
    }

    #[test]
    fn backticks_are_code() {
        assert_eq!(prose("guard of `a<b>` is"), "guard of <code>a&lt;b&gt;</code> is");
    }

    proptest::proptest! {
        #[test]
        fn no_text_leaves_its_place(text in ".*") {
            let escaped = escape(&text);
            let markup = ['<', '>', '"', '\'', char::from(0), '\u{202e}'];
            let found = escaped.contains(markup);
            proptest::prop_assert!(!found);
        }
    }
}
