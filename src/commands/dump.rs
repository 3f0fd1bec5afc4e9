//! `dump`: what each stage of the analysis sees of a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use safe_map_analysis::facts::Edition;
use safe_map_analysis::knowledge::Knowledge;
use safe_map_analysis::source::FileId;
use safe_map_analysis::{Analysis, Settings};

use crate::cli::Stage;
use crate::exit;
use crate::failure::Failure;
use crate::output;
use crate::workspace::{self, Budget, Request, Targets};

/// Prints one stage.
///
/// # Errors
///
/// Where the file cannot be read.
pub(super) fn run(stage: Stage, file: &Path) -> Result<u8, Failure> {
    let text = match stage {
        Stage::Facts => facts(file)?,
        Stage::Model => analysis_around(file)?.0.dump_model(),
        Stage::Flow => {
            let (analysis, id) = analysis_around(file)?;
            analysis.file(id).dump_flow()
        }
    };
    output::print(&format!("{}\n", text.trim_end()))?;
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
    if let Some(found) = workspace::discover(&around).ok().and_then(|it| analysis_of(it, &path)) {
        return Ok(found);
    }
    let alone = Request { paths: vec![path.clone()], cwd: dir, targets, ..Request::default() };
    let discovered = workspace::discover(&alone)?;
    let why = discovered.incomplete.first().map_or("not Rust source", |it| &it.message).to_owned();
    analysis_of(discovered, &path).ok_or_else(|| Failure::usage(format!("`{}`: {why}", file.display())))
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    path.canonicalize().map_err(|error| Failure::usage(format!("`{}`: {error}", path.display())))
}

fn analysis_of(discovered: workspace::Discovered, path: &Path) -> Option<(Analysis, FileId)> {
    let workspace = discovered.workspace;
    let id =
        workspace.file_ids().find(|id| discovered.root.join(&*workspace.file(*id).source.path) == path)?;
    Some((Analysis::new(workspace, Arc::new(Knowledge::builtin()), Settings::default()), id))
}
