//! Which grants are on.

use shared::env::Env;

use crate::domain::grant::{Grant, Grants};

const NAME: &str = "GATEWAY_GRANTS";

/// All but those that need more than a switch: an enterprise's grant is on when an issuer is configured.
const DEFAULT: Grants = Grants::OF_APPS.with(Grant::ClientCredentials).with(Grant::Device);

pub(super) fn read(env: &mut Env) -> Grants {
    let Some(list) = env.text(NAME) else { return DEFAULT };
    let named = |name: &str| Grant::named(name.trim()).filter(|grant| *grant != Grant::IdJag);
    match list.split(',').map(named).collect::<Option<Grants>>() {
        Some(grants) => grants,
        None => {
            env.wrong(
                NAME,
                "should be some of authorization_code, refresh_token, client_credentials and device, separated by \
                 commas",
            );
            DEFAULT
        }
    }
}
