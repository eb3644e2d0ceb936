//! What is under way at a time has bounds: one person's, so that nobody, and no client that opens streams and forgets
//! them, takes the place of all others; and this replica's, so that what is inside them stays quick when more is asked.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};

/// Requests of one person that this replica has under way, streams among them.
const AT_A_TIME: usize = 100;

/// What is under way.
#[derive(Debug)]
pub(crate) struct Bulkhead {
    persons: Mutex<Persons>,
    calls: Count,
    streams: Count,
}

#[derive(Debug, Default)]
struct Persons {
    known: HashMap<String, Weak<AtomicUsize>>,
    /// As soon as there are so many, those that nobody knows any more are forgotten.
    tidy_at: usize,
}

/// What one person has under way.
#[derive(Clone, Debug)]
pub(crate) struct Person(Arc<AtomicUsize>);

/// So many, of so many.
#[derive(Debug)]
struct Count {
    now: Arc<AtomicUsize>,
    most: usize,
}

/// There is no place left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// For this person.
    Person,
    /// For anybody.
    Everybody,
}

/// A place that is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _of_person: Taken,
    _of_all: Taken,
}

#[derive(Debug)]
struct Taken(Arc<AtomicUsize>);

impl Taken {
    /// Counted before it is looked at: two at once never both get the last place.
    fn one_of(counter: &Arc<AtomicUsize>, most: usize) -> Option<Self> {
        let taken = Self(Arc::clone(counter));
        (taken.0.fetch_add(1, Ordering::Relaxed) < most).then_some(taken)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Count {
    fn up_to(most: usize) -> Self {
        Self { now: Arc::default(), most }
    }

    fn take(&self) -> Result<Taken, Full> {
        Taken::one_of(&self.now, self.most).ok_or(Full::Everybody)
    }
}

impl Bulkhead {
    /// For so many calls and streams in all.
    pub(crate) fn new(calls: usize, streams: usize) -> Self {
        Self { persons: Mutex::default(), calls: Count::up_to(calls), streams: Count::up_to(streams) }
    }

    /// What this person has under way, whichever of its tokens it uses. To be kept with the token.
    pub(crate) fn person(&self, subject: &str) -> Person {
        let mut persons = self.persons.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(person) = persons.known.get(subject).and_then(Weak::upgrade) {
            return Person(person);
        }
        if persons.known.len() >= persons.tidy_at {
            persons.known.retain(|_, person| person.strong_count() > 0);
            persons.tidy_at = 2 * persons.known.len() + 64;
        }
        let person = Arc::default();
        persons.known.insert(subject.to_owned(), Arc::downgrade(&person));
        Person(person)
    }

    /// A place for one more call of a person.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn enter(&self, person: &Person) -> Result<Place, Full> {
        let of_person = Taken::one_of(&person.0, AT_A_TIME).ok_or(Full::Person)?;
        Ok(Place { _of_person: of_person, _of_all: self.calls.take()? })
    }

    /// The place of a call whose answer turned out to be a stream.
    ///
    /// # Errors
    /// If there are too many of them.
    pub(crate) fn stream(&self, call: Place) -> Result<Place, Full> {
        Ok(Place { _of_all: self.streams.take()?, ..call })
    }
}

/// An answer that keeps its place until it is read or given up.
#[derive(Debug)]
pub(crate) struct Placed<B> {
    answer: B,
    _place: Place,
}

impl<B> Placed<B> {
    pub(crate) const fn new(answer: B, place: Place) -> Self {
        Self { answer, _place: place }
    }
}

impl<B: Body + Unpin> Body for Placed<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.answer).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.answer.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.answer.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_each_persons_own_and_come_back() {
        let bulkhead = Bulkhead::new(1000, 1);
        let (ada, bob) = (bulkhead.person("ada"), bulkhead.person("bob"));
        let mut adas: Vec<Place> = (0..AT_A_TIME).map(|_| bulkhead.enter(&ada).unwrap()).collect();
        assert_eq!(bulkhead.enter(&bulkhead.person("ada")).unwrap_err(), Full::Person);
        bulkhead.enter(&bob).unwrap();
        adas.pop();
        bulkhead.enter(&ada).unwrap();
    }

    #[test]
    fn all_together_have_a_bound() {
        let bulkhead = Bulkhead::new(2, 1);
        let enter = |name| bulkhead.enter(&bulkhead.person(name));
        let (one, other) = (enter("ada").unwrap(), enter("bob").unwrap());
        assert_eq!(enter("eve").unwrap_err(), Full::Everybody);
        // A stream makes room for a call.
        let stream = bulkhead.stream(one).unwrap();
        let third = enter("eve").unwrap();
        assert_eq!(bulkhead.stream(other).unwrap_err(), Full::Everybody);
        drop(stream);
        bulkhead.stream(third).unwrap();
    }

    #[test]
    fn nobody_is_remembered_for_long() {
        let bulkhead = Bulkhead::new(1, 1);
        for n in 0..10_000 {
            bulkhead.person(&n.to_string());
        }
        assert!(bulkhead.persons.lock().unwrap().known.len() <= 64);
    }
}
