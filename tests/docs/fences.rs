//! The fenced blocks of a page, and the commands in them.

/// A command of a page, with the line that it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// 1-based.
    pub(crate) line: usize,
    /// As it is written, without the prompt, on one line.
    pub(crate) text: String,
    /// What the block says it is.
    pub(crate) kind: Kind,
}

/// The kind of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `console`: lines with `$ ` are run one after the other.
    Console,
    /// `sh`: every line is a command that is shown and not run.
    Shell,
    /// `yaml`: the configuration of somebody else's tool, with commands in it.
    Yaml,
}

impl Kind {
    fn of(info: &str) -> Option<Kind> {
        match info.split(',').next() {
            Some("console") => Some(Kind::Console),
            Some("sh") => Some(Kind::Shell),
            Some("yaml") => Some(Kind::Yaml),
            _ => None,
        }
    }

    /// The command on a line, if it has one.
    fn command(self, line: &str) -> Option<&str> {
        match self {
            Kind::Console => line.strip_prefix("$ "),
            Kind::Shell => Some(line).filter(|it| !it.trim().is_empty() && !it.starts_with('#')),
            Kind::Yaml => line.find("cargo safe-map-lint").map(|at| &line[at..]),
        }
    }
}

/// The commands of a page, in its order. A `\` at the end of a line joins the next one to it.
pub(crate) fn commands(page: &str) -> Vec<Command> {
    let mut found = Vec::new();
    let mut open: Option<Option<Kind>> = None;
    let mut lines = page.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        match (open, line.trim_start().strip_prefix("```")) {
            (None, Some(info)) => open = Some(Kind::of(info)),
            (Some(_), Some(_)) => open = None,
            (Some(Some(kind)), None) => {
                let Some(first) = kind.command(line) else { continue };
                let mut text = first.to_owned();
                while let Some(joined) = text.strip_suffix('\\') {
                    let rest = lines.next().map_or("", |(_, line)| line.trim_start());
                    text = format!("{joined}{rest}");
                }
                found.push(Command { line: at + 1, text, kind });
            }
            _ => {}
        }
    }
    found
}

#[test]
fn commands_are_found_in_their_blocks_and_nowhere_else() {
    let page = "$ no\n```console\n$ cargo a \\\n    --b\nout\n```\n```text\n$ no\n```\n```sh\n# c\ncargo d\n```\n```yaml\n- run: cargo safe-map-lint -q\n```\n";
    let found: Vec<(usize, String)> = commands(page).into_iter().map(|it| (it.line, it.text)).collect();
    let expected = [(3, "cargo a --b"), (12, "cargo d"), (15, "cargo safe-map-lint -q")];
    assert_eq!(found, expected.map(|(line, text)| (line, text.to_owned())));
}
