//! A sealed client id. One that stands for a client is one that was given out, byte for byte.
#![no_main]

use std::sync::LazyLock;

use gateway_fuzz::{HOUSE, client, mutated};
use libfuzzer_sys::fuzz_target;

static GOOD: LazyLock<String> = LazyLock::new(|| HOUSE.register(&client().metadata).unwrap());

fuzz_target!(|script: &[u8]| {
    let presented = mutated(&GOOD, script);
    let known = HOUSE.registered(&presented);
    assert_eq!(known.is_some(), presented == *GOOD);
    if let Some(known) = known {
        assert_eq!((&known.id, known.metadata), (&presented, client().metadata));
    }
});
