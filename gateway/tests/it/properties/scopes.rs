//! Scopes are ordered by what they allow: a preorder, and what two sets allow together is what either allows.

use proptest::prelude::*;
use shared::scope::{Scope, Scopes};

use super::config;

fn scopes() -> impl Strategy<Value = Scopes> {
    proptest::collection::vec(proptest::sample::select(&Scope::ALL[..]), 0..4).prop_map(Scopes::from_iter)
}

fn both(a: Scopes, b: Scopes) -> Scopes {
    a.iter().chain(b.iter()).collect()
}

fn shared_by(a: Scopes, b: Scopes) -> Scopes {
    a.iter().filter(|scope| b.contains(*scope)).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn covering_is_an_order(a in scopes(), b in scopes(), c in scopes()) {
        prop_assert!(a.cover(a) && Scopes::ALL.cover(a) && a.cover(Scopes::NONE));
        prop_assert!(!(a.cover(b) && b.cover(c)) || a.cover(c));
        prop_assert_eq!(a.cover(b), Scope::ALL.into_iter().all(|scope| a.allow(scope) || !b.allow(scope)));
    }

    #[test]
    fn a_union_covers_its_parts_and_parts_cover_what_they_share(a in scopes(), b in scopes(), c in scopes()) {
        prop_assert!(both(a, b).cover(a) && both(a, b).cover(b));
        prop_assert_eq!(a.cover(both(b, c)), a.cover(b) && a.cover(c));
        prop_assert!(a.cover(shared_by(a, b)) && b.cover(shared_by(a, b)));
        for scope in Scope::ALL {
            prop_assert_eq!(both(a, b).allow(scope), a.allow(scope) || b.allow(scope));
        }
    }

    #[test]
    fn narrowing_never_widens(a in scopes(), scope in proptest::sample::select(&Scope::ALL[..])) {
        let narrowed: Scopes = a.iter().filter(|held| *held != scope).collect();
        prop_assert!(a.cover(narrowed));
    }

    #[test]
    fn a_list_reads_as_it_was_written(a in scopes()) {
        prop_assert_eq!(a.to_string().parse::<Scopes>(), Ok(a));
    }

    #[test]
    fn a_list_with_a_strange_name_is_none(a in scopes(), strange in "[!-~]{1,12}") {
        prop_assume!(strange.parse::<Scope>().is_err());
        let list = format!("{a} {strange}");
        prop_assert!(list.parse::<Scopes>().is_err());
    }
}
