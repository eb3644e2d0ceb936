//! One scenario's run: the stage, the load on it, the record, and the judgement in the end.

use std::{
    fmt::Display,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use crate::{
    Error,
    audit::{self, Breach, Excuse, Invariant, Rows, Terms, Trouble},
    load::{Load, Person, Plan},
    record::{Call, Event, Micros, Record},
    settings::Settings,
    stage::{Layout, Stage},
    tally,
};

/// What is promised for the time until every replica refuses an ended session.
const REVOKED_WITHIN: Duration = Duration::from_secs(1);

/// How many sessions were ended for which reason.
const ENDED: &str = "SELECT kind || ': ' || count(*) FROM audit_events WHERE session_id IN \
    (SELECT id FROM sessions WHERE revoked_at_ms IS NOT NULL) AND kind IN ('client_revoked', 'code_replayed', \
    'refresh_reused', 'credential_dead', 'operator', 'person_ended') GROUP BY kind ORDER BY kind";

/// What a scenario found.
#[derive(Debug, Default)]
pub struct Findings {
    /// What was injected and measured, in the order in which it was told.
    pub facts: Vec<(String, String)>,
    /// What must not be.
    pub breaches: Vec<Breach>,
}

/// A scenario under way.
#[derive(Debug)]
pub struct Trial {
    /// How long, from where, with which seed.
    pub settings: Settings,
    /// Everything that runs.
    pub stage: Stage,
    /// What the load did so far.
    pub record: Arc<Record>,
    plan: Plan,
    load: Option<Load>,
    resting: Vec<Person>,
    terms: Terms,
    found: Findings,
    began: Instant,
}

impl Trial {
    /// Sets the stage, signs everybody in, and lets them work.
    pub async fn begin(settings: &Settings, layout: &Layout, plan: Plan) -> Result<Self, Error> {
        let (mut trial, people) = Self::quiet(settings, layout, plan).await?;
        trial.work(people);
        Ok(trial)
    }

    /// The same, with the people at rest.
    pub(crate) async fn quiet(
        settings: &Settings,
        layout: &Layout,
        plan: Plan,
    ) -> Result<(Self, Vec<Person>), Error> {
        let stage = Stage::set(&settings.bin_dir, layout).await?;
        let record = Arc::new(Record::default());
        let origins = if plan.balanced { vec![stage.issuer.clone()] } else { stage.origins.clone() };
        let people = Load::gather(&plan, origins.into(), &stage.issuer, &record, settings.seed).await?;
        let trial = Self {
            settings: settings.clone(),
            stage,
            record,
            plan,
            load: None,
            resting: Vec::new(),
            terms: Terms { revoked_within: settings.within(REVOKED_WITHIN), ..Terms::default() },
            found: Findings::default(),
            began: Instant::now(),
        };
        Ok((trial, people))
    }

    /// Lets people work.
    pub(crate) fn work(&mut self, people: Vec<Person>) {
        self.began = Instant::now();
        self.load = Some(Load::start(&self.plan, people));
    }

    /// Takes people back who did something special.
    pub(crate) fn rest(&mut self, people: Vec<Person>) {
        self.resting.extend(people);
    }

    /// Lets the load go on for a while.
    pub async fn go_on(&self, time: Duration) {
        sleep(time).await;
    }

    /// From now on what is excused may happen, until [`Trial::trouble_ends`].
    pub fn trouble_begins(&mut self, excuse: Excuse) {
        self.terms.troubles.push(Trouble { from: self.record.now(), to: Micros::MAX, excuse });
    }

    /// The trouble is over, and what follows from it so much later.
    pub fn trouble_ends(&mut self, recovered_within: Duration) {
        if let Some(trouble) = self.terms.troubles.last_mut() {
            trouble.to = self.record.now() + crate::record::micros(recovered_within);
        }
    }

    /// Tells something for the report.
    pub fn fact(&mut self, what: &str, value: impl Display) {
        self.found.facts.push((what.to_owned(), value.to_string()));
    }

    /// What this scenario promises.
    pub fn promise(&mut self, kept: bool, what: impl Into<String>) {
        if !kept {
            self.found.breaches.push(Breach::of(Invariant::Promise, what));
        }
    }

    /// How the events from `from` to now look.
    pub fn since<T>(
        &self,
        from: Micros,
        look: impl FnMut(&&Event) -> bool,
        of: impl FnOnce(Vec<&Event>) -> T,
    ) -> T {
        self.record.look(|events| of(events.iter().filter(|event| event.from >= from).filter(look).collect()))
    }

    /// Ends the load, tries every session that is alive or over at every replica once more, and judges.
    ///
    /// # Errors
    ///
    /// If the stage fell apart; what does not hold is a breach and no error.
    pub async fn judge(mut self) -> Result<Findings, Error> {
        let mut people = std::mem::take(&mut self.resting);
        if let Some(load) = self.load.take() {
            people.extend(load.stop().await?);
        }
        let worked = self.began.elapsed();
        self.settle(people).await?;
        let (requests, statuses) = self.record.look(|events| (events.len(), tally::statuses(events)));
        self.fact("requests", requests);
        self.fact("work", format!("{} people, {:.1} s", self.plan.people, worked.as_secs_f64()));
        self.fact("answers", statuses);
        let times = self.record.look(tally::times);
        self.fact("times", times);
        self.found.breaches.extend(self.record.look(|events| audit::record(events, &self.terms)));
        let secrets = self.record.secrets();
        for program in self.stage.programs() {
            self.found.breaches.extend(audit::logs(program.name(), &program.told(), &secrets));
        }
        Ok(self.found)
    }

    /// Every trouble is over: all that was acknowledged must hold now, everywhere.
    async fn settle(&mut self, mut people: Vec<Person>) -> Result<(), Error> {
        // What was asked in the end must be given time to be known.
        sleep(REVOKED_WITHIN).await;
        let (mut acknowledged, mut in_doubt) = (0, 0);
        for person in &mut people {
            for over in person.ended.clone().iter().rev().take(3) {
                for origin in &self.stage.origins {
                    person.wire.only(origin);
                    person.knock(over, Call::Tools).await;
                }
                person.try_ended(over).await;
            }
            for at in (0..person.sessions.len()).rev() {
                if person.sessions[at].ending {
                    in_doubt += 1;
                    continue;
                }
                person.refresh(at).await;
            }
            for session in person.sessions.clone().iter().filter(|session| !session.ending) {
                for origin in &self.stage.origins {
                    person.wire.only(origin);
                    person.knock(session, Call::WhoAmI).await;
                }
                acknowledged += 1;
            }
            in_doubt += person.in_doubt;
        }
        let rows = self.rows(acknowledged, in_doubt).await?;
        let ended = self.stage.postgres.texts(ENDED).await?;
        self.fact("sessions ended, and why", ended.join(", "));
        self.fact("sessions in the end", format!("{} live, {acknowledged} known to the load", rows.live));
        self.found.breaches.extend(audit::rows(&rows));
        Ok(())
    }

    async fn rows(&self, acknowledged: i64, in_doubt: i64) -> Result<Rows, Error> {
        let number = async |sql| self.stage.postgres.number(sql).await;
        Ok(Rows {
            sessions_without_credential: number(
                "SELECT count(*) FROM sessions s WHERE revoked_at_ms IS NULL \
                 AND NOT EXISTS (SELECT 1 FROM credentials c WHERE c.id = s.credential_id)",
            )
            .await?,
            codes_without_session: number(
                "SELECT count(*) FROM authorizations a WHERE stage = 'exchanged' \
                 AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.id = a.session_id)",
            )
            .await?,
            sessions_begun_twice: number(
                "SELECT count(*) FROM (SELECT session_id FROM authorizations WHERE session_id IS NOT NULL \
                 GROUP BY session_id HAVING count(*) > 1) twice",
            )
            .await?,
            sessions_unheard_of: number(
                "SELECT count(*) FROM sessions s WHERE NOT EXISTS \
                 (SELECT 1 FROM audit_events a WHERE a.session_id = s.id AND a.kind = 'session_began')",
            )
            .await?,
            live: number("SELECT count(*) FROM sessions WHERE revoked_at_ms IS NULL").await?,
            acknowledged,
            in_doubt,
        })
    }
}
