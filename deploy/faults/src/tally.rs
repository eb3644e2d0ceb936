//! Numbers over a record, for the report.

use std::{collections::BTreeMap, time::Duration};

use crate::record::{Event, Micros, Says, What};

/// How often what was answered, as `called 200: 7, …`.
pub fn statuses(events: &[Event]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for event in events {
        let answer = match (event.reply.status, event.reply.says) {
            (0, _) => "no answer".to_owned(),
            (status, Says::Nothing) => status.to_string(),
            (_, Says::InvalidGrant) => "invalid_grant".to_owned(),
            (_, Says::ToolFailed) => "tool failed".to_owned(),
            (_, Says::Stranger) => "stranger".to_owned(),
        };
        *counts.entry(format!("{} {answer}", kind(event))).or_default() += 1;
    }
    let told: Vec<String> = counts.iter().map(|(answer, count)| format!("{answer}: {count}")).collect();
    told.join(", ")
}

/// Median, 99th percentile and maximum of each kind of request.
pub fn times(events: &[Event]) -> String {
    let mut times: BTreeMap<&str, Vec<Micros>> = BTreeMap::new();
    for event in events {
        times.entry(kind(event)).or_default().push(event.to - event.from);
    }
    let told: Vec<String> =
        times.into_iter().map(|(kind, mut times)| format!("{kind} {}", Quantiles::of(&mut times))).collect();
    told.join(", ")
}

/// How many answers named whoever they were for, and how many people that were.
pub fn named(events: &[Event]) -> (usize, usize) {
    let named = events.iter().filter(|event| matches!(event.what, What::Called { about: Some(_), .. }));
    let people: std::collections::HashSet<u16> = named.clone().map(|event| event.person).collect();
    (named.count(), people.len())
}

fn kind(event: &Event) -> &'static str {
    match event.what {
        What::Page => "page",
        What::Redeemed { .. } => "redeemed",
        What::Refreshed { .. } => "refreshed",
        What::Revoked => "revoked",
        What::Called { .. } => "called",
    }
}

/// Of some times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quantiles {
    /// Half took no longer.
    pub p50: Micros,
    /// 99 of 100 took no longer.
    pub p99: Micros,
    /// None took longer.
    pub max: Micros,
}

impl Quantiles {
    /// Of these; they are put in order.
    pub fn of(times: &mut [Micros]) -> Self {
        times.sort_unstable();
        let at = |percent: usize| {
            let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
            times.get(place).copied().unwrap_or_default()
        };
        Self { p50: at(50), p99: at(99), max: at(100) }
    }
}

impl std::fmt::Display for Quantiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |micros| Duration::from_micros(micros).as_secs_f64() * 1000.0;
        write!(f, "{:.1}/{:.1}/{:.1} ms", ms(self.p50), ms(self.p99), ms(self.max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_times_that_were_seen() {
        let mut times: Vec<Micros> = (1..=200).rev().collect();
        assert_eq!(Quantiles::of(&mut times), Quantiles { p50: 100, p99: 198, max: 200 });
        assert_eq!(Quantiles::of(&mut [7]), Quantiles { p50: 7, p99: 7, max: 7 });
        assert_eq!(Quantiles::of(&mut []), Quantiles::default());
    }
}
