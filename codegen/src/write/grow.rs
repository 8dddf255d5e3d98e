//! Puts more into files that people write, and takes nothing from them.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{NotWritten, make_folder, unfinished};

/// A file that is new, or that has more in it than before: what is there is known as insertions alone, so that nothing of
/// it can be lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grown {
    /// Where; folders that are missing are made.
    pub path: PathBuf,
    before: Option<String>,
    insertions: Vec<(usize, String)>,
}

impl Grown {
    /// What was there, `None` for a new file, and what comes in front of which of its bytes.
    pub(crate) fn new(
        path: PathBuf,
        before: Option<String>,
        mut insertions: Vec<(usize, String)>,
    ) -> Self {
        // Of two in one place the first stays the first.
        insertions.sort_by_key(|(at, _)| *at);
        Self { path, before, insertions }
    }

    /// The whole content: what was there, and between its bytes what is new.
    pub fn text(&self) -> String {
        let before = self.before.as_deref().unwrap_or_default();
        let (mut text, mut from) = (String::new(), 0);
        for (at, insertion) in &self.insertions {
            text.push_str(&before[from..*at]);
            text.push_str(insertion);
            from = *at;
        }
        text.push_str(&before[from..]);
        text
    }
}

/// Writes all files, or none where one would lose something: each must still hold what was read, byte for byte, and a new
/// one must not be there. A reader never sees half of a file.
///
/// # Errors
///
/// A file is not what was read, or would be written twice, or the system refuses. Nothing was touched, unless the system
/// refuses when complete files are already taking their places.
pub fn grow(files: &[Grown]) -> Result<(), NotWritten> {
    let mut paths = BTreeSet::new();
    for file in files {
        let clobbered = |reason| Err(NotWritten::Clobbered { path: file.path.clone(), reason });
        if !paths.insert(&file.path) {
            return clobbered("would be written twice");
        }
        let present = present(&file.path)
            .map_err(|reason| NotWritten::Unread { path: file.path.clone(), reason })?;
        match (&file.before, present) {
            (None, Some(_)) => return clobbered("is there, and was not read"),
            (Some(_), None) => return clobbered("is not there any more"),
            (Some(before), Some(present)) if before.as_bytes() != present => {
                return clobbered("is not what was read any more");
            }
            _ => {}
        }
    }
    let mut staged = Vec::new();
    for file in files {
        // A link stays one: what it leads to grows.
        let path = fs::canonicalize(&file.path).unwrap_or_else(|_| file.path.clone());
        let aside = unfinished(&path);
        let outcome = stage(&path, &aside, &file.text());
        staged.push((aside, path));
        if let Err(reason) = outcome {
            staged.iter().for_each(|(aside, _)| drop(fs::remove_file(aside)));
            return Err(NotWritten::Refused { path: file.path.clone(), reason });
        }
    }
    for (aside, path) in staged {
        fs::rename(aside, &path).map_err(|reason| NotWritten::Refused { path, reason })?;
    }
    Ok(())
}

fn present(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The whole file beside its place, for those who may read the old one.
fn stage(path: &Path, aside: &Path, text: &str) -> io::Result<()> {
    make_folder(path)?;
    // Who may not write into a file may still put another in its place, which is not what a read-only file is for.
    let old = match fs::OpenOptions::new().append(true).open(path) {
        Ok(file) => Some(file.metadata()?.permissions()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    fs::write(aside, text)?;
    old.map_or(Ok(()), |permissions| fs::set_permissions(aside, permissions))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "type A {\n  id: ID!\n}\n";

    fn grown(path: PathBuf, before: Option<&str>) -> Grown {
        Grown::new(path, before.map(str::to_owned), vec![(0, "# New.\n".to_owned())])
    }

    /// What is refused, with the names of the files that are there afterwards and the text of the first one.
    fn refused(files: impl Fn(&Path) -> Vec<Grown>) -> (String, Vec<String>, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let old = folder.path().join("a.graphql");
        fs::write(&old, OLD).expect("written");
        let error = grow(&files(folder.path())).expect_err("it is refused").to_string();
        let entries = fs::read_dir(folder.path()).expect("a folder");
        let names = entries.map(|entry| entry.expect("readable").file_name());
        let mut names: Vec<String> =
            names.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        let place = format!("{}{}", folder.path().display(), std::path::MAIN_SEPARATOR);
        (error.replace(&place, ""), names, fs::read_to_string(&old).expect("it is there"))
    }

    #[test]
    fn what_is_put_in_stands_between_what_was_there() {
        let insertions =
            [(19, "  b: Int\n"), (OLD.len(), "type B"), (19, "  c: Int\n"), (0, "#\n")];
        let insertions = insertions.map(|(at, text)| (at, text.to_owned())).to_vec();
        let file = Grown::new(PathBuf::new(), Some(OLD.to_owned()), insertions);
        assert_eq!(file.text(), "#\ntype A {\n  id: ID!\n  b: Int\n  c: Int\n}\ntype B");
    }

    #[test]
    fn a_file_that_would_lose_something_stops_them_all() {
        let is_refused = |before: Option<&'static str>, name: &'static str, expected: &str| {
            let (error, names, text) = refused(|folder| {
                vec![grown(folder.join("new.graphql"), None), grown(folder.join(name), before)]
            });
            assert_eq!(error, format!("nothing is written: `{name}` {expected}"));
            assert_eq!((names, text.as_str()), (vec!["a.graphql".to_owned()], OLD));
        };
        is_refused(None, "a.graphql", "is there, and was not read");
        is_refused(Some("type A"), "a.graphql", "is not what was read any more");
        is_refused(Some(OLD), "b.graphql", "is not there any more");
        is_refused(None, "new.graphql", "would be written twice");
    }

    #[test]
    fn where_one_cannot_be_written_none_is() {
        let (error, names, text) = refused(|folder| {
            let old = folder.join("a.graphql");
            vec![grown(old.clone(), Some(OLD)), grown(old.join("below.graphql"), None)]
        });
        assert!(error.contains("a.graphql"), "{error}");
        assert_eq!((names, text.as_str()), (vec!["a.graphql".to_owned()], OLD));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_one_and_permissions_stay() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("a.graphql"), folder.path().join("b.graphql"));
        fs::write(&file, OLD).expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("allowed");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        grow(&[grown(link.clone(), Some(OLD))]).expect("written");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!(fs::read_to_string(&file).expect("there"), format!("# New.\n{OLD}"));
        let mode = fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2);
    }
}
