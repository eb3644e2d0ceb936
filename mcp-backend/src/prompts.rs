//! Two prompts that a person can pick in a client: they start the two things people come for.

use rmcp::model::{GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role};

use crate::resources::{REPORT_TEMPLATE, SQL_RULES};

const WRITE_A_QUERY: &str = "write_a_query";
const BUILD_A_REPORT: &str = "build_a_report";

/// What a prompt gives none for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoPrompt {
    /// There is none of this name.
    #[error("There is no such prompt; prompts/list names those there are.")]
    Unknown,
    /// The argument that says what it is about is missing.
    #[error("The prompt needs the argument {0}, as text.")]
    Missing(&'static str),
}

/// What there is.
pub(crate) fn list() -> Vec<Prompt> {
    let project = || {
        PromptArgument::new("projectId")
            .with_title("Project")
            .with_description("The project to work in, if it is known")
            .with_required(false)
    };
    let about = |name: &str, title: &str, description: &str| {
        PromptArgument::new(name).with_title(title).with_description(description).with_required(true)
    };
    vec![
        Prompt::new(
            WRITE_A_QUERY,
            Some("Answer a question with SQL: find the data, write the statement, check it, run it."),
            Some(vec![about("question", "Question", "What you want to know"), project()]),
        )
        .with_title("Write a query"),
        Prompt::new(
            BUILD_A_REPORT,
            Some("Make an HTML report on a topic from query results."),
            Some(vec![about("topic", "Topic", "What the report is about"), project()]),
        )
        .with_title("Build a report"),
    ]
}

/// The prompt `name`, filled in.
pub(crate) fn get(name: &str, arguments: Option<&JsonObject>) -> Result<GetPromptResult, NoPrompt> {
    let argument = |name: &'static str| {
        let text = arguments.and_then(|arguments| arguments.get(name)?.as_str()).map(str::trim);
        text.filter(|text| !text.is_empty()).ok_or(NoPrompt::Missing(name))
    };
    let project = match argument("projectId") {
        Ok(project) => format!("Work in the Peaka project {project}."),
        Err(_) => "Find the project with peaka_list_projects; if there are several, ask me once.".to_owned(),
    };
    let (description, text) = match name {
        WRITE_A_QUERY => ("Answer a question with SQL", query(argument("question")?, &project)),
        BUILD_A_REPORT => ("Build a report", report(argument("topic")?, &project)),
        _ => return Err(NoPrompt::Unknown),
    };
    Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)]).with_description(description))
}

fn query(question: &str, project: &str) -> String {
    format!(
        "Answer this question from my data in Peaka: {question}\n\n\
         {project}\n\
         1. Ask peaka_query_golden_sqls for an approved statement like it.\n\
         2. If there is none, get the exact names and types with peaka_get_project_metadata (or the peaka_list_… \
         tools), and the join conditions with peaka_get_relations.\n\
         3. See in peaka_list_tables whether the tables are cached. If one is cacheable and is not, tell me that \
         the result may cover 100 of its rows only, and offer to cache it.\n\
         4. Write one statement, check it against the rules below, and run it with peaka_execute_sql_query.\n\
         5. Give me the answer first, then the statement, then what the figures leave out.\n\n\
         {}",
        SQL_RULES.text
    )
}

fn report(topic: &str, project: &str) -> String {
    format!(
        "Build a report from my data in Peaka on this topic: {topic}\n\n\
         {project}\n\
         1. Decide on three to six questions that the report answers, and tell me them in one line each.\n\
         2. Answer each with peaka_execute_sql_query, with names from the metadata and aggregates made in SQL; a \
         report needs tens of rows, not thousands.\n\
         3. Put the results into the template below, as one HTML file.\n\
         4. Say in the report what was cut or left out.\n\n\
         {}",
        REPORT_TEMPLATE.text
    )
}
