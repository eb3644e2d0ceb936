//! A gateway, and the site of a client that publishes a document.

use std::io::Write as _;

use tempfile::NamedTempFile;

use super::host::{Act, Host, ID, NAME};
use crate::harness::{Client, World};

pub(crate) struct Site {
    pub(crate) world: World,
    pub(crate) host: Host,
    pub(crate) client: Client,
    _authority: NamedTempFile,
}

impl Site {
    /// A site that does these in turn, and then nothing more.
    pub(crate) async fn start(acts: Vec<Act>, variables: &[(&str, &str)]) -> Self {
        let host = Host::start(move |number| acts.get(number).cloned().unwrap_or(Act::Mute)).await;
        let mut authority = NamedTempFile::new().unwrap();
        authority.write_all(&host.authority).unwrap();
        let private = format!("{NAME}={}", host.address);
        let mut all = vec![
            ("GATEWAY_CIMD_PRIVATE_HOSTS", private.as_str()),
            ("GATEWAY_CIMD_CA_FILE", authority.path().to_str().unwrap()),
        ];
        all.extend(variables);
        let world = World::start_with(&all).await;
        let client =
            Client { id: ID.to_owned(), secret: None, redirect_uri: "https://client.example/cb".to_owned() };
        Self { world, host, client, _authority: authority }
    }
}
