//! How `check` shows a report: files first, then standard output, then notes on standard error.

use std::path::Path;

use super::outputs;
use crate::atomic;
use crate::cli::{CheckArgs, ErrorOn, MessageFormat};
use crate::failure::Failure;
use crate::output::{self, Look, Style};
use crate::render::summary::{self, Detail};
use crate::render::{
    self, Failing, Outcome, PathBase, Paths, Shown, Statistics, Suppressed, View, scoped, statistics,
};
use crate::report::Report;

/// How wide a report for people is in a file.
const FILE_WIDTH: usize = 110;

/// Shows `report`.
///
/// # Errors
///
/// Where it cannot be written.
pub(super) fn show(args: &CheckArgs, report: &Report, cwd: &Path, beside: Outcome) -> Result<(), Failure> {
    outputs::check_read(args, report)?;
    let views = Views { args, report, cwd, beside };
    let files = args.formats.files.iter().map(|it| (it.path.as_path(), views.in_file(it.format)));
    atomic::write(&files.collect::<Vec<_>>())?;
    output::print(&views.on_terminal(args.output.message_format))?;
    for line in views.notes() {
        output::note(&line);
    }
    Ok(())
}

/// What the texts of one run share.
struct Views<'a> {
    args: &'a CheckArgs,
    report: &'a Report,
    cwd: &'a Path,
    beside: Outcome,
}

impl Views<'_> {
    /// A file is for everybody, so that the terminal says nothing about its look.
    fn in_file(&self, format: MessageFormat) -> String {
        self.render(format, Look { style: Style::Plain, width: FILE_WIDTH })
    }

    fn on_terminal(&self, format: MessageFormat) -> String {
        self.render(format, Look::detect(self.args.output.color))
    }

    fn base(&self, format: MessageFormat) -> PathBase {
        self.args.path_base.base(match format {
            _ if format.is_for_ci() => PathBase::Vcs,
            // Its readers put paths behind the root of the workspace, which a directory that is named need not be.
            MessageFormat::RustcJson if !self.args.paths.is_empty() => PathBase::Absolute,
            _ => PathBase::Workspace,
        })
    }

    fn paths(&self, format: MessageFormat) -> Paths {
        Paths::new(&self.report.root, self.base(format), self.cwd)
    }

    fn render(&self, format: MessageFormat, look: Look) -> String {
        let options = &self.args.output;
        let suppressed = if options.show_suppressed { Suppressed::Show } else { Suppressed::Hide };
        let view = View {
            report: self.report,
            shown: Shown {
                suppressed,
                limit: options.max_diagnostics,
                group_by: options.group_by,
                statistics: if options.statistics { Statistics::Show } else { Statistics::Hide },
                failing: self.failing(),
            },
            paths: self.paths(format),
            look,
            beside: self.beside,
        };
        render::render(format, &view)
    }
}

impl Views<'_> {
    fn failing(&self) -> Failing {
        Failing {
            findings: self.fails_on(ErrorOn::New),
            unused_suppressions: self.fails_on(ErrorOn::UnusedSuppression),
            incomplete: self.fails_on(ErrorOn::Incomplete),
        }
    }

    fn fails_on(&self, what: ErrorOn) -> bool {
        self.args.running.error_on.contains(&what)
    }

    /// What standard error gets. A clean run in a format for people says one line.
    fn notes(&self) -> Vec<String> {
        let (options, report) = (&self.args.output, self.report);
        let mut lines = Vec::new();
        let detail = if options.verbose { Detail::All } else { Detail::Some };
        if !options.quiet {
            lines.extend(report.notes.iter().map(|note| format!("note: {note}")));
            lines.extend(scoped::warning(report));
        }
        // What the run fails for is said however quiet it is: no finding says it.
        if !options.quiet || self.fails_on(ErrorOn::Incomplete) {
            lines.extend(summary::incomplete(report, &self.paths(options.message_format), detail));
        }
        if !options.quiet || self.fails_on(ErrorOn::StaleBaseline) {
            lines.extend(scoped::stale(report, detail));
        }
        if self.fails_on(ErrorOn::Incomplete) && !report.incomplete.is_empty() {
            lines.push(summary::incomplete_fails(report));
        }
        if options.statistics && !options.message_format.is_stream() {
            lines.extend(statistics::table(report));
        }
        if options.timings {
            lines.extend(summary::timings(report));
        }
        if !options.quiet && !options.message_format.is_stream() {
            lines.push(summary::counts(report));
        }
        lines
    }
}
