//! One client on the other end of standard input and output.

use rmcp::{
    service::{ServerInitializeError, serve_server_with_ct},
    transport::stdio_pipes,
};
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::LocalConfig;
use crate::router::BuildError;

/// Why a session over stdio ended badly.
#[derive(Debug, thiserror::Error)]
pub enum StdioError {
    /// The tools could not be put together.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The client did not open the session as the protocol says.
    #[error("the client did not open an MCP session: {0}")]
    Opening(#[source] Box<ServerInitializeError>),
    /// A mistake in this program.
    #[error("the session ended unexpectedly")]
    Ended(#[from] tokio::task::JoinError),
}

/// Serves the client until it closes standard input, or until `shutdown`. Standard output belongs to the protocol;
/// everything else goes to standard error.
///
/// # Errors
///
/// When the tools cannot be put together, or the client speaks something else.
pub async fn stdio(config: LocalConfig, shutdown: CancellationToken) -> Result<(), StdioError> {
    let (server, _) = super::server(&config)?;
    if config.api_key.is_none() {
        info!("PEAKA_API_KEY is not set; tools are listed, and every call says what to set");
    }
    match serve_server_with_ct(server, stdio_pipes(), shutdown).await {
        Ok(session) => {
            session.waiting().await?;
            Ok(())
        }
        // Whoever leaves before saying anything leaves in peace.
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => Ok(()),
        Err(error) => Err(StdioError::Opening(Box::new(error))),
    }
}
