//! The store's pool as unit tests have it: it can be told to fail at one of its next calls, before anything is done or
//! after all is done. Statements of a transaction are not calls of their own; its commit is. The program is built with
//! sqlx's own pool in this place, so there is no way to tell it.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{
    TryStreamExt as _,
    future::BoxFuture,
    stream::{self, BoxStream, StreamExt as _},
};
use sqlx::{
    Any, AnyConnection, AnyPool, Database, Either, Execute, Executor, SqlStr,
    any::{AnyQueryResult, AnyRow, AnyStatement},
};

use super::Store;

/// When a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// The database never heard of it.
    Before,
    /// The database has done it, and its answer is lost.
    After,
}

/// What is to fail.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Plan>);

#[derive(Debug, Default)]
struct Plan {
    armed: Option<(u32, When)>,
    struck: bool,
}

impl Faults {
    /// The `nth` call from now on fails; 0 is the next.
    pub(crate) fn arm(&self, nth: u32, when: When) {
        *self.plan() = Plan { armed: Some((nth, when)), struck: false };
    }

    /// No call fails any more. Says whether one did.
    pub(crate) fn disarm(&self) -> bool {
        std::mem::take(&mut *self.plan()).struck
    }

    fn next(&self) -> Option<When> {
        let mut plan = self.plan();
        let (nth, when) = plan.armed?;
        plan.struck = nth == 0;
        plan.armed = nth.checked_sub(1).map(|nth| (nth, when));
        plan.struck.then_some(when)
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    pub(crate) fn faults(&self) -> &Faults {
        &self.pool.faults
    }
}

#[derive(Clone, Debug)]
pub(super) struct Pool {
    inner: AnyPool,
    faults: Arc<Faults>,
}

fn lost() -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
}

impl Pool {
    pub(super) fn over(inner: AnyPool) -> Self {
        Self { inner, faults: Arc::default() }
    }

    #[expect(clippy::disallowed_methods, reason = "`Store::begin` calls this in the task of its own")]
    pub(super) async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        let when = self.faults.next();
        if when == Some(When::Before) {
            return Err(lost());
        }
        let transaction = Transaction { inner: self.inner.begin().await?, faults: Arc::clone(&self.faults) };
        if when.is_some() { Err(lost()) } else { Ok(transaction) }
    }

    pub(super) async fn close(&self) {
        self.inner.close().await;
    }

    pub(super) fn size(&self) -> u32 {
        self.inner.size()
    }

    pub(super) fn num_idle(&self) -> usize {
        self.inner.num_idle()
    }

    pub(super) fn options(&self) -> &sqlx::pool::PoolOptions<Any> {
        self.inner.options()
    }
}

pub(super) struct Transaction {
    inner: sqlx::Transaction<'static, Any>,
    faults: Arc<Faults>,
}

impl Transaction {
    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        let when = self.faults.next();
        if when == Some(When::Before) {
            return Err(lost());
        }
        self.inner.commit().await?;
        if when.is_some() { Err(lost()) } else { Ok(()) }
    }

    pub(super) async fn rollback(self) -> Result<(), sqlx::Error> {
        self.inner.rollback().await
    }
}

impl Deref for Transaction {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.inner
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }
}

impl<'p> Executor<'p> for &'_ Pool {
    type Database = Any;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<AnyQueryResult, AnyRow>, sqlx::Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let (pool, when) = (self.inner.clone(), self.faults.next());
        let all = async move {
            if when == Some(When::Before) {
                return Err(lost());
            }
            let all: Vec<_> = pool.fetch_many(query).try_collect().await?;
            if when.is_some() { Err(lost()) } else { Ok(stream::iter(all).map(Ok)) }
        };
        stream::once(all).try_flatten().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<AnyRow>, sqlx::Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let (pool, when) = (self.inner.clone(), self.faults.next());
        Box::pin(async move {
            if when == Some(When::Before) {
                return Err(lost());
            }
            let row = pool.fetch_optional(query).await?;
            if when.is_some() { Err(lost()) } else { Ok(row) }
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [<Any as Database>::TypeInfo],
    ) -> BoxFuture<'e, Result<AnyStatement, sqlx::Error>>
    where
        'p: 'e,
    {
        let pool = self.inner.clone();
        Box::pin(async move { (&pool).prepare_with(sql, parameters).await })
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<sqlx::Describe<Any>, sqlx::Error>>
    where
        'p: 'e,
    {
        let pool = self.inner.clone();
        Box::pin(async move { (&pool).describe(sql).await })
    }
}
