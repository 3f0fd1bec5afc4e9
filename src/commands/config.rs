//! `config`: what is configured, and what can be.

use std::fmt::Write as _;

use super::current_dir;
use crate::cli::{ConfigCommand, ShowArgs};
use crate::config::{self, Effective, Level};
use crate::exit;
use crate::failure::Failure;
use crate::output;
use crate::visible;
use crate::workspace::{self, Request};

/// Answers `config show` and `config schema`.
///
/// # Errors
///
/// Where the configuration cannot be read.
pub(super) fn run(command: &ConfigCommand) -> Result<u8, Failure> {
    match command {
        ConfigCommand::Show(args) => show(args)?,
        ConfigCommand::Schema => output::print(&format!("{:#}\n", config::schema()))?,
    }
    Ok(exit::CLEAN)
}

fn show(args: &ShowArgs) -> Result<(), Failure> {
    let asked = args.levels.asked()?;
    let request = Request {
        paths: args.path.iter().cloned().collect(),
        config: args.file.config.clone(),
        cwd: current_dir()?,
        ..Request::default()
    };
    let survey = workspace::survey(&request)?;
    let config = config::load(survey.search(&request))?;
    let effective = config::show(&config, &asked);
    for note in &config.notes {
        output::note(&format!("note: {note}"));
    }
    output::print(&if args.json { json(&effective) } else { visible::text(&text(&effective)).into_owned() })
}

fn json(effective: &Effective) -> String {
    let text = serde_json::to_string_pretty(effective).expect("it holds only strings, numbers and lists");
    format!("{text}\n")
}

fn text(effective: &Effective) -> String {
    let mut out = String::new();
    let files = effective.files.iter().map(|it| [it.as_str(), ""]);
    section(&mut out, "files", files.collect());
    let said = |it: &config::Said| [it.value.clone(), it.from.clone()];
    section(&mut out, "required version", effective.required_version.iter().map(said).collect());
    section(&mut out, "excluded", effective.exclude.iter().map(said).collect());
    section(&mut out, "lints", effective.lints.iter().chain(&effective.warnings).map(level).collect());
    if effective.cap != "deny" {
        section(&mut out, "nothing above", vec![[effective.cap, "--cap-lints"]]);
    }
    for it in &effective.paths {
        section(&mut out, &format!("lints in `{}`", it.path), it.lints.iter().map(level).collect());
    }
    let described = effective.knowledge.iter().map(|it| [it.kind, &it.name, &it.from]);
    section(&mut out, "known besides", described.collect());
    let orders = effective
        .lock_orders
        .iter()
        .map(|it| [format!("{} then {}", it.first, it.then), it.reason.clone(), it.from.clone()]);
    section(&mut out, "allowed lock orders", orders.collect());
    out
}

fn level(it: &Level) -> [&str; 3] {
    [it.name, it.level, &it.from]
}

/// A heading and its rows, in columns; nothing where there are no rows.
fn section<const N: usize, T: AsRef<str>>(out: &mut String, title: &str, rows: Vec<[T; N]>) {
    if rows.is_empty() {
        return;
    }
    let gap = if out.is_empty() { "" } else { "\n" };
    let _ = writeln!(out, "{gap}{title}");
    let width =
        |column: usize| rows.iter().map(|row| row[column].as_ref().chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{:width$}", cell.as_ref()));
        let line = cells.collect::<Vec<_>>().join("  ");
        let _ = writeln!(out, "  {}", line.trim_end());
    }
}
