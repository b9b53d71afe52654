//! The students' copy as one file. The same course gives the same bytes.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use flate2::Compression;
use flate2::write::GzEncoder;
use zip::write::SimpleFileOptions;

/// The earliest time that a .zip can have, which it has where none is given: 1 January 1980.
const NINETEEN_EIGHTY: u64 = 315_532_800;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packed {
    Zip,
    TarGz,
}

impl Packed {
    /// How a file of this name is packed, and its name without the ending; `None` for a folder.
    pub fn of(path: &Path) -> Option<(&str, Packed)> {
        let name = path.file_name().and_then(OsStr::to_str)?;
        let endings = [(".zip", Packed::Zip), (".tar.gz", Packed::TarGz), (".tgz", Packed::TarGz)];
        endings.iter().find_map(|(ending, packed)| {
            name.strip_suffix(ending).filter(|stem| !stem.is_empty()).map(|stem| (stem, *packed))
        })
    }

    /// Packs all below `folder` into `to`, in a folder `name`, or at the top where that is empty.
    /// The file is there whole or not at all.
    pub fn write(self, folder: &Path, name: &str, to: &Path) -> anyhow::Result<()> {
        let parent = to.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent).context("make its folder")?;
        let aside = tempfile::Builder::new()
            .permissions(fs::Permissions::from_mode(0o644))
            .tempfile_in(parent)?;
        let mut paths = Vec::new();
        list(folder, Path::new(""), &mut paths)?;
        paths.sort();
        let out = BufWriter::new(aside.as_file());
        match self {
            Packed::Zip => zip(folder, name, &paths, out)?,
            Packed::TarGz => tar(folder, name, &paths, out)?,
        }
        aside.persist_noclobber(to)?;
        Ok(())
    }
}

fn list(folder: &Path, below: &Path, paths: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() { list(folder, &path, paths)? } else { paths.push(path) }
    }
    Ok(())
}

fn tar(folder: &Path, name: &str, paths: &[PathBuf], out: BufWriter<&File>) -> anyhow::Result<()> {
    let mut tar = tar::Builder::new(GzEncoder::new(out, Compression::default()));
    for path in paths {
        let text = fs::read(folder.join(path))?;
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(crate::mode(&text).mode());
        header.set_mtime(NINETEEN_EIGHTY);
        tar.append_data(&mut header, Path::new(name).join(path), &text[..])?;
    }
    tar.into_inner()?.finish()?.flush()?;
    Ok(())
}

fn zip(folder: &Path, name: &str, paths: &[PathBuf], out: BufWriter<&File>) -> anyhow::Result<()> {
    let mut zip = zip::ZipWriter::new(out);
    for path in paths {
        let path_in_it = Path::new(name).join(path);
        let text = fs::read(folder.join(path))?;
        let options = SimpleFileOptions::default().unix_permissions(crate::mode(&text).mode());
        zip.start_file(path_in_it.to_string_lossy(), options)?;
        zip.write_all(&text)?;
    }
    zip.finish()?.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_says_how_it_is_packed() {
        let of = |path: &'static str| Packed::of(Path::new(path));
        assert_eq!(of("a/pipes.tar.gz"), Some(("pipes", Packed::TarGz)));
        assert_eq!(of("pipes.zip"), Some(("pipes", Packed::Zip)));
        assert_eq!(of("pipes"), None);
        assert_eq!(of(".zip"), None);
    }
}
