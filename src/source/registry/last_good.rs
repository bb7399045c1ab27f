//! The last good copy: what served last, on disk, for a start without the registry.
//!
//! The file is a supergraph SDL with two lines of comment before it: the SHA-256 of all that follows the first line,
//! then variant and version. It is written beside itself and renamed, each step flushed to the disk, so that it is
//! there whole or as it was, whenever the process or the machine stops. A copy that does not have its hash is refused.

use super::{Delivered, digest};
use crate::config::{GraphRef, RegistrySettings};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

const FIRST: &str = "# weft last good copy, sha256 ";
const SECOND: &str = "# graph ";
const VERSION: &str = " version ";
/// Bytes of the two lines, at most.
const HEAD: u64 = 1_024;

/// Why a copy is of no use.
#[derive(Debug, thiserror::Error)]
pub(super) enum LastGoodError {
    /// It cannot be read.
    #[error("{path} cannot be read: {error}")]
    Unreadable { path: String, error: io::Error },
    /// Not written by a gateway, or not whole.
    #[error("{path} is damaged: {reason}; remove it, or start once with the registry")]
    Damaged { path: String, reason: &'static str },
    /// Of another variant.
    #[error("{path} is of {found}, not of {wanted}; give this gateway a file of its own as `last_good`")]
    OfAnother { path: String, found: GraphRef, wanted: GraphRef },
}

/// The copy in a file, if there is one.
pub(super) fn read(file: &Path, settings: &RegistrySettings) -> Result<Option<Delivered>, LastGoodError> {
    let path = file.display().to_string();
    let largest = u64::try_from(settings.max_bytes).unwrap_or(u64::MAX).saturating_add(HEAD);
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(largest.saturating_add(1)).read_to_end(&mut bytes));
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(LastGoodError::Unreadable { path, error }),
        Ok(_) => {}
    }
    let copy = parse(&bytes).map_err(|reason| LastGoodError::Damaged { path: path.clone(), reason })?;
    if copy.graph != settings.graph {
        let wanted = settings.graph.clone();
        return Err(LastGoodError::OfAnother { path, found: copy.graph, wanted });
    }
    Ok(Some(copy))
}

fn parse(bytes: &[u8]) -> Result<Delivered, &'static str> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8 text")?;
    let (first, rest) = text.split_once('\n').ok_or("it is empty, or cut off")?;
    let announced = first.strip_prefix(FIRST).ok_or("it does not begin as a copy does")?;
    if *digest(rest.as_bytes()) != *announced {
        return Err("it does not have the hash that it names");
    }
    let (second, sdl) = rest.split_once('\n').ok_or("it is cut off")?;
    let named = second.strip_prefix(SECOND).ok_or("it does not name its graph")?;
    let (graph, version) = match named.split_once(VERSION) {
        Some((graph, version)) => (graph, Some(version.parse().map_err(|_| "its version is no number")?)),
        None => (named, None),
    };
    let graph = GraphRef::parse(graph).ok_or("it does not name its graph")?;
    Ok(Delivered::new(&graph, version, sdl.to_owned()))
}

/// Puts a copy in the place of the one before.
pub(super) fn write(file: &Path, copy: &Delivered) -> io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let beside = Beside(beside(file));
    let mut written = File::create(&beside.0)?;
    written.write_all(render(copy).as_bytes())?;
    written.sync_all()?;
    fs::rename(&beside.0, file)?;
    // The rename is in the folder, which is a file, too.
    File::open(folder)?.sync_all()
}

fn render(copy: &Delivered) -> String {
    let version = copy.version.map(|version| format!("{VERSION}{version}")).unwrap_or_default();
    let rest = format!("{SECOND}{}{version}\n{}", copy.graph, copy.source.text);
    format!("{FIRST}{}\n{rest}", digest(rest.as_bytes()))
}

/// Where the next copy is until it is whole; another process has another place.
fn beside(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".{name}.{}.new", std::process::id()))
}

/// A file that is not left behind half written.
struct Beside(PathBuf);

impl Drop for Beside {
    fn drop(&mut self) {
        // After the rename it is not there any more.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy() -> Delivered {
        Delivered::new(&GraphRef::parse("shop@prod").unwrap(), Some(7), "type Query { a: Int }\n".to_owned())
    }

    #[test]
    fn what_is_written_is_read() {
        let text = render(&copy());
        assert_eq!(parse(text.as_bytes()), Ok(copy()));
    }

    #[test]
    fn every_changed_or_missing_byte_is_noticed() {
        let text = render(&copy()).into_bytes();
        for at in 0..text.len() {
            let mut flipped = text.clone();
            flipped[at] ^= 1;
            assert!(parse(&flipped).is_err(), "byte {at}");
            assert!(parse(&text[..at]).is_err(), "cut at {at}");
        }
    }
}
