//! The public functions of the crate, as they are written: so that a test can ask that none is forgotten.
//!
//! A scan of lines, which knows the style of this crate and no other: documentation, attributes, `pub fn`, and the signature up
//! to its body.

use std::{fs, path::Path};

/// A public function.
#[derive(Debug)]
pub(crate) struct PubFn {
    /// The path below `src`.
    pub(crate) file: String,
    /// The line of its name.
    pub(crate) line: usize,
    /// Its name.
    pub(crate) name: String,
    /// From `pub fn` to the body, on one line.
    pub(crate) signature: String,
    /// Its documentation: text, and pieces of it that a macro puts together, as they are written.
    pub(crate) docs: Vec<String>,
}

impl PubFn {
    /// Whether it is a method of something that is there.
    pub(crate) fn has_self(&self) -> bool {
        self.signature.contains("&self")
    }

    /// How much of the user's code it is given: closures, iterators and futures.
    pub(crate) fn closures(&self) -> usize {
        let kinds = ["impl FnOnce", "impl FnMut", "impl Fn(", "impl IntoIterator", "impl Future"];
        kinds.iter().map(|kind| self.parameters().matches(kind).count()).sum()
    }

    /// What is between the outermost parentheses.
    fn parameters(&self) -> &str {
        let Some(start) = self.signature.find('(') else { return "" };
        let mut depth = 0_usize;
        for (at, char) in self.signature[start..].char_indices() {
            match char {
                '(' => depth += 1,
                ')' if depth == 1 => return &self.signature[start..start + at],
                ')' => depth -= 1,
                _ => (),
            }
        }
        &self.signature[start..]
    }

    /// Where it is.
    pub(crate) fn place(&self) -> String {
        format!("src/{}:{}: `{}`", self.file, self.line, self.name)
    }
}

/// The public functions of a file or folder below `src`.
pub(crate) fn public_functions(path: &str) -> Vec<PubFn> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut out = Vec::new();
    visit(&src, &src.join(path), &mut out);
    assert!(!out.is_empty(), "there is no public function in src/{path}");
    out
}

fn visit(src: &Path, path: &Path, out: &mut Vec<PubFn>) {
    if path.is_dir() {
        let entries = fs::read_dir(path).expect("the sources can be read");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("as before").path()).collect();
        paths.sort();
        paths.iter().for_each(|path| visit(src, path, out));
        return;
    }
    let text = fs::read_to_string(path).expect("the sources can be read");
    let name = path.strip_prefix(src).expect("it is below them").to_string_lossy().replace('\\', "/");
    scan(&name, &text, out);
}

fn scan(file: &str, text: &str, out: &mut Vec<PubFn>) {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut docs = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if let Some(doc) = line.strip_prefix("///").or(line.strip_prefix("#[doc = ")) {
            docs.push(doc.trim_start().to_owned());
        } else if let Some(name) = name_of(line) {
            let signature = signature(&lines[at..]);
            out.push(PubFn {
                file: file.to_owned(),
                line: at + 1,
                name: name.to_owned(),
                signature,
                docs: std::mem::take(&mut docs),
            });
        } else if !line.starts_with("#[") {
            docs.clear();
        }
    }
}

fn name_of(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub ")?;
    let rest = rest.strip_prefix("const ").unwrap_or(rest).strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

fn signature(lines: &[&str]) -> String {
    let end = lines.iter().position(|line| line.ends_with('{') || line.contains("{ ")).unwrap_or(0);
    lines[..=end].join(" ")
}
