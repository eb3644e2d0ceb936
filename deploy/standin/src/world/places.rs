//! Organizations, workspaces, projects, and who reaches them.

use std::sync::LazyLock;

use super::ids;
use crate::demo::{Person, Reach};

#[derive(Debug)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) workspaces: Vec<Workspace>,
}

#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) is_default: bool,
    pub(crate) projects: Vec<Project>,
}

#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
}

type Plan = (&'static str, &'static str, &'static [(&'static str, &'static [(&'static str, &'static str)])]);

const PLAN: [Plan; 2] = [
    (
        "Aurora Retail",
        "Shops, warehouses and everything between them",
        &[
            (
                "Commerce",
                &[
                    ("aW3k9RtQ", "Web Shop"),
                    ("b7YhC2mL", "Marketplace"),
                    ("cP4sVx8N", "Point of Sale"),
                    ("dK9fTz3G", "Returns"),
                    ("eJ2wQb6R", "Loyalty"),
                    ("fM8nLd5S", "Pricing"),
                ],
            ),
            (
                "Marketing",
                &[
                    ("gX5tHr7V", "Campaigns"),
                    ("hB3zKp9W", "Newsletter"),
                    ("iC6yNm4J", "Attribution"),
                    ("jD8xRs2F", "Social Listening"),
                ],
            ),
            (
                "Finance",
                &[
                    ("kF7vWq3T", "Ledger"),
                    ("lG4uZk8P", "Forecast"),
                    ("mH9aXc5B", "Billing"),
                    ("nJ6bYd2M", "Tax"),
                ],
            ),
        ],
    ),
    (
        "Borealis Health",
        "Clinics and the research behind them",
        &[
            (
                "Research",
                &[
                    ("pK3cZf9D", "Trials"),
                    ("qL8dWg4H", "Cohorts"),
                    ("rM5eXh7K", "Imaging"),
                    ("sN2fYj6Q", "Genomics"),
                ],
            ),
            (
                "Operations",
                &[
                    ("mS5uWt2H", "Supply Watch"),
                    ("tP9gZk3R", "Scheduling"),
                    ("uQ4hWl8T", "Facilities"),
                    ("vR7jXm5U", "Staffing"),
                ],
            ),
            ("Patient Care", &[("wS6kYn2V", "Intake"), ("xT3lZp9X", "Follow-up")]),
        ],
    ),
];

static ORGANIZATIONS: LazyLock<Vec<Organization>> = LazyLock::new(|| {
    PLAN.iter()
        .map(|(name, description, workspaces)| Organization {
            id: ids::uuid(&format!("organization/{name}")),
            name,
            description,
            workspaces: workspaces
                .iter()
                .enumerate()
                .map(|(index, (workspace, projects))| Workspace {
                    id: ids::uuid(&format!("workspace/{name}/{workspace}")),
                    name: workspace,
                    is_default: index == 0,
                    projects: projects.iter().map(|&(id, name)| Project { id, name }).collect(),
                })
                .collect(),
        })
        .collect()
});

/// All organizations.
pub(crate) fn organizations() -> &'static [Organization] {
    &ORGANIZATIONS
}

/// The project with this id, and where it lies.
pub(crate) fn project(id: &str) -> Option<(&'static Organization, &'static Project)> {
    organizations().iter().find_map(|organization| {
        let mut projects = organization.workspaces.iter().flat_map(|workspace| &workspace.projects);
        projects.find(|project| project.id == id).map(|project| (organization, project))
    })
}

impl Person {
    pub(crate) fn reaches_project(&self, organization: &Organization, project: &Project) -> bool {
        match self.reach {
            Reach::Everything => true,
            Reach::Organization(name) => organization.name == name,
            Reach::Project(id) => project.id == id,
        }
    }

    pub(crate) fn reaches_workspace(&self, organization: &Organization, workspace: &Workspace) -> bool {
        workspace.projects.iter().any(|project| self.reaches_project(organization, project))
    }

    pub(crate) fn reaches_organization(&self, organization: &Organization) -> bool {
        organization.workspaces.iter().any(|workspace| self.reaches_workspace(organization, workspace))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo;

    #[test]
    fn the_three_people_reach_what_the_readme_says() {
        let reached = |email: &str| {
            let person = demo::person(email).unwrap();
            let all = organizations().iter().flat_map(|o| {
                o.workspaces
                    .iter()
                    .flat_map(move |w| w.projects.iter().filter(move |p| person.reaches_project(o, p)))
            });
            all.count()
        };
        assert_eq!(reached("ada@demo.peaka.local"), 24);
        assert_eq!(reached("grace@demo.peaka.local"), 14);
        assert_eq!(reached("linus@demo.peaka.local"), 1);
        assert!(project(demo::PROJECT).is_some());
        assert!(project(demo::SINGLE_PROJECT).is_some());
    }
}
