//! The consent page: who asks, as whom, what, where and for how long.

use std::{collections::BTreeSet, time::Duration};

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use shared::scope::{Scope, Scopes};

use super::{ClientCard, PageError, moment, render};
use crate::{
    domain::authorization::SignedIn,
    language::Here,
    peaka::{Project, ProjectList},
    tools,
};

/// More projects than this are not written into the page: the rest is found by searching.
const SHOWN: usize = 100;
/// A list that is not longer stands open.
const OPEN: usize = 24;

/// What a person has chosen so far; the page is shown again after a search.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    pub(crate) scopes: Scopes,
    pub(crate) all_projects: bool,
    pub(crate) projects: BTreeSet<String>,
    pub(crate) search: String,
    pub(crate) life: Duration,
    pub(crate) remember: bool,
}

/// What the consent page says of former and later decisions.
#[derive(Clone, Copy)]
pub(crate) struct Remembering {
    /// This one may be remembered.
    pub(crate) offered: bool,
    /// One is, about a client that told something else of itself.
    pub(crate) changed: bool,
    /// It is to be.
    pub(crate) chosen: bool,
}

/// A scope that can be ticked.
pub(super) struct ScopeChoice {
    scope: Scope,
    pub(super) title: String,
    detail: String,
    tools: Vec<String>,
    ticked: bool,
}

struct LifeChoice {
    seconds: u64,
    words: String,
    chosen: bool,
}

struct ProjectChoice<'a> {
    project: &'a Project,
    ticked: bool,
}

/// The projects of a workspace.
struct Group<'a> {
    organization: &'a str,
    workspace: &'a str,
    projects: Vec<ProjectChoice<'a>>,
    open: bool,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent<'a> {
    w: Here,
    client: &'a ClientCard,
    email: &'a str,
    name: Option<&'a str>,
    authorization: &'a str,
    choices: Vec<ScopeChoice>,
    chosen: &'a Chosen,
    groups: Vec<Group<'a>>,
    /// How many fit the search and are not in the page.
    hidden: usize,
    /// How many there are at all.
    total: usize,
    incomplete: bool,
    unknown: bool,
    lives: Vec<LifeChoice>,
    remembering: Remembering,
}

/// The page. `lives`: for how long a person may let the client in.
pub(crate) fn consent(
    signed_in: &SignedIn,
    authorization: &str,
    projects: Option<&ProjectList>,
    chosen: &Chosen,
    lives: &[Duration],
    remembering: Remembering,
) -> Result<Response, PageError> {
    let w = Here::now();
    let all: &[Project] = projects.map_or(&[], |list| &list.projects);
    let (groups, hidden) = groups(all, chosen);
    let life = |life: &Duration| LifeChoice {
        seconds: life.as_secs(),
        words: moment::length(&w, life.as_secs()),
        chosen: *life == chosen.life,
    };
    let page = Consent {
        client: &ClientCard::of(&w, &signed_in.request),
        email: &signed_in.person.email,
        name: signed_in.person.name.as_deref(),
        authorization,
        choices: choices(&w, signed_in.request.scopes, chosen.scopes),
        chosen,
        groups,
        hidden,
        total: all.len(),
        incomplete: projects.is_some_and(|list| list.incomplete),
        unknown: projects.is_none(),
        lives: lives.iter().map(life).collect(),
        remembering,
        w,
    };
    render(StatusCode::OK, &page)
}

/// The scopes that are asked for, in words, each with the tools behind it.
pub(super) fn choices(w: &Here, asked: Scopes, ticked: Scopes) -> Vec<ScopeChoice> {
    let text = |scope: Scope, part: &str| w.t(&format!("scopes.{scope}.{part}")).to_owned();
    asked
        .iter()
        .map(|scope| ScopeChoice {
            scope,
            title: text(scope, "title"),
            detail: text(scope, "detail"),
            tools: tools::of(scope).iter().map(|name| w.t(&format!("tools.{name}")).to_owned()).collect(),
            ticked: ticked.contains(scope),
        })
        .collect()
}

/// What fits the search, by workspace, and how many more do. What is ticked is always there: it would be lost otherwise.
fn groups<'a>(all: &'a [Project], chosen: &Chosen) -> (Vec<Group<'a>>, usize) {
    let search = folded(&chosen.search);
    let fits = |project: &Project| {
        [&project.name, &project.workspace, &project.organization, &project.id]
            .iter()
            .any(|text| folded(text).contains(&search))
    };
    let (mut groups, mut shown, mut hidden): (Vec<Group<'_>>, usize, usize) = (Vec::new(), 0, 0);
    let is_open = all.len() <= OPEN || !search.is_empty();
    for project in all {
        let ticked = chosen.projects.contains(&project.id);
        if !ticked && !fits(project) {
            continue;
        }
        if !ticked && shown >= SHOWN {
            hidden += 1;
            continue;
        }
        shown += 1;
        let choice = ProjectChoice { project, ticked };
        match groups.last_mut() {
            Some(group)
                if group.organization == project.organization && group.workspace == project.workspace =>
            {
                group.open |= ticked;
                group.projects.push(choice);
            }
            _ => groups.push(Group {
                organization: &project.organization,
                workspace: &project.workspace,
                projects: vec![choice],
                open: is_open || ticked,
            }),
        }
    }
    (groups, hidden)
}

/// Without regard to case, of the Turkish i's either.
fn folded(text: &str) -> String {
    let same = |c: char| if matches!(c, 'I' | 'İ' | 'ı') { 'i' } else { c };
    text.trim().chars().map(same).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(search: &str, projects: &[&str]) -> Chosen {
        Chosen {
            scopes: Scopes::ALL,
            all_projects: false,
            projects: projects.iter().map(|id| (*id).to_owned()).collect(),
            search: search.to_owned(),
            life: Duration::from_secs(1),
            remember: false,
        }
    }

    fn project(n: usize, name: &str) -> Project {
        let workspace = format!("workspace {}", n / 10);
        Project { id: format!("id{n}"), name: name.to_owned(), workspace, organization: "Org".to_owned() }
    }

    #[test]
    fn a_search_keeps_what_is_ticked_and_counts_what_does_not_fit_the_page() {
        let all: Vec<Project> = (0..300).map(|n| project(n, "IĞDIR sales")).collect();
        let (found, hidden) = groups(&all, &chosen(" ığdır ", &["id299"]));
        let shown: usize = found.iter().map(|group| group.projects.len()).sum();
        assert_eq!((shown, hidden), (SHOWN + 1, 199));
        assert!(found.last().unwrap().projects[0].ticked);
        let (found, hidden) = groups(&all, &chosen("nothing like it", &["id5"]));
        assert_eq!((found.len(), found[0].projects.len(), hidden), (1, 1, 0));
        let (found, _) = groups(&all, &chosen("", &[]));
        assert!(found.iter().all(|group| !group.open));
    }

    #[test]
    fn every_scope_has_its_tools() {
        for scope in [Scope::Read, Scope::Query, Scope::Write] {
            assert!(!tools::of(scope).is_empty(), "{scope}");
        }
    }
}
