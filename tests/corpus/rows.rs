//! The rows of `tests/corpus.jsonl`: where a lint has something to find in public code. Facts only.

use serde::Deserialize;

/// One place in one commit.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    /// The lint that is to speak, or to be silent.
    pub(crate) lint: String,
    /// `owner/name`.
    pub(crate) repo: String,
    /// 40 hexadecimal digits.
    pub(crate) commit: String,
    /// The file of the lines.
    pub(crate) path: String,
    /// Where the guard is taken, the first access is, or the thing is declared. 1-based.
    pub(crate) acquire: u32,
    /// Where it goes wrong: the await, the second acquire, the removal. 1-based.
    pub(crate) hazard: u32,
    /// The file of the hazard, where it is another one.
    #[serde(default)]
    pub(crate) hazard_path: Option<String>,
    /// Whether the lint is to speak.
    pub(crate) expect: Expect,
}

/// What is right.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Expect {
    /// A bug that the lint names.
    Report,
    /// Looks like one and is none.
    Silent,
}

impl Row {
    /// The two places of the row.
    pub(crate) fn places(&self) -> [(&str, u32); 2] {
        let hazard_path = self.hazard_path.as_deref().unwrap_or(&self.path);
        [(&self.path, self.acquire), (hazard_path, self.hazard)]
    }
}

/// Every row of the file.
pub(crate) fn rows() -> Vec<Row> {
    let text = include_str!("../corpus.jsonl");
    let parse = |(at, line)| {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("tests/corpus.jsonl:{}: {error}", at + 1))
    };
    text.lines().enumerate().map(parse).collect()
}
