//! The directory that holds the databases and the master key.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::Error;

/// An open state directory.
#[derive(Debug)]
pub struct State {
    directory: PathBuf,
    master_key: String,
    /// Removes the directory at the end, if it was made for this run only.
    _temporary: Option<tempfile::TempDir>,
}

impl State {
    /// Opens or makes a directory that stays.
    ///
    /// # Errors
    ///
    /// If it cannot be made or its key cannot be read.
    pub fn open(directory: &Path) -> Result<Self, Error> {
        fs::create_dir_all(directory)
            .map_err(|error| format!("cannot make the state directory {}: {error}", directory.display()))?;
        let directory = directory.canonicalize()?;
        Ok(Self { master_key: master_key(&directory)?, directory, _temporary: None })
    }

    /// Makes one that goes with this run.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn temporary() -> Result<Self, Error> {
        let temporary = tempfile::tempdir()?;
        let directory = temporary.path().to_owned();
        Ok(Self { master_key: master_key(&directory)?, directory, _temporary: Some(temporary) })
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The key that opens what is stored in it.
    pub fn master_key(&self) -> &str {
        &self.master_key
    }

    /// The gateway's database.
    pub fn database_url(&self) -> String {
        format!("sqlite://{}?mode=rwc", self.directory.join("gateway.db").display())
    }
}

/// The key of this directory: made once, readable by its owner only.
fn master_key(directory: &Path) -> Result<String, Error> {
    let path = directory.join("master.key");
    match fs::read_to_string(&path) {
        Ok(key) => Ok(key.trim().to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = BASE64_URL_SAFE_NO_PAD.encode(gateway::domain::secret::random::<32>()?);
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            writeln!(file, "{key}")?;
            Ok(key)
        }
        Err(error) => Err(format!("cannot read {}: {error}", path.display()).into()),
    }
}
