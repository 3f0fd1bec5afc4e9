//! Source excerpts for miette by line index, in the visible form of the file. Its own implementation for strings scans the whole text for every label.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use safe_map_analysis::span::{LineIndex, Span};

use crate::report::SourceText;

/// Lines longer than this are generated or minified, and drawing them hides the finding.
const MAX_LINE_BYTES: u32 = 500;

/// One file as miette reads it.
pub(super) struct Excerpt<'a> {
    /// Its path as reports write it.
    pub(super) name: String,
    /// The file.
    pub(super) file: &'a SourceText,
}

impl SourceCode for Excerpt<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let visible = self.file.visible();
        let (text, index) = (&*visible.text, &visible.index);
        let end = span.offset() + span.len();
        if end > text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let first = index.line_of(span.offset() as u32).saturating_sub(before);
        let last = (index.line_of(end as u32) + after).min(index.lines() - 1);
        let start = index.line_start(first) as usize;
        let stop = line_end(index, text, last) as usize;
        let shown = SourceSpan::from((start, stop - start));
        let data = &text.as_bytes()[start..stop];
        // Without lines around it is asked for a place, and not for text.
        let column = if before == 0 { self.column(span.offset() as u32) } else { 0 };
        let name = self.name.clone();
        Ok(Box::new(MietteSpanContents::new_named(name, data, shown, first, column, last - first + 1)))
    }
}

impl Excerpt<'_> {
    /// The 0-based column in the file of a byte of the visible text.
    fn column(&self, byte: u32) -> usize {
        let byte = self.file.visible().in_file(byte);
        self.file.index().line_column(&self.file.text, byte).column as usize - 1
    }
}

/// The end of a 0-based line, its newline excluded.
fn line_end(index: &LineIndex, text: &str, line: usize) -> u32 {
    if line + 1 >= index.lines() { text.len() as u32 } else { index.line_start(line + 1) - 1 }
}

/// The part of `span` on its first line: a label over a whole function would draw all of it.
pub(super) fn first_line(file: &SourceText, span: Span) -> Span {
    let index = file.index();
    let end = line_end(index, &file.text, index.line_of(span.start));
    let line = Span::new(span.start, end.min(span.end)).text(&file.text);
    Span::new(span.start, span.start + line.trim_end().len() as u32)
}

/// Whether the lines around `span` can be drawn.
pub(super) fn is_drawable(file: &SourceText, span: Span) -> bool {
    let index = file.index();
    let line = index.line_of(span.start);
    let around = line.saturating_sub(1)..(line + 2).min(index.lines());
    around.into_iter().all(|line| {
        line_end(index, &file.text, line).saturating_sub(index.line_start(line)) <= MAX_LINE_BYTES
    })
}
