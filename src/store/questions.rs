//! Questions and answers of windows and plans, each under the number it has there.

use chrono::{DateTime, Utc};

use super::convert::whole;
use super::{Result, Tx};
use crate::domain::plan::Qa;
use crate::domain::subject::Subject;

pub(super) const OF_SUBJECT: &str = "SELECT number, question, answer FROM questions WHERE subject = $1 ORDER BY number";

impl Tx {
    /// Adds a question with its answer, given by `by` at `at` (UTC), and returns its number; the first is 1. No number
    /// is given twice, also after questions were removed.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn add_qa(
        &mut self,
        subject: impl Into<Subject>,
        question: &str,
        answer: &str,
        by: &str,
        at: DateTime<Utc>,
    ) -> Result<i64> {
        let subject = subject.into().to_string();
        let number = self.next_id(&format!("question {subject}")).await?;
        let sql = "INSERT INTO questions (subject, number, question, answer, answered_by, answered_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        on!(self, |c| {
            let insert = sqlx::query(sql).bind(subject).bind(number).bind(question).bind(answer);
            insert.bind(by).bind(whole(at)).execute(c).await.map(drop)
        })?;
        Ok(number)
    }

    /// Removes a question and answers it as it was; `None`: there is none of that number.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn remove_qa(&mut self, subject: impl Into<Subject>, number: i64) -> Result<Option<Qa>> {
        let sql = "DELETE FROM questions WHERE subject = $1 AND number = $2 RETURNING number, question, answer";
        let subject = subject.into().to_string();
        let row: Option<(i64, String, String)> =
            on!(self, |c| sqlx::query_as(sql).bind(subject).bind(number).fetch_optional(c).await?);
        Ok(row.map(qa))
    }

    /// The questions of a window or plan by number.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn qa(&mut self, subject: impl Into<Subject>) -> Result<Vec<Qa>> {
        let subject = subject.into().to_string();
        let rows: Vec<(i64, String, String)> =
            on!(self, |c| sqlx::query_as(OF_SUBJECT).bind(subject).fetch_all(c).await?);
        Ok(rows.into_iter().map(qa).collect())
    }
}

fn qa((number, question, answer): (i64, String, String)) -> Qa {
    Qa { number, question, answer }
}
