//! Peaka's Partner API, as far as the gateway needs it: who a token belongs to, and where its owner can work.

use std::{fmt, sync::Arc};

use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};
use url::Url;

use super::{
    error::{Outage, PartnerError},
    http::Http,
    issuer::Issuer,
    settings::{IdentitySource, Settings},
};

/// The longest id that is believed, in bytes; Peaka's are UUIDs.
const MAX_ID_BYTES: usize = 256;

/// The Partner API.
#[derive(Clone)]
pub struct PartnerApi {
    http: Http,
    base: Url,
    identity: Identity,
}

#[derive(Clone)]
enum Identity {
    Info,
    Userinfo(Arc<Issuer>),
}

/// Who a token belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Peaka's id of the person: never empty, and the only field to recognise somebody by.
    pub user_id: String,
    /// To show, and to find the person whom an enterprise vouches for: not verified by us, and it can change. One that the
    /// provider says is not verified is left out.
    pub email: Option<String>,
    /// To show.
    pub name: Option<String>,
}

#[derive(Deserialize)]
struct Info {
    #[serde(rename = "userId")]
    user_id: String,
    email: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Userinfo {
    sub: String,
    email: Option<String>,
    /// OpenID Connect Core §5.1; some write it as text.
    email_verified: Option<serde_json::Value>,
    name: Option<String>,
}

impl fmt::Debug for PartnerApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartnerApi").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl PartnerApi {
    pub(super) fn new(settings: &Settings, http: Http, issuer: Arc<Issuer>) -> Self {
        let identity = match settings.identity {
            IdentitySource::Info => Identity::Info,
            IdentitySource::Userinfo => Identity::Userinfo(issuer),
        };
        Self { http, base: settings.partner_api.clone(), identity }
    }

    /// Who the token belongs to, by Peaka's own word: `GET info`, or the userinfo endpoint if the configuration says
    /// so (`PEAKA_IDENTITY`).
    pub async fn who_is(&self, access_token: &SecretString) -> Result<Person, PartnerError> {
        let person = match &self.identity {
            Identity::Info => {
                let Info { user_id, email, name } = self.get(&["info"], access_token).await?;
                Person { user_id, email, name }
            }
            Identity::Userinfo(issuer) => {
                let endpoint = issuer.metadata().await?.userinfo_endpoint.clone();
                let endpoint = endpoint.ok_or(Outage::Misconfigured("it has no userinfo endpoint"))?;
                let Userinfo { sub, email, email_verified, name } =
                    self.http.document_for(endpoint, access_token).await?;
                let verified = email_verified.is_none_or(|said| said == true || said == "true");
                Person { user_id: sub, email: email.filter(|_| verified), name }
            }
        };
        if person.user_id.is_empty()
            || person.user_id.len() > MAX_ID_BYTES
            || person.user_id.chars().any(|c| c.is_control() || c.is_whitespace())
        {
            return Err(Outage::Malformed("the person's id is not one").into());
        }
        Ok(person)
    }

    /// `GET` of a path below the base. Each segment is percent-encoded, so an id cannot leave its place.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        segments: &[&str],
        token: &SecretString,
    ) -> Result<T, PartnerError> {
        let mut url = self.base.clone();
        // The URL library leaves these out silently, which would make the path another one.
        if segments.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
            return Err(Outage::Malformed("an id that cannot be in a path").into());
        }
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        self.http.document_for(url, token).await
    }
}
