//! The page: one file that loads and runs nothing, whatever the source says, with findings, maps and the lock graph.

mod support;

use std::path::Path;

use support::{DELETE, Project, manifest, run_in};

fn page(project: &Project) -> String {
    let run = project.run(&["--message-format", "html", "--exit-zero"]);
    run.succeeds();
    run.stdout
}

/// Every tag of a page, without its attributes: text can only add one where it was not escaped.
fn tags(page: &str) -> Vec<&str> {
    let starts =
        page.split('<').skip(1).filter(|it| it.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/'));
    starts.map(|it| it.split(|c: char| c == '>' || c.is_whitespace()).next().unwrap_or(it)).collect()
}

#[test]
fn the_page_of_the_order_service_has_everything() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/order-service");
    let page = run_in(&dir, &["--message-format", "html", "--exit-zero"]).stdout;
    for part in [
        "<h1>order-service</h1>",
        "<b>16</b> errors",
        "<b>10</b> shared maps",
        "<code>rules</code> is deleted from while it is iterated",
        "<mark class=\"hazard\">self.rules.remove(rule.key())</mark>",
        "iteration starts here, a temporary",
        "<th>thread A</th>",
        "<section id=\"maps\">",
        "OrderStore.<wbr>orders",
        "<svg role=\"img\"",
        "SessionTable.sessions</text>",
    ] {
        assert!(page.contains(part), "no {part:?}");
    }
}

#[test]
fn the_page_loads_and_runs_nothing() {
    let page = page(&Project::lib(DELETE));
    assert!(page.contains("Content-Security-Policy"));
    for tag in tags(&page) {
        let known = tag.trim_start_matches('/');
        assert!(!["script", "img", "link", "iframe", "object", "base", "form"].contains(&known), "{tag}");
    }
    for part in ["url(http", "@import", " onclick=", " onload=", "javascript:"] {
        assert!(!page.contains(part), "{part}");
    }
}

#[test]
fn hostile_names_and_texts_stay_text() {
    let text = "use dashmap::DashMap;\n\npub fn prune(sessions: &DashMap<String, u32>) {\n    \
        for entry in sessions.iter() { // </code></script><script>alert(1)</script>\n        \
        sessions.remove(\"\\\"'><img src=x onerror=alert(2)>\u{202e}\u{2066}\"); // שלום & ä\n    }\n}\n";
    let project = Project::lib(text);
    let page = page(&project);
    let plain = page_of(DELETE);
    let allowed = tags(&plain);
    for tag in tags(&page) {
        assert!(allowed.contains(&tag), "<{tag}> is not one of ours");
    }
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)"), "{page}");
    assert!(page.contains("&quot;&#39;&gt;&lt;img src=x onerror=alert(2)&gt;\\u{202e}\\u{2066}"));
    assert!(page.contains("שלום &amp; ä"));
    assert!(!page.contains(['\u{202e}', '\u{2066}']));
}

fn page_of(text: &str) -> String {
    page(&Project::lib(text))
}

#[test]
fn a_hostile_directory_and_package_stay_text() {
    let name = "<b>&\"x'";
    let project = Project::empty()
        .file(&format!("{name}/Cargo.toml"), &manifest("app"))
        .file(&format!("{name}/src/lib.rs"), DELETE);
    let run = run_in(&project.join(name), &["--message-format", "html", "--exit-zero"]);
    assert!(run.stdout.contains("<h1>&lt;b&gt;&amp;&quot;x&#39;</h1>"), "{}", run.stdout);
    assert!(!run.stdout.contains("<b>&"));
}

const INVERTED: &str = r#"
use std::collections::HashMap;
use std::sync::Mutex;
pub struct Bank { accounts: Mutex<HashMap<u64, i64>>, journal: Mutex<Vec<u64>>, audit: Mutex<u32> }
impl Bank {
    pub fn deposit(&self) { let a = self.accounts.lock().unwrap(); self.journal.lock().unwrap().push(1); drop(a); }
    pub fn replay(&self) { let j = self.journal.lock().unwrap(); self.accounts.lock().unwrap().clear(); drop(j); }
    pub fn check(&self) { let j = self.journal.lock().unwrap(); *self.audit.lock().unwrap() += 1; drop(j); }
}
"#;

#[test]
fn a_circle_of_locks_is_marked_and_the_rest_is_not() {
    let args = ["-W", "preview", "--message-format", "html", "--exit-zero"];
    let page = Project::lib(INVERTED).run(&args).stdout;
    assert_eq!(page.matches("class=\"arrow cycle\"").count(), 2);
    assert_eq!(page.matches("class=\"arrow\"").count(), 1);
    assert_eq!(page.matches("<g class=\"node map cycle\">").count(), 1);
    assert_eq!(page.matches("<g class=\"node cycle\">").count(), 1);
    assert_eq!(page.matches("<g class=\"node\">").count(), 1);
    assert!(page.contains("<th>thread A</th><th>thread B</th>"));
}

#[test]
fn opposite_orders_below_one_lock_are_no_circle() {
    let text = INVERTED
        .replace("audit: Mutex<u32>", "audit: Mutex<u32>, gate: Mutex<()>")
        .replace("(&self) {", "(&self) { let _gate = self.gate.lock().unwrap();");
    let page = page_of(&text);
    assert_eq!(page.matches("class=\"arrow cycle\"").count(), 0);
    assert!(page.contains("class=\"arrow\""));
}

#[test]
fn an_empty_page_says_so() {
    let page = page_of("pub fn f() {}\n");
    for part in [
        "Nothing was found.",
        "No field and no static is a shared map.",
        "No lock is taken while another one is held.",
    ] {
        assert!(page.contains(part), "no {part:?}");
    }
}

#[test]
fn what_was_not_analysed_is_listed() {
    let page = page_of("mod missing;\n");
    assert!(page.contains("<h2>Not analysed</h2>") && page.contains("<code>src/lib.rs:1</code>"), "{page}");
}

#[test]
fn the_page_is_the_same_for_any_number_of_threads() {
    let project = Project::lib(INVERTED);
    let run = |jobs: &str| project.run(&["--message-format", "html", "-j", jobs, "--exit-zero"]).stdout;
    assert_eq!(run("1"), run("8"));
}

#[test]
fn maps_writes_the_same_page() {
    let project = Project::lib(INVERTED);
    assert_eq!(project.run(&["maps", "--message-format", "html"]).stdout, page(&project));
}
