//! `init`: writes what is missing, shows what is to be added to files that are there already, and overwrites nothing.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};

use super::current_dir;
use crate::cli::{InitArgs, Part};
use crate::exit;
use crate::failure::Failure;
use crate::init::{Ci, Piece, Places};
use crate::output;

/// What a file says that knows the command already.
const MENTION: &str = "safe-map-lint";

/// What became of a piece.
enum Done {
    Written,
    There,
    ToAdd,
}

/// Writes the pieces that were asked for, and says what it did.
///
/// # Errors
///
/// Where a file cannot be read or written.
pub(super) fn run(args: &InitArgs) -> Result<u8, Failure> {
    let places = Places::around(&current_dir()?);
    let mut out = String::new();
    for piece in pieces(&places, &args.parts) {
        let done = place(&piece).map_err(|error| cannot(&piece, &error))?;
        describe(&mut out, &places.short(&piece.path), &piece, &done);
    }
    out.push_str(&format!("{}\n", places.describe()));
    out.push_str("`cargo safe-map-lint baseline update` writes down what is found already, so that only new findings fail\n");
    output::print(&out)?;
    Ok(exit::CLEAN)
}

fn pieces(places: &Places, parts: &[Part]) -> Vec<Piece> {
    let job = match places.ci() {
        Ci::Github => Part::Github,
        Ci::Gitlab => Part::Gitlab,
    };
    let usual = [job, Part::PreCommit, Part::Vscode];
    let parts = if parts.is_empty() { &usual } else { parts };
    let piece = |part: &Part| match part {
        Part::Github => places.job(Ci::Github),
        Part::Gitlab => places.job(Ci::Gitlab),
        Part::PreCommit => places.hook(),
        Part::Vscode => places.editor(),
    };
    parts.iter().map(piece).collect()
}

fn place(piece: &Piece) -> std::io::Result<Done> {
    if let Some(dir) = piece.path.parent() {
        std::fs::create_dir_all(dir)?;
    }
    // A file that comes into being meanwhile is somebody else's too.
    match OpenOptions::new().write(true).create_new(true).open(&piece.path) {
        Ok(mut file) => match file.write_all(piece.whole.as_bytes()) {
            Ok(()) => Ok(Done::Written),
            Err(error) => {
                // Half a file would be taken for a whole one the next time.
                let _ = std::fs::remove_file(&piece.path);
                Err(error)
            }
        },
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let text = std::fs::read(&piece.path)?;
            let mentions = String::from_utf8_lossy(&text).contains(MENTION);
            Ok(if mentions { Done::There } else { Done::ToAdd })
        }
        Err(error) => Err(error),
    }
}

fn cannot(piece: &Piece, error: &std::io::Error) -> Failure {
    Failure::usage(format!("`{}` cannot be written: {error}", piece.path.display()))
}

fn describe(out: &mut String, name: &str, piece: &Piece, done: &Done) {
    let purpose = piece.purpose;
    // Writing to a string does not fail.
    let _ = match done {
        Done::Written => writeln!(out, "wrote `{name}`: {purpose}"),
        Done::There => writeln!(out, "`{name}` knows safe-map-lint already and stays as it is"),
        Done::ToAdd => {
            writeln!(
                out,
                "`{name}` is there already and stays as it is; add to it what {purpose}:\n\n{}",
                piece.part
            )
        }
    };
}
