//! Whoever started this program, where there is no gateway to say who calls: their API key, and the one project that
//! it may be bound to.

use secrecy::SecretString;
use shared::{
    assertion::{Identity, Projects},
    scope::Scopes,
};
use tokio::sync::OnceCell;

use crate::{
    caller::Caller,
    credential::Credential,
    gateway::PeakaToken,
    peaka::{ApiPath, Client, PeakaError, types::Info},
};

/// Who calls, where nobody else can: the key decides what may be done, and Peaka enforces it.
#[derive(Clone, Debug)]
pub(crate) struct KeyHolder(Option<PeakaToken>);

impl KeyHolder {
    /// With this key, or with none: then every call says what to set.
    pub(crate) fn new(key: Option<SecretString>) -> Self {
        Self(key.map(PeakaToken::of_key))
    }

    /// One request of theirs.
    pub(crate) fn caller(&self) -> Caller {
        let identity = Identity {
            subject: "local".into(),
            session_id: "local".into(),
            client_id: "local".into(),
            scopes: Scopes::ALL,
            projects: Projects::All,
        };
        Caller::new(identity, Credential::Key(self.0.clone()), None)
    }
}

/// The one project of a Project key, asked for once, when it is first needed: whoever has such a key need not name
/// it.
#[derive(Debug)]
pub(crate) struct KeyProject {
    peaka: Client,
    known: OnceCell<Option<String>>,
}

impl KeyProject {
    /// Nothing is asked for yet.
    pub(crate) fn new(peaka: Client) -> Self {
        Self { peaka, known: OnceCell::new() }
    }

    /// The project's id; `None` for a Partner key. A failure is not remembered.
    pub(crate) async fn id(&self, caller: &Caller) -> Result<Option<&str>, PeakaError> {
        let ask = async || -> Result<_, PeakaError> {
            let info: Info = self.peaka.get(caller, &ApiPath::new("info")).await?;
            Ok(info.project_id)
        };
        Ok(self.known.get_or_try_init(ask).await?.as_deref())
    }
}
