//! Reviews in SQLite.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use prost_types::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params, params};
use tonic::Status;

use crate::proto::reviews::v1::{BookReviews, Rating, Review, ReviewState};

/// Goes up with the tables. A file of another version is not touched.
const VERSION: i64 = 1;

const TABLES: &str = "
    CREATE TABLE reviews (
        id         INTEGER PRIMARY KEY AUTOINCREMENT,
        book_id    TEXT    NOT NULL,
        author_id  TEXT    NOT NULL,
        signature  TEXT,
        stars      INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
        title      TEXT,
        text       TEXT    NOT NULL,
        created    INTEGER NOT NULL, -- milliseconds since 1970
        helpful    INTEGER,
        reported   INTEGER,          -- the reason, as the proto numbers it
        request_id TEXT UNIQUE
    ) STRICT;
    CREATE INDEX newest_by_book ON reviews (book_id, created DESC, id DESC);
";

/// Why the reviews cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data directory cannot be made.
    #[error("the data directory cannot be made")]
    Directory(#[from] std::io::Error),
    /// SQLite refuses the file.
    #[error("SQLite refuses the file")]
    Sqlite(#[from] rusqlite::Error),
    /// Another release wrote it.
    #[error(
        "the file has version {found}, and this program reads version {VERSION}; move it away to start anew"
    )]
    Version {
        /// The version of the file.
        found: i64,
    },
}

/// An open file of reviews.
#[derive(Clone, Debug)]
pub(super) struct Store(Arc<Mutex<Connection>>);

impl Store {
    /// Opens a file, or memory without one. A new one gets the first reviews.
    pub(super) fn open(
        file: Option<&Path>,
        first: impl FnOnce() -> Vec<Review>,
    ) -> Result<Self, StoreError> {
        let mut connection = match file {
            None => Connection::open_in_memory()?,
            Some(file) => {
                if let Some(directory) = file.parent() {
                    std::fs::create_dir_all(directory)?;
                }
                Connection::open(file)?
            }
        };
        // Whoever reads the file beside us does not stop us, and what was acknowledged survives a power cut.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;

        match connection.pragma_query_value(None, "user_version", |row| row.get(0))? {
            VERSION => {}
            0 => fill(connection.transaction()?, &first())?,
            found => return Err(StoreError::Version { found }),
        }
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// The newest reviews of each book.
    pub(super) async fn newest(
        &self,
        books: Vec<String>,
        limit: usize,
    ) -> Result<Vec<BookReviews>, Status> {
        let limit = i64::try_from(limit).expect("a page size");
        self.run(move |connection| {
            let mut query = connection.prepare_cached(
                "SELECT * FROM reviews WHERE book_id = ?1 ORDER BY created DESC, id DESC LIMIT ?2",
            )?;
            let mut groups = Vec::new();
            for book_id in books {
                let reviews: Vec<Review> =
                    query.query_map(params![book_id, limit], review)?.collect::<Result<_, _>>()?;
                groups.push(BookReviews { book_id, reviews });
            }
            Ok(groups)
        })
        .await
    }

    /// The stars of each book that has any.
    pub(super) async fn ratings(&self, books: Vec<String>) -> Result<Vec<Rating>, Status> {
        self.run(move |connection| {
            let mut query = connection.prepare_cached(
                "SELECT stars, count(*) FROM reviews WHERE book_id = ?1 GROUP BY stars",
            )?;
            let mut ratings = Vec::new();
            for book_id in books {
                let mut histogram = [0; 5];
                let mut rows = query.query([&book_id])?;
                while let Some(row) = rows.next()? {
                    let stars: u8 = row.get(0)?;
                    histogram[usize::from(stars) - 1] = row.get(1)?;
                }
                ratings.extend(rating(book_id, histogram));
            }
            Ok(ratings)
        })
        .await
    }

    /// Keeps a review and gives it its id, and says whether it is new: of two with the same request id only the first is.
    pub(super) async fn keep(
        &self,
        new: Review,
        request_id: Option<String>,
    ) -> Result<(Review, bool), Status> {
        self.run(move |connection| {
            let before = match &request_id {
                Some(id) => connection
                    .query_row("SELECT * FROM reviews WHERE request_id = ?1", [id], review)
                    .optional()?,
                None => None,
            };
            if let Some(before) = before {
                return Ok((before, false));
            }
            insert(connection, &new, request_id.as_deref())?;
            Ok((by_number(connection, connection.last_insert_rowid())?, true))
        })
        .await
    }

    /// Marks a review as reported, if there is one.
    pub(super) async fn report(&self, number: i64, reason: i32) -> Result<Option<Review>, Status> {
        self.run(move |connection| {
            connection.execute(
                "UPDATE reviews SET reported = ifnull(reported, ?2) WHERE id = ?1",
                params![number, reason],
            )?;
            by_number(connection, number).optional()
        })
        .await
    }

    /// Runs on a thread where it may wait for the disk.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Status> {
        let connection = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            work(&connection.lock().unwrap_or_else(PoisonError::into_inner))
        })
        .await
        .map_err(|panic| Status::internal(panic.to_string()))?
        .map_err(|error| Status::internal(error.to_string()))
    }
}

