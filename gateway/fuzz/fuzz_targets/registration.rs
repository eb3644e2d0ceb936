//! The body of `/oauth/register`. What is registered was asked for, is fit to be shown, and is what the client id stands
//! for afterwards.
#![no_main]

use gateway::{
    domain::{
        client::{ClientMetadata, clean_name},
        redirect::RedirectUri,
    },
    fuzzing::registration,
};
use gateway_fuzz::HOUSE;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let Some(metadata) = registration(body) else { return };
    let asked: serde_json::Value = serde_json::from_slice(body).unwrap();
    let listed: Vec<&str> = asked["redirect_uris"].as_array().unwrap().iter().filter_map(|uri| uri.as_str()).collect();
    assert!((1..=16).contains(&metadata.redirect_uris.len()));
    for uri in &metadata.redirect_uris {
        assert!(listed.contains(&uri.as_str()));
        assert_eq!(RedirectUri::parse(uri.as_str()).as_ref(), Ok(uri));
    }
    assert_eq!(clean_name(&metadata.name).as_ref(), Some(&metadata.name));
    assert!(metadata.name.chars().count() <= 80);
    assert!(metadata.keys.is_none());
    let written = serde_json::to_string(&metadata).unwrap();
    assert_eq!(serde_json::from_str::<ClientMetadata>(&written).unwrap(), metadata);

    let Some(id) = HOUSE.register(&metadata) else { return };
    assert!(id.len() <= 3011 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    let client = HOUSE.registered(&id).unwrap();
    assert_eq!((client.id, client.metadata), (id, metadata));
});
