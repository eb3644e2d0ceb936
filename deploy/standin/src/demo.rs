//! What the demo world is made of, as far as tests and documentation name it.

use std::sync::LazyLock;

use crate::world::ids;

/// A key that acts in [`PROJECT`] alone, with the rights of `ada@demo.peaka.local`.
pub const PROJECT_KEY: &str = "TqGcPrj1.5tandinProjectKeyOfTheWebShop001";
/// A key that acts everywhere `ada@demo.peaka.local` can reach.
pub const PARTNER_KEY: &str = "TqGcPrt1.5tandinPartnerKeyOfAdaLovelace01";
/// A key that was switched off: it is refused with 401.
pub const DISABLED_KEY: &str = "TqGcOff1.5tandinKeyThatWasSwitchedOff0001";

/// The project "Web Shop" of Aurora Retail, which ada and grace reach.
pub const PROJECT: &str = "aW3k9RtQ";
/// The project "Supply Watch" of Borealis Health: the only one that linus reaches. Ada reaches it, grace does not.
pub const SINGLE_PROJECT: &str = "mS5uWt2H";

/// Someone who can sign in.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// What they type into the sign-in page.
    pub email: &'static str,
    /// The password that goes with it.
    pub password: &'static str,
    /// Given name.
    pub first_name: &'static str,
    /// Family name.
    pub last_name: &'static str,
    /// What they can see.
    pub reach: Reach,
}

/// How much of the world a person sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All organizations.
    Everything,
    /// The organization of this name with all that is in it.
    Organization(&'static str),
    /// The project with this id, and the organization and workspace it lies in by name only.
    Project(&'static str),
}

/// Everyone who can sign in.
pub const PEOPLE: [Person; 3] = [
    Person {
        email: "ada@demo.peaka.local",
        password: "analytical-engine",
        first_name: "Ada",
        last_name: "Lovelace",
        reach: Reach::Everything,
    },
    Person {
        email: "grace@demo.peaka.local",
        password: "nanosecond-wire",
        first_name: "Grace",
        last_name: "Hopper",
        reach: Reach::Organization("Aurora Retail"),
    },
    Person {
        email: "linus@demo.peaka.local",
        password: "just-for-fun",
        first_name: "Linus",
        last_name: "Torvalds",
        reach: Reach::Project(SINGLE_PROJECT),
    },
];

impl Person {
    /// The id that `GET info` gives for this person.
    pub fn user_id(&self) -> String {
        ids::uuid(self.email)
    }

    /// First and last name.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

/// How many there are in the crowd.
const CROWD: u16 = 1000;

static PASSERS_BY: LazyLock<Vec<Person>> = LazyLock::new(|| {
    let passer_by = |n| Person {
        // Made once, and there for as long as the process.
        email: String::leak(format!("{n}{AT_THE_CROWD}")),
        password: "one-of-many",
        first_name: "One",
        last_name: "Of Many",
        reach: Reach::Project(PROJECT),
    };
    (0..CROWD).map(passer_by).collect()
});

const AT_THE_CROWD: &str = "@crowd.peaka.local";

/// Further people, for tests under load. They can sign in, but no page names them.
pub fn crowd() -> &'static [Person] {
    &PASSERS_BY
}

/// Where in the [`crowd`] the person with this e-mail address is.
pub fn number(email: &str) -> Option<u16> {
    let number = email.trim().strip_suffix(AT_THE_CROWD)?;
    // One spelling for each: no `+1`, no `01`.
    number.parse().ok().filter(|n: &u16| *n < CROWD && n.to_string() == number)
}

/// The person with this e-mail address, whatever its case.
pub fn person(email: &str) -> Option<&'static Person> {
    let named = PEOPLE.iter().find(|person| person.email.eq_ignore_ascii_case(email.trim()));
    named.or_else(|| PASSERS_BY.get(usize::from(number(&email.to_ascii_lowercase())?)))
}

/// The id that the catalog with this SQL name (`storefront`, `payments`, `insights`) has in a project.
pub fn catalog_id(project: &str, catalog: &str) -> String {
    ids::decimal(&format!("{project}/catalog/{catalog}"))
}

/// The id that the sample query with this name (`revenue_by_month`, `top_customers`) has in a project.
pub fn query_id(project: &str, query: &str) -> String {
    ids::decimal(&format!("{project}/query/{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_in_the_crowd_is_known_by_their_address() {
        for (n, somebody) in crowd().iter().enumerate() {
            assert_eq!(number(somebody.email), Some(n as u16));
            assert_eq!(person(somebody.email).unwrap().user_id(), somebody.user_id());
        }
        for nobody in ["1000", "+1", "01", "-1", ""] {
            assert!(person(&format!("{nobody}@crowd.peaka.local")).is_none(), "{nobody}");
        }
    }

    #[test]
    fn the_keys_have_peakas_form() {
        for key in [PROJECT_KEY, PARTNER_KEY, DISABLED_KEY] {
            let (head, tail) = key.split_once('.').unwrap();
            assert_eq!((head.len(), tail.len()), (8, 32), "{key}");
            assert!(key.chars().all(|c| c == '.' || c.is_ascii_alphanumeric()));
        }
    }
}
