//! Opening the stored keys, all or none: a gateway without one of them would refuse what the others issue.

use std::fmt;

use super::{MasterKeys, purpose};
use crate::store::KeyRow;

/// A stored key and what it is made of.
pub(super) struct Opened<'a> {
    pub(super) row: &'a KeyRow,
    pub(super) material: Vec<u8>,
}

/// Stored keys that no master key of the environment opens.
#[derive(Debug, PartialEq, Eq)]
pub struct Locked {
    /// Each as ring, id and the fingerprint of the master key that it needs, where that was written down.
    keys: Vec<(String, String, Option<String>)>,
    /// The fingerprints of the master keys that there are.
    given: Vec<String>,
}

impl std::error::Error for Locked {}

impl fmt::Display for Locked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.keys.len();
        write!(f, "{count} stored key(s) cannot be opened with any key of GATEWAY_MASTER_KEYS, which has ")?;
        writeln!(f, "the fingerprint(s) {}:", self.given.join(", "))?;
        for (ring, id, master) in &self.keys {
            match master {
                Some(master) => {
                    writeln!(f, "  {ring} {id} needs the master key with the fingerprint {master}")?
                }
                None => writeln!(f, "  {ring} {id} needs the master key under which it was stored")?,
            }
        }
        write!(
            f,
            "add the master key(s) that are missing; `gateway keys reseal` makes older ones dispensable"
        )
    }
}

pub(super) fn open_all<'a>(rows: &'a [KeyRow], master: &MasterKeys) -> Result<Vec<Opened<'a>>, Locked> {
    let mut opened = Vec::with_capacity(rows.len());
    let mut locked = Vec::new();
    for row in rows {
        match master.unseal(&purpose(&row.ring, &row.id), &row.sealed) {
            Ok(material) => opened.push(Opened { row, material }),
            Err(_) => locked.push((row.ring.clone(), row.id.clone(), row.master.clone())),
        }
    }
    if locked.is_empty() {
        Ok(opened)
    } else {
        Err(Locked { keys: locked, given: master.fingerprints().to_vec() })
    }
}