/// The number inside an id such as "r17".
pub(super) fn number(id: &str) -> Option<i64> {
    id.strip_prefix('r')?.parse().ok()
}

fn fill(transaction: Transaction<'_>, reviews: &[Review]) -> rusqlite::Result<()> {
    transaction.execute_batch(TABLES)?;
    for review in reviews {
        insert(&transaction, review, None)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

fn insert(
    connection: &Connection,
    review: &Review,
    request_id: Option<&str>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO reviews (book_id, author_id, signature, stars, title, text, created, helpful, request_id)
         VALUES (:book, :author, :signature, :stars, :title, :text, :created, :helpful, :request)",
    )?;
    statement.execute(named_params! {
        ":book": review.book_id,
        ":author": review.author_id,
        ":signature": review.signature,
        ":stars": review.stars,
        ":title": review.title,
        ":text": review.text,
        ":created": review.create_time.map_or(0, milliseconds),
        ":helpful": review.helpful_count,
        ":request": request_id,
    })?;
    Ok(())
}

fn by_number(connection: &Connection, number: i64) -> rusqlite::Result<Review> {
    connection.query_row("SELECT * FROM reviews WHERE id = ?1", [number], review)
}

fn review(row: &Row<'_>) -> rusqlite::Result<Review> {
    let number: i64 = row.get("id")?;
    let created: i64 = row.get("created")?;
    let reported: Option<i32> = row.get("reported")?;
    let state = if reported.is_some() { ReviewState::Reported } else { ReviewState::Published };
    Ok(Review {
        id: format!("r{number}"),
        book_id: row.get("book_id")?,
        author_id: row.get("author_id")?,
        signature: row.get("signature")?,
        stars: row.get("stars")?,
        title: row.get("title")?,
        text: row.get("text")?,
        create_time: Some(timestamp(created)),
        helpful_count: row.get("helpful")?,
        state: state.into(),
    })
}

fn rating(book_id: String, histogram: [i32; 5]) -> Option<Rating> {
    let count: i32 = histogram.iter().sum();
    let stars: i32 = histogram.iter().zip(1..).map(|(count, stars)| count * stars).sum();
    (count > 0).then(|| Rating {
        book_id,
        average: f64::from(stars) / f64::from(count),
        count,
        histogram: histogram.to_vec(),
    })
}

fn milliseconds(time: Timestamp) -> i64 {
    time.seconds * 1000 + i64::from(time.nanos / 1_000_000)
}

fn timestamp(milliseconds: i64) -> Timestamp {
    let nanos = i32::try_from(milliseconds.rem_euclid(1000)).expect("less than 1000") * 1_000_000;
    Timestamp { seconds: milliseconds.div_euclid(1000), nanos }
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::{milliseconds, number, rating, timestamp};

    #[test]
    fn times_are_kept_to_the_millisecond() {
        for time in [
            Timestamp { seconds: 12, nanos: 345_000_000 },
            Timestamp { seconds: -1, nanos: 1_000_000 },
        ] {
            assert_eq!(timestamp(milliseconds(time)), time);
        }
    }

    #[test]
    fn only_ids_of_reviews_have_a_number() {
        assert_eq!(number("r17"), Some(17));
        assert_eq!(number("17"), None);
        assert_eq!(number("rx"), None);
    }

    #[test]
    fn a_rating_is_the_mean_of_the_stars() {
        assert_eq!(rating("1".to_owned(), [1, 0, 0, 0, 1]).unwrap().average, 3.0);
        assert_eq!(rating("1".to_owned(), [0; 5]), None);
    }
}
