//! What every call passes before its tool is run, whichever way it came in.

use rmcp::{
    ErrorData,
    model::{CallToolRequestParams, ErrorCode},
};
use serde_json::Value;

use super::{INSUFFICIENT_SCOPE, PeakaServer};
use crate::{caller::Caller, error::ToolError};

/// Why a call is not run.
pub(super) enum Refused {
    /// The model should read why.
    Tool(ToolError),
    /// The client should.
    Protocol(ErrorData),
}

impl PeakaServer {
    /// Puts in the project of a key that has one only, where the call names none.
    pub(super) async fn complete(
        &self,
        caller: &Caller,
        request: &mut CallToolRequestParams,
    ) -> Result<(), ToolError> {
        let Some((_, project)) = &self.local else { return Ok(()) };
        let given = request.arguments.as_ref().and_then(|arguments| arguments.get("projectId"));
        if given.is_some_and(|given| !given.is_null()) || !self.catalogue.takes_project(&request.name) {
            return Ok(());
        }
        let id = project.id(caller).await?.ok_or(ToolError::ProjectNeeded)?;
        request.arguments.get_or_insert_default().insert("projectId".to_owned(), id.into());
        Ok(())
    }

    /// The walls. The HTTP layer refuses a call that lacks the scope before it gets here; this one stands on its
    /// own, and holds for every way in.
    pub(super) fn admit(&self, caller: &Caller, request: &CallToolRequestParams) -> Result<(), Refused> {
        let scope = self.catalogue.scope_of(&request.name);
        // The name is not repeated: rmcp logs the errors it sends, and a name that is not ours can hold anything.
        let unknown = "There is no such tool; tools/list names those there are.";
        let scope = scope.ok_or_else(|| Refused::Protocol(ErrorData::invalid_params(unknown, None)))?;
        if !caller.may(scope) {
            let sentence = format!("This call needs the scope {scope}, which the person has not granted.");
            return Err(Refused::Protocol(ErrorData::new(ErrorCode(INSUFFICIENT_SCOPE), sentence, None)));
        }
        // One check for every tool, so that a new one cannot forget it. What is no text, the tool itself refuses.
        let project = request.arguments.as_ref().and_then(|arguments| arguments.get("projectId"));
        if let Some(project) = project.and_then(Value::as_str)
            && !caller.reaches(project)
        {
            return Err(Refused::Tool(ToolError::ProjectNotAllowed(project.chars().take(64).collect())));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;
    use shared::{
        assertion::{Identity, Projects},
        scope::{Scope, Scopes},
    };

    use super::*;
    use crate::{
        catalogue::Catalogue,
        credential::Credential,
        gateway::{self, Exchange},
        peaka::Client,
        tools::Toolbox,
    };

    fn caller(scopes: impl Into<Scopes>, projects: Projects) -> Caller {
        let exchange = Exchange::new(
            gateway::http_client().unwrap(),
            gateway::http_client_keeping_nothing().unwrap(),
            "http://127.0.0.1:1",
        );
        let identity = Identity {
            subject: "u".into(),
            session_id: "s".into(),
            client_id: "c".into(),
            scopes: scopes.into(),
            projects,
        };
        Caller::new(identity, Credential::exchanged(Arc::new(exchange), "".into()), None)
    }

    fn admits(caller: &Caller, tool: &'static str, arguments: &serde_json::Value) -> bool {
        let tools = Toolbox::new(Client::new("http://127.0.0.1:1".into()).unwrap());
        let server = PeakaServer::new(tools, Arc::new(Catalogue::new().unwrap()));
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        server.admit(caller, &CallToolRequestParams::new(tool).with_arguments(arguments)).is_ok()
    }

    #[test]
    fn the_second_wall_stands_without_the_first() {
        let reader = caller(Scope::Read, Projects::All);
        assert!(admits(&reader, "peaka_list_catalogs", &json!({ "projectId": "p" })));
        assert!(!admits(&reader, "peaka_execute_sql_query", &json!({ "projectId": "p" })));
        assert!(!admits(&reader, "peaka_no_such_tool", &json!({})));
        assert!(!admits(&caller(Scopes::NONE, Projects::All), "peaka_list_projects", &json!({})));

        let narrowed = caller(Scopes::ALL, Projects::Only(["p".to_owned()].into()));
        assert!(admits(&narrowed, "peaka_list_catalogs", &json!({ "projectId": "p" })));
        assert!(!admits(&narrowed, "peaka_list_catalogs", &json!({ "projectId": "P" })));
    }
}
