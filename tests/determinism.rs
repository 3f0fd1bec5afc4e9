//! The output is the same for any number of threads and any order of files.

mod support;

use cargo_safe_map_lint::config::Config;
use cargo_safe_map_lint::engine::{self, Extent, Policy};
use cargo_safe_map_lint::levels::Asked;
use cargo_safe_map_lint::report::Reported;
use cargo_safe_map_lint::scope::Scope;
use cargo_safe_map_lint::timings::Timings;
use cargo_safe_map_lint::workspace::{self, Request, TestCode};
use safe_map_analysis::source::ParsedFile;
use safe_map_lints::Confidence;
use support::{DELETE, Project, STATIC_MUT, UNDERSCORE};

fn project() -> Project {
    let mut modules = String::new();
    let mut project = Project::lib("");
    for index in 0..40 {
        let text = [DELETE, STATIC_MUT, UNDERSCORE, "mod missing;\n", "fn broken( {\n"][index % 5];
        modules.push_str(&format!("mod m{index};\n"));
        project = project.file(&format!("src/m{index}.rs"), text);
    }
    project.file("src/lib.rs", &modules).file("src/main.rs", &format!("{modules}fn main() {{}}\n"))
}

/// Everything but the time that the run took.
fn stable(text: &str) -> String {
    let without_time = |line: &str| line.split("\"elapsed_ms\"").next().unwrap_or(line).to_owned();
    text.lines().map(without_time).collect::<Vec<_>>().join("\n")
}

#[test]
fn one_thread_and_eight_write_the_same_bytes() {
    let project = project();
    for format in ["human", "short", "json"] {
        let run =
            |jobs: &str| stable(&project.run(&["--message-format", format, "-j", jobs, "-W", "all"]).stdout);
        assert_eq!(run("1"), run("8"), "{format}");
    }
}

#[test]
fn shuffled_files_give_the_same_findings() {
    let project = project();
    let check = |shuffle: fn(&mut Vec<ParsedFile>)| {
        let request = Request { cwd: project.path().to_owned(), ..Request::default() };
        let mut discovered = workspace::discover(&request).expect("the project is sound");
        shuffle(&mut discovered.workspace.files);
        let policy = Policy {
            asked: Asked::default(),
            confidence: Confidence::Possible,
            scope: Scope::default(),
            extent: Extent::Findings,
        };
        let report = engine::check(discovered, &Config::default(), &policy, TestCode::Skip, Timings::start());
        let line = |it: &Reported| format!("{} {:?} {}", it.finding.lint, it.finding.primary, it.fingerprint);
        report.findings.iter().map(line).collect::<Vec<_>>()
    };
    let in_order = check(|_| {});
    assert_eq!(in_order, check(|files| files.reverse()));
    assert_eq!(
        in_order,
        check(|files| files.sort_by_key(|file| (file.source.text.len(), file.source.path.clone())))
    );
    assert!(!in_order.is_empty());
}

#[test]
fn the_order_of_targets_and_members_does_not_matter() {
    let members = |list: &str| {
        let root = format!("[workspace]\nmembers = [{list}]\nresolver = \"3\"\n");
        let project = Project::empty().file("Cargo.toml", &root);
        ["a", "b"].into_iter().fold(project, |project, name| {
            project
                .file(&format!("{name}/Cargo.toml"), &support::manifest(name))
                .file(&format!("{name}/src/lib.rs"), DELETE)
        })
    };
    let run = |list: &str| members(list).run(&["--message-format", "short"]).stdout;
    assert_eq!(run("\"a\", \"b\""), run("\"b\", \"a\""));
}

#[test]
fn a_file_of_several_targets_is_reported_once() {
    let project = Project::lib("mod shared;\n")
        .file("src/shared.rs", UNDERSCORE)
        .file("src/main.rs", "mod shared;\nfn main() {}\n");
    assert_eq!(project.lints(&[]), ["let_underscore_guard"]);
}

#[test]
fn a_module_of_a_library_and_its_binary_is_known_in_both() {
    let store = "use std::sync::Mutex;\npub struct Store { pub items: Mutex<Vec<u32>> }\n";
    let main = "mod inner;\nmod store;\nuse std::sync::Mutex;\nuse store::Store;\nfn main() { let it = Store { items: Mutex::default() }; twice(&it); inner::again(&it) }\n\
        fn twice(it: &Store) -> usize { let g = it.items.lock().unwrap(); it.items.lock().unwrap().len() + g.len() }\n";
    let inner = "use crate::store::Store;\npub fn again(it: &Store) { let _g = it.items.lock().unwrap(); it.items.lock().unwrap().clear(); }\n";
    let project = Project::lib("pub mod store;\n")
        .file("src/store.rs", store)
        .file("src/main.rs", main)
        .file("src/inner.rs", inner);
    let said = project.run(&["--message-format", "short"]).stdout;
    let lines: Vec<&str> = said.lines().filter(|it| it.contains("[double_lock]")).collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[0].starts_with("src/inner.rs:2:") && lines[1].starts_with("src/main.rs:6:"), "{said}");
}
