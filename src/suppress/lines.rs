//! The lines of a text, and what follows each of them. Built once a file, in one pass.

use safe_map_analysis::span::LineIndex;

/// What follows each line.
#[derive(Debug)]
pub(super) struct Lines {
    index: LineIndex,
    following: Vec<Following>,
}

/// What stands on a line or behind it.
#[derive(Clone, Copy, Debug)]
struct Following {
    code: Option<Code>,
    /// The first line that ends a statement or opens a block, or one past the last.
    head_end: u32,
}

/// A line with code on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code {
    /// The 0-based line.
    pub(super) line: u32,
    /// Its first byte that is no white space.
    pub(super) offset: u32,
}

impl Lines {
    pub(super) fn new(text: &str) -> Lines {
        let mut lines = Vec::new();
        let mut offset = 0;
        for line in text.split_inclusive('\n') {
            lines.push((offset, line));
            offset += line.len();
        }
        let mut next = Following { code: None, head_end: lines.len() as u32 };
        let mut following = vec![next; lines.len()];
        for (number, (offset, line)) in lines.into_iter().enumerate().rev() {
            next = next.behind(number as u32, offset, line);
            following[number] = next;
        }
        Lines { index: LineIndex::new(text), following }
    }

    /// The first code below the line that holds `byte`; comments and empty lines are passed over.
    pub(super) fn code_below(&self, byte: u32) -> Option<Code> {
        self.following.get(self.index.line_of(byte) + 1)?.code
    }

    /// The last line of a statement's head that starts on `line`: the first that ends a statement or opens a block.
    pub(super) fn head_end(&self, line: u32) -> u32 {
        self.following.get(line as usize).map_or(line, |it| it.head_end)
    }
}

impl Following {
    /// What follows from `line` on, where this follows from the next.
    fn behind(self, number: u32, offset: usize, line: &str) -> Following {
        let code = line.trim_start();
        let is_comment = code.starts_with("//") && !code.starts_with("///");
        let is_code = !is_comment && !code.trim_end().is_empty();
        let own = Code { line: number, offset: (offset + line.len() - code.len()) as u32 };
        let ends = line.trim_end().ends_with([';', '{', '}', ',']);
        Following {
            code: if is_code { Some(own) } else { self.code },
            head_end: if ends { number } else { self.head_end },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_with_its_statement_or_before_its_block() {
        let head = |text: &str| Lines::new(text).head_end(0);
        assert_eq!(head("let x = a;\nb;"), 0);
        assert_eq!(head("let x = self\n    .m\n    .lock();\nb;"), 2);
        assert_eq!(head("for x in m\n    .iter() {\n  b;\n}"), 1);
    }

    #[test]
    fn comments_and_empty_lines_are_passed_over() {
        let text = "// a\n\n  // b\n/// Documented.\nfn f() {}\n// c";
        let lines = Lines::new(text);
        assert_eq!(lines.code_below(0), Some(Code { line: 3, offset: 13 }));
        assert_eq!(lines.code_below(text.len() as u32 - 1), None);
    }
}
