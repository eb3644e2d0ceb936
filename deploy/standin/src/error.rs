//! Why a stand-in could not be started.

use std::path::PathBuf;

/// Why a stand-in could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StandinError {
    /// The port could not be had.
    #[error("could not listen: {0}; is another stand-in running on that port?")]
    Listen(#[source] std::io::Error),
    /// The data directory cannot be used.
    #[error("could not use the data directory {path}: {source}; make it writable or choose another")]
    DataDir {
        /// The file or directory in question.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What lies in the data directory was not written by a stand-in.
    #[error("{path} is not a stand-in's state: {source}; remove it to start anew")]
    State {
        /// The file in question.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The key that signs access tokens could not be made or read.
    #[error("could not make or read the signing key: {0}")]
    SigningKey(#[from] josekit::JoseError),
    /// The sample data could not be made.
    #[error("could not make the sample data: {0}")]
    SampleData(#[from] sqlx::Error),
}
