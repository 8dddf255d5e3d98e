//! Puts what was emitted where it belongs; the only part of code generation that writes.

use std::io;
use std::path::{Path, PathBuf};

use crate::Compiled;

mod grow;

pub use grow::{Grown, grow};

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Where; folders that are missing are made.
    pub path: PathBuf,
    /// The whole content.
    pub bytes: Vec<u8>,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// There are errors: their number.
    #[error("nothing is written: {0} errors")]
    Errors(usize),
    /// A file of somebody's would lose what is in it.
    #[error("nothing is written: `{}` {reason}", path.display())]
    Clobbered {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The system does not let it be read.
    #[error("nothing is written: cannot read `{}`: {reason}", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// The system refused.
    #[error("cannot write `{}`: {reason}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
}

/// Writes all outputs, or none where there are errors. A file that already has its content is left alone, so that nothing
/// is built again for it; a reader of another one never sees half of it. What is no file, such as a pipe or a link to one,
/// is written to as it is.
///
/// # Errors
///
/// The diagnostics have errors, or the system refuses; in the first case nothing was touched.
pub fn write(compiled: &Compiled, outputs: &[Output]) -> Result<(), NotWritten> {
    if compiled.diagnostics.errors() > 0 {
        return Err(NotWritten::Errors(compiled.diagnostics.errors()));
    }
    for output in outputs {
        let refused = |reason| NotWritten::Refused { path: output.path.clone(), reason };
        write_one(output).map_err(refused)?;
    }
    Ok(())
}

fn write_one(output: &Output) -> io::Result<()> {
    // A pipe cannot be compared with, nor may a file take its place, nor that of a link.
    if is_special(&output.path) {
        return std::fs::write(&output.path, &output.bytes);
    }
    if std::fs::read(&output.path).is_ok_and(|present| present == output.bytes) {
        return Ok(());
    }
    make_folder(&output.path)?;
    let aside = unfinished(&output.path);
    std::fs::write(&aside, &output.bytes)?;
    std::fs::rename(&aside, &output.path)
}

/// Makes the folder in which the file goes.
fn make_folder(path: &Path) -> io::Result<()> {
    match path.parent().filter(|folder| *folder != Path::new("")) {
        Some(folder) => std::fs::create_dir_all(folder),
        None => Ok(()),
    }
}

/// Where a file is written before it takes its place.
fn unfinished(path: &Path) -> PathBuf {
    let mut unfinished = path.to_owned().into_os_string();
    unfinished.push(".unfinished");
    PathBuf::from(unfinished)
}

/// Whether something is there that is not itself a file or a folder.
pub fn is_special(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|data| !data.is_file() && !data.is_dir())
}

#[cfg(test)]
mod tests {
    use super::{NotWritten, Output, write};
    use crate::{Sources, compile};

    fn output(folder: &std::path::Path, text: &str) -> Output {
        Output { path: folder.join("made/contract.bin"), bytes: text.as_bytes().to_vec() }
    }

    #[test]
    fn errors_leave_everything_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let compiled =
            compile(&Sources::new().schema_text("a.graphql", "type Query { a: Nothing }"));
        let refused = write(&compiled, &[output(folder.path(), "new")]);
        assert!(matches!(refused, Err(NotWritten::Errors(1))));
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_gets_the_bytes_and_stays_a_pipe() {
        use std::os::unix::fs::FileTypeExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let (pipe, link) = (folder.path().join("pipe"), folder.path().join("link"));
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
        assert!(made.success());
        std::os::unix::fs::symlink(&pipe, &link).expect("a link");
        let compiled =
            compile(&Sources::new().schema_text("a.graphql", "type Query { a: String }"));
        let (sent, received) = std::sync::mpsc::channel();
        let read = pipe.clone();
        std::thread::spawn(move || sent.send(std::fs::read(read)));
        write(&compiled, &[Output { path: link.clone(), bytes: b"new".to_vec() }])
            .expect("written");
        let bytes = received.recv_timeout(std::time::Duration::from_secs(10)).expect("read");
        assert_eq!(bytes.expect("read"), b"new");
        let kind = |path| std::fs::symlink_metadata(path).expect("there").file_type();
        assert!(kind(&pipe).is_fifo() && kind(&link).is_symlink());
    }

    #[test]
    fn a_file_with_the_same_content_is_not_touched() {
        let folder = tempfile::tempdir().expect("a folder");
        let compiled =
            compile(&Sources::new().schema_text("a.graphql", "type Query { a: String }"));
        let output = output(folder.path(), "same");
        write(&compiled, std::slice::from_ref(&output)).expect("written");
        let modified =
            || std::fs::metadata(&output.path).and_then(|data| data.modified()).expect("there");
        let before = modified();
        write(&compiled, std::slice::from_ref(&output)).expect("written");
        assert_eq!(modified(), before);
        assert_eq!(std::fs::read(&output.path).expect("there"), b"same");
    }
}
