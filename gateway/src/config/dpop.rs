//! Whether tokens may be bound to keys.

use shared::env::Env;

use crate::domain::dpop::Mode;

const NAME: &str = "GATEWAY_DPOP";

pub(super) fn read(env: &mut Env) -> Mode {
    match env.text(NAME).as_deref() {
        None | Some("on") => Mode::On,
        Some("off") => Mode::Off,
        Some("nonce") => Mode::Nonce,
        Some(_) => {
            env.wrong(NAME, "should be \"on\", \"off\" or \"nonce\"");
            Mode::default()
        }
    }
}
