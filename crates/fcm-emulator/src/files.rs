//! Files for those who start a program beside this one. In: a folder and a content. Out: the file's path, whole or not at
//! all. Next: `emulator` names them in its ready line.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::options::StartError;

/// Writes `dir/name`, readable by the owner only, and returns its path.
/// Whoever reads the name sees the old file or the new one, never half of one.
pub(crate) fn write_file(dir: &Path, name: &str, content: &str) -> Result<PathBuf, StartError> {
    let path = dir.join(name);
    let failed = |source| StartError::File { path: path.clone(), source };
    fs::create_dir_all(dir).map_err(failed)?;
    let unfinished = dir.join(format!(".{name}.{}", std::process::id()));
    replace(&unfinished, &path, content.as_bytes()).map_err(failed)?;
    Ok(path)
}

/// Writes `content` to `unfinished` and makes that `path`, which after a loss of power too is the old file or the new.
pub(crate) fn replace(unfinished: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    write_private(unfinished, content)?;
    fs::rename(unfinished, path)
}

fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}
