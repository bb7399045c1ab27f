//! `weft init`: a folder to start from, with two services that need not exist yet.

use super::report::{self, Failure};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(super) struct Arguments {
    /// The folder to write to; it is made when it is missing
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

/// What is written.
const FILES: [(&str, &str); 5] = [
    ("supergraph.yaml", include_str!("template/supergraph.yaml")),
    ("weft.yaml", include_str!("template/weft.yaml")),
    ("schemas/products.graphql", include_str!("template/schemas/products.graphql")),
    ("schemas/reviews.graphql", include_str!("template/schemas/reviews.graphql")),
    ("queries/products.graphql", include_str!("template/queries/products.graphql")),
];

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let folder = &arguments.folder;
    // Nothing of anybody's is overwritten, and nothing is written by halves.
    if let Some(taken) = FILES.iter().map(|(name, _)| folder.join(name)).find(|path| path.exists()) {
        return Err(
            Failure::because(format!("{} exists already", taken.display())).help("give another folder: weft init DIR")
        );
    }
    let mut told = String::new();
    for (name, text) in FILES {
        let path = folder.join(name);
        write(&path, text)?;
        told += &format!("wrote {}\n", path.display());
    }
    let enter = if folder == Path::new(".") { String::new() } else { format!("cd {} && ", folder.display()) };
    told += &format!(
        "\nServe it; both services are made up from their schemas until they exist:\n\n  {enter}weft dev --mock products,reviews\n"
    );
    report::print(&told)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).map_err(|error| Failure::file("create", folder, &error))?;
    fs::write(path, text).map_err(|error| Failure::file("write", path, &error))
}
