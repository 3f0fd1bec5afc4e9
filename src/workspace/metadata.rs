//! What `cargo metadata` says of a workspace, in our own few types.
//!
//! `--no-deps` needs no lock file and no network and runs no compiler. An absent pinned toolchain is not
//! downloaded, and no configured wrapper is asked anything.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use safe_map_analysis::facts::Edition;
use safe_map_analysis::name::Name;
use safe_map_analysis::source::Dependency;
use serde::Deserialize;

use super::package::{DeclaredDependency, DependencyKind, Loaded, Membership, Package, Target, TargetKind};

#[derive(Deserialize)]
struct Output {
    packages: Vec<RawPackage>,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct RawPackage {
    id: String,
    name: String,
    version: String,
    manifest_path: PathBuf,
    dependencies: Vec<RawDependency>,
    targets: Vec<RawTarget>,
    features: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct RawDependency {
    name: String,
    rename: Option<String>,
    req: String,
    kind: Option<String>,
    features: Vec<String>,
    uses_default_features: bool,
    optional: bool,
    target: Option<String>,
    path: Option<PathBuf>,
}

#[derive(Deserialize)]
struct RawTarget {
    name: String,
    kind: Vec<String>,
    src_path: PathBuf,
    edition: String,
}

/// Loads the workspace that `manifest` belongs to.
///
/// # Errors
///
/// The first line of cargo's complaint, or why cargo could not be run.
pub(crate) fn load(manifest: &Path) -> Result<Loaded, String> {
    let mut output = output(&mut command(manifest))?;
    if lacks_toolchain(&output) {
        // The toolchain is that of the directory; any other knows the packages as well.
        output = self::output(command(manifest).current_dir(std::env::temp_dir()))?;
    }
    if !output.status.success() {
        return Err(complaint(&String::from_utf8_lossy(&output.stderr)));
    }
    let raw: Output = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("the output of `cargo metadata` cannot be read: {error}"))?;
    let packages = raw.packages.into_iter().map(package).collect();
    Ok(Loaded { root: raw.workspace_root, packages, notes: Vec::new() })
}

fn output(command: &mut Command) -> Result<std::process::Output, String> {
    command.output().map_err(|error| format!("cargo cannot be run: {error}"))
}

/// Whether rustup has not got the toolchain that the directory asks for.
fn lacks_toolchain(output: &std::process::Output) -> bool {
    !output.status.success() && String::from_utf8_lossy(&output.stderr).contains("is not installed")
}

fn command(manifest: &Path) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"])
        .arg(manifest);
    command.env("RUSTUP_AUTO_INSTALL", "0").env_remove("RUSTC_WRAPPER").env_remove("RUSTC_WORKSPACE_WRAPPER");
    command.stdin(Stdio::null());
    command
}

/// Cargo says what failed first and why last; the two together fit one line.
fn complaint(stderr: &str) -> String {
    let lines: Vec<&str> = stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let first = lines.iter().find_map(|line| line.strip_prefix("error: "));
    let cause = lines.iter().skip_while(|line| **line != "Caused by:").nth(1);
    match (first, cause) {
        (Some(first), Some(cause)) => format!("{first}: {cause}"),
        (Some(first), None) => first.to_owned(),
        (None, _) => lines.last().copied().unwrap_or("cargo metadata failed").to_owned(),
    }
}

fn package(raw: RawPackage) -> Package {
    Package {
        id: raw.id,
        name: raw.name,
        version: raw.version,
        manifest: raw.manifest_path,
        membership: Membership::Member,
        dependencies: raw.dependencies.into_iter().filter_map(dependency).collect(),
        targets: raw.targets.into_iter().filter_map(target).collect(),
        features: Some(raw.features),
    }
}

fn dependency(raw: RawDependency) -> Option<DeclaredDependency> {
    let kind = match raw.kind.as_deref() {
        None => DependencyKind::Normal,
        Some("dev") => DependencyKind::Dev,
        Some(_) => return None,
    };
    let in_code = raw.rename.as_deref().unwrap_or(&raw.name).replace('-', "_");
    let dependency = Dependency {
        name: Name::new(&in_code),
        package: raw.name,
        requirement: raw.req,
        is_conditional: raw.optional || raw.target.is_some(),
        features: raw.features,
    };
    Some(DeclaredDependency { dependency, kind, default_features: raw.uses_default_features, path: raw.path })
}

fn target(raw: RawTarget) -> Option<Target> {
    let kind = raw.kind.iter().find_map(|kind| target_kind(kind))?;
    let edition = Edition::parse(&raw.edition).unwrap_or_default();
    Some(Target { name: raw.name, kind, root: raw.src_path, edition })
}

fn target_kind(kind: &str) -> Option<TargetKind> {
    match kind {
        "lib" | "rlib" | "dylib" | "cdylib" | "staticlib" | "proc-macro" => Some(TargetKind::Lib),
        "bin" => Some(TargetKind::Bin),
        "example" => Some(TargetKind::Example),
        "test" => Some(TargetKind::Test),
        "bench" => Some(TargetKind::Bench),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_one_line_with_its_cause() {
        let stderr = "error: failed to parse manifest at `x`\n\nCaused by:\n  no targets specified\n";
        assert_eq!(complaint(stderr), "failed to parse manifest at `x`: no targets specified");
        assert_eq!(complaint("error: could not find it\n"), "could not find it");
        assert_eq!(complaint(""), "cargo metadata failed");
    }
}
