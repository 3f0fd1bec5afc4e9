//! `maps`: every shared map of the workspace.

use safe_map_lints::Confidence;

use super::current_dir;
use crate::cli::{MapsArgs, MapsFormat, MessageFormat};
use crate::engine::{self, Extent, Policy};
use crate::exit;
use crate::failure::Failure;
use crate::levels::Asked;
use crate::output::{self, Look};
use crate::render::summary::{self, Detail};
use crate::render::{self, View};
use crate::scope::Scope;

/// Prints the inventory.
///
/// # Errors
///
/// A wrong request, as in `check`.
pub(super) fn run(args: &MapsArgs) -> Result<u8, Failure> {
    let missing = args.paths.iter().find(|path| !path.exists());
    if let Some(missing) = missing {
        return Err(Failure::usage(format!("`{}`: no such file or directory", missing.display())));
    }
    let (asked, scope) = (Asked::default(), Scope::default());
    let policy = Policy { asked, confidence: Confidence::Possible, scope, extent: Extent::Inventory };
    let report = engine::run(&args.request(current_dir()?), &policy)?;
    let detail = if args.verbose { Detail::All } else { Detail::Some };
    let look = Look::detect(args.color);
    let view = View::of(&report, look);
    output::print(&match args.message_format {
        _ if args.plan => render::maps_plan(&report, look),
        MapsFormat::Human => render::maps_table(&report, look, detail),
        MapsFormat::Json => render::maps_json(&report),
        MapsFormat::Html => render::render(MessageFormat::Html, &view),
    })?;
    if args.message_format != MapsFormat::Json {
        report.notes.iter().for_each(|it| output::note(&format!("note: {it}")));
        summary::incomplete(&report, &view.paths, detail).iter().for_each(|it| output::note(it));
    }
    Ok(exit::CLEAN)
}
