//! The load: people who sign in and then work, each with sessions of their own, each doing one thing after another.
//! Everything that they ask and are answered is in the record.

mod browser;
mod call;
mod person;
mod wire;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) use self::person::Person;
use self::wire::Wire;
use crate::{
    Error,
    chance::Chance,
    record::{Call, Record, Reply},
};

/// What is done how often: so many of the sum of all.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    /// `tools/list`.
    pub tools: u64,
    /// A small tool.
    pub projects: u64,
    /// SQL that names the person.
    pub who_am_i: u64,
    /// The same as a stream.
    pub stream: u64,
    /// Refreshes.
    pub refresh: u64,
    /// Ends of sessions, and new ones in their place.
    pub revoke: u64,
    /// Tries with a session that is over.
    pub knock: u64,
}

/// Ordinary work, with more of what changes something than people cause.
pub const MIXED: Mix =
    Mix { tools: 25, projects: 15, who_am_i: 30, stream: 5, refresh: 15, revoke: 4, knock: 6 };
/// What issues tokens, mostly.
pub const ISSUING: Mix =
    Mix { tools: 10, projects: 0, who_am_i: 5, stream: 0, refresh: 75, revoke: 6, knock: 4 };
/// Calls of the resource alone.
pub const CALLS: Mix =
    Mix { tools: 40, projects: 20, who_am_i: 35, stream: 5, refresh: 0, revoke: 0, knock: 0 };

/// How much load.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many people.
    pub people: u16,
    /// Sessions of each.
    pub sessions: usize,
    /// What they do.
    pub mix: Mix,
    /// The longest that somebody pauses between two things.
    pub pause: Duration,
    /// Over the balancer instead of to each replica in turn.
    pub balanced: bool,
    /// Whether logs are searched for the tokens: they are remembered then.
    pub keeps_secrets: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            people: 16,
            sessions: 2,
            mix: MIXED,
            // Nobody signs in more often than twice a second: that is a limit of the gateway's.
            pause: Duration::from_millis(100),
            balanced: false,
            keeps_secrets: true,
        }
    }
}

/// What all people share.
#[derive(Debug)]
pub(crate) struct Shared {
    record: Arc<Record>,
    sessions: AtomicU32,
    keeps_secrets: bool,
}

impl Shared {
    fn next_session(&self) -> u32 {
        self.sessions.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// People at work.
#[derive(Debug)]
pub(crate) struct Load {
    stop: CancellationToken,
    people: Vec<JoinHandle<Person>>,
}

impl Load {
    /// Everybody who is to work, signed in.
    pub(crate) async fn gather(
        plan: &Plan,
        origins: Arc<[String]>,
        issuer: &str,
        record: &Arc<Record>,
        seed: u64,
    ) -> Result<Vec<Person>, Error> {
        let shared = Arc::new(Shared {
            record: Arc::clone(record),
            sessions: AtomicU32::new(0),
            keeps_secrets: plan.keeps_secrets,
        });
        let (http, sessions) = (wire::client()?, plan.sessions);
        let arriving: Vec<_> = (0..plan.people)
            .map(|number| {
                let wire = Wire::new(http.clone(), Arc::clone(&origins), issuer, number);
                let person = Person::new(number, wire, Chance::new(seed, number.into()), Arc::clone(&shared));
                tokio::spawn(async move {
                    let mut person = person.ok_or("there are not so many people")?;
                    for _ in 0..sessions {
                        if !person.begin().await {
                            let last = person.last_heard();
                            return Err(format!("somebody could not sign in; the last answer: {last}").into());
                        }
                    }
                    Ok::<_, Error>(person)
                })
            })
            .collect();
        let mut people = Vec::new();
        for person in arriving {
            people.push(person.await??);
        }
        Ok(people)
    }

    /// Lets them work.
    pub(crate) fn start(plan: &Plan, people: Vec<Person>) -> Self {
        let stop = CancellationToken::new();
        let people =
            people.into_iter().map(|person| tokio::spawn(work(person, plan.clone(), stop.clone()))).collect();
        Self { stop, people }
    }

    /// Lets everybody finish what is under way.
    pub(crate) async fn stop(self) -> Result<Vec<Person>, Error> {
        self.stop.cancel();
        let mut people = Vec::new();
        for person in self.people {
            people.push(person.await?);
        }
        Ok(people)
    }
}

async fn work(mut person: Person, plan: Plan, stop: CancellationToken) -> Person {
    let pause = u64::try_from(plan.pause.as_micros()).unwrap_or(0);
    while !stop.is_cancelled() {
        one_thing(&mut person, &plan).await;
        if pause > 0 {
            let pause = Duration::from_micros(person.chance.below(pause));
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
    person
}

async fn one_thing(person: &mut Person, plan: &Plan) {
    if person.sessions.len() < plan.sessions && !person.begin().await {
        // Whatever is wrong, asking at full speed does not mend it, and meets the limit on pages.
        tokio::time::sleep(Duration::from_millis(400)).await;
        return;
    }
    let at = usize::try_from(person.chance.below(person.sessions.len() as u64)).unwrap_or(0);
    let reply = if person.sessions[at].ending {
        person.revoke(at).await
    } else {
        let Some(reply) = picked(person, plan, at).await else { return };
        reply
    };
    if reply.retry_after {
        // Not for as long as was asked for, so that the end of an outage is met soon; but not at full speed either.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn picked(person: &mut Person, plan: &Plan, at: usize) -> Option<Reply> {
    let Mix { tools, projects, who_am_i, stream, refresh, revoke, knock } = plan.mix;
    let mut pick = person.chance.below(tools + projects + who_am_i + stream + refresh + revoke + knock);
    let mut falls_to = |weight: u64| {
        let falls = pick < weight;
        pick = pick.saturating_sub(weight);
        // What is left must not fall to the next.
        if falls {
            pick = u64::MAX;
        }
        falls
    };
    let calls =
        [(tools, Call::Tools), (projects, Call::Projects), (who_am_i, Call::WhoAmI), (stream, Call::Stream)];
    for (weight, call) in calls {
        if falls_to(weight) {
            return Some(person.call(at, call).await);
        }
    }
    if falls_to(refresh) {
        return Some(person.refresh(at).await);
    }
    if falls_to(revoke) {
        return Some(person.revoke(at).await);
    }
    let over = person.ended.back().cloned()?;
    let replies = if person.chance.below(2) == 0 {
        person.knock(&over, Call::Tools).await
    } else {
        person.try_ended(&over).await
    };
    Some(replies)
}
