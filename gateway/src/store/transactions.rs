//! Transactions that are begun whole.

use super::{Store, Transaction};

impl Store {
    /// Begins a transaction, in a task of its own: whoever asks may be gone at any moment, as a request is when its client
    /// hangs up. sqlx knows of a transaction when the server has confirmed it. One whose beginning is given up before that is
    /// never rolled back; it goes back to the pool open, and what others write over that connection is acknowledged and
    /// undone later.
    #[cfg_attr(not(test), expect(clippy::disallowed_methods, reason = "this is the task of its own"))]
    pub(super) async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        let pool = self.pool.clone();
        let begun = tokio::spawn(async move { pool.begin().await });
        // It does not panic, so this is the end of the runtime.
        begun.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }
}
