//! The configuration file -> [`Config`], with every file that took part.

use super::{WatchedFile, environment, text};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Source};
use std::fs;
use std::path::Path;

/// What reading a configuration file gave.
pub struct ConfigReading {
    /// Every file that was read or should have been, as it was.
    pub files: Vec<WatchedFile>,
    /// The configuration, or everything that is wrong with it.
    pub config: Result<Config, Vec<Diagnostic>>,
}

/// Reads `weft.yaml`.
pub fn read_config(path: &Path) -> ConfigReading {
    let bytes = fs::read(path);
    let mut files = vec![WatchedFile::new(path, &bytes)];
    let name = path.display().to_string();
    let config = match text(&name, bytes) {
        Err(error) => Err(vec![error]),
        Ok(text) => {
            let folder = path.parent().unwrap_or(Path::new(""));
            Config::from_yaml(&Source::new(name, text), &environment, folder)
        }
    };
    if let Ok(config) = &config {
        let lists = config.persisted_documents.iter().flat_map(|lists| &lists.manifests);
        files.extend(config.files.iter().chain(lists).map(|file| WatchedFile::read(file)));
    }
    ConfigReading { files, config }
}
