//! An access token. One that is taken is one that was issued, byte for byte.
#![no_main]

use gateway_fuzz::{HOUSE, mutated};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|script: &[u8]| {
    let presented = mutated(&HOUSE.token, script);
    assert_eq!(HOUSE.takes(&presented), presented == HOUSE.token);
});
