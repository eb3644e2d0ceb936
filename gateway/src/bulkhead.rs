//! One person's requests and streams at a time have a bound, so that nobody, and no client that opens streams and
//! forgets them, takes the connections of all others.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};

/// Requests of one person that this replica has under way, streams among them.
const AT_A_TIME: usize = 100;

/// How many requests of whom are under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bulkhead(Arc<Mutex<HashMap<String, usize>>>);

/// A place that is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    bulkhead: Bulkhead,
    subject: String,
}

impl Bulkhead {
    /// A place for one more request of a person, if there is one.
    pub(crate) fn enter(&self, subject: &str) -> Option<Place> {
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match under_way.get_mut(subject) {
            Some(count) if *count >= AT_A_TIME => return None,
            Some(count) => *count += 1,
            None => drop(under_way.insert(subject.to_owned(), 1)),
        }
        Some(Place { bulkhead: self.clone(), subject: subject.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut under_way = self.bulkhead.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = under_way.get_mut(&self.subject) {
            *count -= 1;
            if *count == 0 {
                under_way.remove(&self.subject);
            }
        }
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
        let bulkhead = Bulkhead::default();
        let mut adas: Vec<Place> = (0..AT_A_TIME).map(|_| bulkhead.enter("ada").unwrap()).collect();
        assert!(bulkhead.enter("ada").is_none());
        assert!(bulkhead.enter("bob").is_some());
        adas.pop();
        assert!(bulkhead.enter("ada").is_some());
        drop(adas);
        assert!(bulkhead.0.lock().unwrap().is_empty(), "nobody is remembered");
    }
}
