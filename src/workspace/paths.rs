//! Paths without the file system: normal forms, and how reports write them.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// `path` without `.` and with `..` resolved by its text.
pub(crate) fn normalize(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if out.file_name().is_some() => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// `path` as seen from `root`, with `/`; both absolute. Outside the root it starts with `..`.
pub(crate) fn relative(path: &Path, root: &Path) -> String {
    let common = path.components().zip(root.components()).take_while(|(a, b)| a == b).count();
    let up = root.components().count() - common;
    let down = path.components().skip(common).map(|it| text(it.as_os_str()));
    std::iter::repeat_n("..".to_owned(), up).chain(down).collect::<Vec<_>>().join("/")
}

/// A name as text: bytes that are not UTF-8 as `\\xFF`, so that different names stay different.
pub(crate) fn text(name: &OsStr) -> String {
    let mut out = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02X}")));
    }
    out
}

/// The deepest directory that holds all of `dirs`; empty where there are none.
pub(crate) fn common_ancestor(dirs: &[PathBuf]) -> PathBuf {
    let Some((first, rest)) = dirs.split_first() else { return PathBuf::new() };
    let holds_all = |dir: &&Path| rest.iter().all(|other| other.starts_with(dir));
    first.ancestors().find(holds_all).unwrap_or(Path::new("/")).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_go_down_and_up() {
        assert_eq!(relative(Path::new("/a/b/c.rs"), Path::new("/a")), "b/c.rs");
        assert_eq!(relative(Path::new("/a/x/c.rs"), Path::new("/a/b")), "../x/c.rs");
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_utf8_stay_apart() {
        use std::os::unix::ffi::OsStrExt as _;
        let seen = |name: &[u8]| relative(&Path::new("/a").join(OsStr::from_bytes(name)), Path::new("/a"));
        assert_eq!(seen(b"x\xFE.rs"), "x\\xFE.rs");
        assert_eq!(seen(b"\xC3\xA9\xFF\xC3.rs"), "é\\xFF\\xC3.rs");
        assert_ne!(seen(b"x\xFE.rs"), seen(b"x\xFF.rs"));
    }

    #[test]
    fn normal_forms_have_no_dots() {
        assert_eq!(normalize(Path::new("/a/./b/../c")), Path::new("/a/c"));
    }

    #[test]
    fn the_common_ancestor_holds_every_path() {
        let dirs = ["/a/b/c".into(), "/a/b/d".into()];
        assert_eq!(common_ancestor(&dirs), Path::new("/a/b"));
    }
}
