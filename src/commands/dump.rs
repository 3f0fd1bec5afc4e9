//! `dump`: what each stage of the analysis sees of a file.

use std::path::{Path, PathBuf};

use safe_map_analysis::Analysis;
use safe_map_analysis::facts::Edition;
use safe_map_analysis::source::FileId;

use crate::cli::Stage;
use crate::config;
use crate::exit;
use crate::failure::Failure;
use crate::output;
use crate::workspace::{self, Budget, Request, Targets};

/// Prints one stage.
///
/// # Errors
///
/// Where the file or the configuration cannot be read.
pub(super) fn run(stage: Stage, file: &Path) -> Result<u8, Failure> {
    let text = match stage {
        Stage::Facts => facts(file)?,
        Stage::Model => analysis_around(file)?.0.dump_model(),
        Stage::Flow => {
            let (analysis, id) = analysis_around(file)?;
            analysis.file(id).dump_flow()
        }
    };
    output::print_raw(&format!("{}\n", text.trim_end()))?;
    Ok(exit::CLEAN)
}

fn facts(file: &Path) -> Result<String, Failure> {
    let path = absolute(file)?;
    let edition = workspace::nearest_package(&path).map_or(Edition::E2021, |(_, edition)| edition);
    let lowered = workspace::lower_path(&path, edition, Budget::default());
    let lowered = lowered.map_err(|why| Failure::usage(format!("`{}`: {why}", file.display())))?;
    Ok(serde_json::to_string_pretty(&lowered.facts).expect("facts hold only strings, numbers and lists"))
}

/// The analysis of the workspace that `file` belongs to, test code included; of the file alone where it belongs to none.
pub(super) fn analysis_around(file: &Path) -> Result<(Analysis, FileId), Failure> {
    let path = absolute(file)?;
    let targets = Targets::all();
    let dir = path.parent().unwrap_or(Path::new("/")).to_owned();
    let around = Request { cwd: dir.clone(), targets: targets.clone(), ..Request::default() };
    // Where no manifest says what belongs together, everything below the directory would be read for one file.
    if workspace::is_in_package(&dir)
        && let Ok(discovered) = workspace::discover(&around)
        && let Some(found) = analysis_of(discovered, &path)?
    {
        return Ok(found);
    }
    let alone = Request { paths: vec![path.clone()], cwd: dir, targets, ..Request::default() };
    let discovered = workspace::discover(&alone)?;
    let why = discovered.incomplete.first().map_or("not Rust source", |it| &it.message).to_owned();
    analysis_of(discovered, &path)?.ok_or_else(|| Failure::usage(format!("`{}`: {why}", file.display())))
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    path.canonicalize().map_err(|error| Failure::usage(format!("`{}`: {error}", path.display())))
}

fn analysis_of(
    discovered: workspace::Discovered,
    path: &Path,
) -> Result<Option<(Analysis, FileId)>, Failure> {
    let (workspace, root) = (discovered.workspace, discovered.root);
    let is_it = |id: &FileId| root.join(&*workspace.file(*id).source.path) == path;
    let Some(id) = workspace.file_ids().find(is_it) else { return Ok(None) };
    let config = config::around(&root)?;
    Ok(Some((Analysis::new(workspace, config.knowledge, config.settings), id)))
}
