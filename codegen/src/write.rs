//! Writes what was emitted: the only part of code generation that does.

use std::{fs, io, path::Path};

/// Writes files into `directory`, which is made where it is missing. What is there already, byte for byte, is not touched,
/// so that nothing is built again for it.
pub(crate) fn write(directory: &Path, files: &[(&str, &[u8])]) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    for (name, contents) in files {
        let path = directory.join(name);
        if fs::read(&path).ok().as_deref() != Some(*contents) {
            fs::write(&path, contents)?;
        }
    }
    Ok(())
}
