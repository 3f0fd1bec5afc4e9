//! Which packages are the product: those that members use in tests alone are not, unless they are named.

mod support;

use support::{Project, UNDERSCORE};

fn package(name: &str, tables: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n{tables}")
}

/// A workspace of these packages; the first has the finding.
fn workspace(packages: &[(&str, &str)]) -> Project {
    let members = packages.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let root = format!("[workspace]\nmembers = [{members}]\nresolver = \"3\"\n");
    let mut project = Project::empty().file("Cargo.toml", &root);
    for (index, (name, tables)) in packages.iter().enumerate() {
        let text = if index == 0 { UNDERSCORE } else { "pub fn f() {}\n" };
        project = project
            .file(&format!("{name}/Cargo.toml"), &package(name, tables))
            .file(&format!("{name}/src/lib.rs"), text);
    }
    project
}

#[test]
fn a_package_that_is_used_in_tests_alone_is_test_code() {
    let project =
        workspace(&[("helpers", ""), ("app", "[dev-dependencies]\nhelpers = { path = \"../helpers\" }\n")]);
    assert!(project.lints(&[]).is_empty());
    assert_eq!(project.lints(&["--tests"]), ["let_underscore_guard"]);
}

#[test]
fn a_library_whose_derive_crate_tests_itself_with_it_is_the_product() {
    let derive = ("maps-derive", "[dev-dependencies]\nmaps = { path = \"../maps\" }\n");
    let project =
        workspace(&[("maps", "[dependencies]\nmaps-derive = { path = \"../maps-derive\" }\n"), derive]);
    assert_eq!(project.lints(&[]), ["let_underscore_guard"]);
    let through = ("maps-core", "[dependencies]\nmaps-derive = { path = \"../maps-derive\" }\n");
    let facade = ("maps", "[dependencies]\nmaps-core = { path = \"../maps-core\" }\n");
    assert_eq!(workspace(&[facade, through, derive]).lints(&[]), ["let_underscore_guard"]);
}

#[test]
fn a_library_that_only_examples_of_the_workspace_use_is_the_product() {
    let dev = "[dev-dependencies]\nmaps = { path = \"../maps\" }\n";
    let in_a_side_directory = workspace(&[("maps", ""), ("examples", dev)]);
    assert_eq!(in_a_side_directory.lints(&[]), ["let_underscore_guard"]);
    let without_a_product = Project::empty()
        .file("Cargo.toml", "[workspace]\nmembers = [\"maps\", \"shown\"]\nresolver = \"3\"\n")
        .file("maps/Cargo.toml", &package("maps", ""))
        .file("maps/src/lib.rs", UNDERSCORE)
        .file("shown/Cargo.toml", &package("shown", dev))
        .file("shown/examples/one.rs", "fn main() {}\n");
    assert_eq!(without_a_product.lints(&[]), ["let_underscore_guard"]);
}

#[test]
fn a_package_that_tests_itself_by_its_name_is_the_product() {
    let project = workspace(&[("app", "[dev-dependencies]\napp = { path = \".\" }\n"), ("other", "")]);
    assert_eq!(project.lints(&[]), ["let_underscore_guard"]);
}

#[test]
fn a_package_that_is_named_is_reported() {
    let user = ("app", "[dev-dependencies]\nhelpers = { path = \"../helpers\" }\n");
    let project = workspace(&[("helpers", ""), user]);
    assert_eq!(project.lints(&["-p", "helpers"]), ["let_underscore_guard"]);
    assert_eq!(project.lints(&["-p", "helpers@0.1.0"]), ["let_underscore_guard"]);
    assert_eq!(project.lints(&["helpers"]), ["let_underscore_guard"]);
    assert_eq!(project.lints(&["helpers/Cargo.toml"]), ["let_underscore_guard"]);
    let aside = Project::empty()
        .file("Cargo.toml", "[workspace]\nmembers = [\"a\", \"examples/b\"]\nresolver = \"3\"\n")
        .file("a/Cargo.toml", &package("a", ""))
        .file("a/src/lib.rs", "")
        .file("examples/b/Cargo.toml", &package("b", ""))
        .file("examples/b/src/lib.rs", UNDERSCORE);
    assert!(aside.lints(&[]).is_empty());
    assert_eq!(aside.lints(&["-p", "b"]), ["let_underscore_guard"]);
}

#[test]
fn where_test_code_alone_was_found_that_is_said() {
    let root = "[workspace]\nmembers = [\"tests/a\"]\nresolver = \"3\"\n";
    let project = Project::empty()
        .file("Cargo.toml", root)
        .file("tests/a/Cargo.toml", &package("a", ""))
        .file("tests/a/src/lib.rs", UNDERSCORE);
    project.run(&[]).fails(2, "`a` is test code: add `--tests`, or name it with `-p`");
}
