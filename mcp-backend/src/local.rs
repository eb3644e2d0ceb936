//! Without a gateway: the tools for whoever started this program, with that person's own API key, over stdio or on a
//! loopback address.

mod config;
mod dotenv;
mod http;
mod stdio;

use std::sync::Arc;

pub use config::LocalConfig;
pub use http::router;
pub use stdio::{StdioError, stdio};

use crate::{
    catalogue::Catalogue,
    key::{KeyHolder, KeyProject},
    peaka::Client,
    router::BuildError,
    server::PeakaServer,
    tools::Toolbox,
};

fn server(config: &LocalConfig) -> Result<(PeakaServer, Arc<Catalogue>), BuildError> {
    let catalogue = Arc::new(Catalogue::with_optional_project()?);
    let peaka = Client::new(config.partner_api_base_url.clone())?;
    let project = KeyProject::new(peaka.clone());
    let server = PeakaServer::new(Toolbox::new(peaka), Arc::clone(&catalogue));
    Ok((server.for_key(KeyHolder::new(config.api_key.clone()), project), catalogue))
}
