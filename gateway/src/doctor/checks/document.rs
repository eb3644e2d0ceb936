//! A client that is known by its metadata document: the gateway must be able to read that.

use serde_json::Value;

use super::authorization::asked;
use crate::doctor::{case::Case, fault::Fault};

pub(in crate::doctor) async fn check(case: &mut Case<'_>, server: &Value) {
    let Some((document, uri)) = case.player().document else { return };
    // Clients that could, register instead.
    if server["client_id_metadata_document_supported"] != true {
        return;
    }
    let Some(answer) = asked(case, server, document, uri).await else { return };
    if !answer.status.is_success() {
        case.find(Fault::DocumentRefused, format!("{document}: {}", answer.told()));
    }
}
