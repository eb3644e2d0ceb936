use std::time::Duration;

use tokio::task::JoinHandle;

use super::outage::{self, Watch};
use crate::{
    Error,
    audit::Excuse,
    link::Weather,
    load::{Person, Plan},
    record::{Call, Event, Micros, What, micros},
    settings::Settings,
    stage::Layout,
    tally::Quantiles,
    trial::{Findings, Trial},
};

/// Nobody waits longer, whatever they ask for: the gateway gives up after 12 s, and the backend before.
const ANSWERED_WITHIN: Duration = Duration::from_secs(15);
/// But for pages: people wait for 30 s at the most.
const PAGE_WITHIN: Duration = Duration::from_secs(33);
/// People whose credential every gateway has handed out just before.
const SERVED: usize = 4;
/// Calls by which it comes to that.
const CALLS: usize = 20;

/// Not stopped but unreachable: connections hang, which is worse than being refused.
pub(super) async fn play(settings: &Settings) -> Result<Findings, Error> {
    let (mut trial, mut people) = Trial::quiet(settings, &Layout::default(), Plan::default()).await?;
    let served = people.split_off(people.len() - SERVED);
    trial.work(people);
    trial.go_on(Duration::from_secs(1)).await;
    let served = Served::before(served, &trial.stage.origins).await?;
    let length = settings.pick(Duration::from_secs(5), Duration::from_secs(60));
    trial.trouble_begins(Excuse { control: true, tools: true, ..Excuse::default() });
    let from = trial.record.now();
    weather(&trial, Weather::Blackhole);
    let served = served.meanwhile(length);
    let watch = Watch::of(&trial.stage, length).await?;
    outage::tokens_worked(&mut trial, from);
    served.judge(&mut trial).await?;
    weather(&trial, Weather::Reset);
    weather(&trial, Weather::Fair);
    trial.trouble_ends(Duration::from_secs(5));
    trial.fact("unreachable", format!("{} s", length.as_secs()));
    watch.judge(&mut trial);
    outage::all_is_well_again(&mut trial, Duration::from_secs(5)).await?;
    for (what, pages, within) in [("page", true, PAGE_WITHIN), ("other request", false, ANSWERED_WITHIN)] {
        let longest = longest(&trial, from, pages);
        trial.fact(&format!("the longest that a {what} took"), format!("{} ms", longest / 1000));
        let in_time = longest <= micros(settings.within(within));
        trial.promise(in_time, format!("a {what} took {} ms", longest / 1000));
    }
    trial.judge().await
}

fn longest(trial: &Trial, from: Micros, pages: bool) -> Micros {
    let meant = |event: &&Event| event.to >= from && (event.what == What::Page) == pages;
    trial
        .record
        .look(|events| events.iter().filter(meant).map(|event| event.to - event.from).max().unwrap_or(0))
}

/// People who were served just before: they go on being served.
struct Served {
    people: Vec<Person>,
    origins: Vec<String>,
}

impl Served {
    /// The backends ask either gateway for a credential: enough calls, and both have handed it out.
    async fn before(people: Vec<Person>, origins: &[String]) -> Result<Self, Error> {
        let calling = people.into_iter().map(|mut person| {
            let origins = origins.to_vec();
            tokio::spawn(async move {
                for n in 0..CALLS {
                    person.wire.only(&origins[n % origins.len()]);
                    for at in 0..person.sessions.len() {
                        person.call(at, Call::Projects).await;
                    }
                }
                person
            })
        });
        let mut people = Vec::new();
        for person in calling.collect::<Vec<JoinHandle<Person>>>() {
            people.push(person.await?);
        }
        Ok(Self { people, origins: origins.to_vec() })
    }

    /// Calls on, at every replica, for so long.
    fn meanwhile(self, length: Duration) -> Serving {
        let calling = self.people.into_iter().map(|mut person| {
            let origins = self.origins.clone();
            tokio::spawn(async move {
                let (began, mut times, mut failed) = (tokio::time::Instant::now(), Vec::new(), 0);
                while began.elapsed() < length {
                    for origin in &origins {
                        person.wire.only(origin);
                        let session = person.sessions[0].clone();
                        let asked = tokio::time::Instant::now();
                        failed += usize::from(!person.knock(&session, Call::WhoAmI).await.is_success());
                        times.push(micros(asked.elapsed()));
                    }
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                (person, times, failed)
            })
        });
        Serving(calling.collect())
    }
}

/// Those calls, under way.
struct Serving(Vec<JoinHandle<(Person, Vec<Micros>, usize)>>);

impl Serving {
    async fn judge(self, trial: &mut Trial) -> Result<(), Error> {
        let (mut times, mut failed) = (Vec::new(), 0);
        for person in self.0 {
            let (person, took, not) = person.await?;
            trial.rest(vec![person]);
            times.extend(took);
            failed += not;
        }
        let served = times.len() - failed;
        let what = "tools called by sessions that were served just before";
        trial.fact(what, format!("{served} of {} served, in {}", times.len(), Quantiles::of(&mut times)));
        trial.promise(failed == 0, format!("{failed} {what} were not served"));
        Ok(())
    }
}

fn weather(trial: &Trial, weather: Weather) {
    trial.stage.to_postgres.weather(weather);
    if let Some(redis) = &trial.stage.to_redis {
        redis.weather(weather);
    }
}
