//! Everything that a running stand-in holds.

use std::sync::Mutex;

use crate::{
    error::StandinError,
    faults::Faults,
    oauth::{access_token::AccessTokens, grants::Grants, pending::Pending},
    options::{Options, Switches, SwitchesChange},
    requests::Requests,
    sql::engine::Engine,
    studio::Studio,
    sync::lock,
};

#[derive(Debug)]
pub(crate) struct App {
    pub(crate) issuer: String,
    pub(crate) options: Options,
    switches: Mutex<Switches>,
    pub(crate) access_tokens: AccessTokens,
    pub(crate) grants: Grants,
    pub(crate) pending: Pending,
    pub(crate) faults: Faults,
    pub(crate) requests: Requests,
    pub(crate) studio: Studio,
    pub(crate) engine: Engine,
}

impl App {
    pub(crate) fn new(issuer: String, options: Options) -> Result<Self, StandinError> {
        if let Some(path) = &options.data_dir {
            let made = std::fs::create_dir_all(path);
            made.map_err(|source| StandinError::DataDir { path: path.clone(), source })?;
        }
        let in_data_dir = |name: &str| options.data_dir.as_ref().map(|folder| folder.join(name));
        Ok(Self {
            issuer,
            switches: Mutex::new(Switches::from(&options)),
            access_tokens: AccessTokens::open(in_data_dir("signing-key.pem").as_deref())?,
            grants: Grants::open(in_data_dir("sign-ins.json"))?,
            pending: Pending::default(),
            faults: Faults::default(),
            requests: Requests::default(),
            studio: Studio::default(),
            engine: Engine::open(options.data_dir.as_ref())?,
            options,
        })
    }

    /// How the switches stand.
    pub(crate) fn switches(&self) -> Switches {
        *lock(&self.switches)
    }

    /// Changes the switches; the answer is how they stand then.
    pub(crate) fn switch(&self, change: SwitchesChange) -> Switches {
        let mut switches = lock(&self.switches);
        switches.change(change);
        *switches
    }
}
