//! A bound on how deep a file nests, before it is parsed: syn recurses, and overflows the stack of its thread on
//! input that need not hold one bracket (20,000 of `!`).
//!
//! Whatever nests costs at least one character of an operator, one bracket, or one word after another word
//! (`return return x`). The bound counts these up to the next separator and adds the counts of the brackets around.

use super::scan::{Piece, Scanner};

/// What one level costs syn, the lowering and both drops at most, in bytes of stack. Measured: 5.5 KB for nested blocks
/// in release, 7 KB in the test profile, where syn is optimised and this crate is not; less for everything else.
const BYTES_A_LEVEL: usize = if cfg!(debug_assertions) { 24 << 10 } else { 8 << 10 };

/// Up to here the calling thread does: a test's thread has 2 MB, a worker of ours 16 MB.
const CURRENT_BYTES: usize = 1 << 20;

/// A thread of our own has at least this.
const MIN_BYTES: usize = 16 << 20;

/// Beyond this a file is not parsed.
const MAX_BYTES: usize = 1 << 30;

/// Where a file can be parsed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stack {
    /// On the calling thread.
    Current,
    /// On a thread with a stack of so many bytes.
    Bytes(usize),
    /// Nowhere.
    TooDeep,
}

/// The stack that parsing `text` needs. `O(len)`.
pub(super) fn stack_for(text: &str) -> Stack {
    match bound(text).saturating_mul(BYTES_A_LEVEL) {
        ..=CURRENT_BYTES => Stack::Current,
        bytes @ ..=MAX_BYTES => Stack::Bytes(bytes.max(MIN_BYTES)),
        _ => Stack::TooDeep,
    }
}

/// How deep the syntax tree of `text` can be at most.
fn bound(text: &str) -> usize {
    let mut scanner = Scanner::new(text, 0);
    let mut depth = Depth { text: text.as_bytes(), ..Depth::default() };
    while let Some((piece, start)) = scanner.next() {
        depth.add(piece, start, scanner.at());
    }
    depth.max
}

/// The levels open inside of one bracket.
#[derive(Clone, Copy, Default)]
struct Level {
    /// The count when the bracket was opened.
    base: usize,
    /// What was counted since the last separator.
    run: usize,
    /// `<` without its `>`: a comma does not separate inside.
    angles: usize,
    /// Between the bars of a closure: a comma does not separate inside.
    in_bars: bool,
}

#[derive(Default)]
struct Depth<'a> {
    text: &'a [u8],
    outer: Vec<Level>,
    level: Level,
    last: Last,
    /// The last word.
    word: (usize, usize),
    max: usize,
}

/// What stood last, as far as it decides what the next piece is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Last {
    /// An operator or an opening bracket: an operand follows.
    #[default]
    Operator,
    /// `=`: with `>` it is the arrow of an arm.
    Equals,
    /// `-`: with `>` it is the arrow of a result.
    Minus,
    /// A name or a keyword.
    Word,
    /// A literal or a closing bracket.
    Operand,
    /// `}`, which may end a statement.
    Brace,
}

impl Depth<'_> {
    fn add(&mut self, piece: Piece, start: usize, end: usize) {
        if self.last == Last::Brace && starts_statement(piece, &self.text[start..end]) {
            self.level.run = 0;
        }
        self.last = match piece {
            Piece::Word => self.word(start, end),
            Piece::Literal => Last::Operand,
            Piece::Open(_) => self.open(),
            Piece::Close(bracket) => self.close(bracket),
            Piece::Punct(byte) => self.punct(byte, self.text.get(end).copied().unwrap_or(0)),
        };
        self.max = self.max.max(self.level.base + self.level.run);
    }

    fn word(&mut self, start: usize, end: usize) -> Last {
        self.level.run += usize::from(self.last == Last::Word);
        self.word = (start, end);
        Last::Word
    }

    fn open(&mut self) -> Last {
        self.level.run += 1;
        self.outer.push(self.level);
        self.level = Level { base: self.level.base + self.level.run, ..Level::default() };
        Last::Operator
    }

    fn close(&mut self, bracket: u8) -> Last {
        self.level = self.outer.pop().unwrap_or_default();
        if bracket == b'}' { Last::Brace } else { Last::Operand }
    }

    fn punct(&mut self, byte: u8, next: u8) -> Last {
        self.separate(byte, next);
        self.level.run += usize::from(byte != b';');
        match byte {
            b'=' => Last::Equals,
            b'-' => Last::Minus,
            b'?' => Last::Operand,
            _ => Last::Operator,
        }
    }

    /// Starts the count anew after a separator, and follows what keeps a comma from being one.
    fn separate(&mut self, byte: u8, next: u8) {
        let opens_bars = byte == b'|' && next != b'|' && self.expects_operand();
        let level = &mut self.level;
        match byte {
            b';' => *level = Level { base: level.base, ..Level::default() },
            b'>' if self.last == Last::Equals => *level = Level { base: level.base, ..Level::default() },
            b'>' if self.last == Last::Minus => {}
            b',' if level.angles == 0 && !level.in_bars => level.run = 0,
            b'<' if next != b'=' => level.angles += 1,
            b'>' => level.angles = level.angles.saturating_sub(1),
            b'|' => level.in_bars = !level.in_bars && opens_bars,
            _ => {}
        }
    }

    fn expects_operand(&self) -> bool {
        match self.last {
            Last::Operator | Last::Equals | Last::Minus | Last::Brace => true,
            Last::Word => is_keyword(&self.text[self.word.0..self.word.1]),
            Last::Operand => false,
        }
    }
}

/// Words after which a bar opens a closure.
fn is_keyword(word: &[u8]) -> bool {
    matches!(
        word,
        b"move"
            | b"return"
            | b"break"
            | b"else"
            | b"in"
            | b"match"
            | b"if"
            | b"while"
            | b"async"
            | b"static"
            | b"const"
            | b"yield"
    )
}

/// Whether what follows `}` is another statement rather than more of the expression that the brace ended.
fn starts_statement(piece: Piece, text: &[u8]) -> bool {
    match piece {
        Piece::Word => text != b"else" && text != b"as",
        Piece::Literal | Piece::Open(b'{') | Piece::Punct(b'#') => true,
        Piece::Open(_) | Piece::Close(_) | Piece::Punct(_) => false,
    }
}
