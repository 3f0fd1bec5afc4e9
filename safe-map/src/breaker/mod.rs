//! A fuse before the writes of a map: a runaway writer is refused instead of taking the service down.

use std::{
    error::Error,
    fmt,
    panic::Location,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

mod reads;
mod strategies;
mod writes;

/// A map whose writes can be refused: they have to come from the right files, and not too fast.
///
/// Reads go through as they are. Each write gives [`Denied`] when it is refused, and has done nothing then. The rate is that of a
/// bucket which holds one second's worth of writes. A call is one write, however many entries it changes; of
/// [`extend`](Self::extend) each pair is one.
///
/// The methods are those of [`SharedMap`](crate::SharedMap), whose keys are found by themselves. What one locks, what it costs and
/// when it panics is that of the map's own method of this name.
///
/// ```
/// use safe_map::{Denied, ShardedMap, WriteBreaker};
///
/// let map = WriteBreaker::new(ShardedMap::new()).writes_per_second(2);
/// assert!(map.insert("a", 1).is_ok());
/// assert!(map.insert("b", 2).is_ok());
/// assert!(matches!(map.insert("c", 3), Err(Denied::TooFast { .. })));
/// assert_eq!(map.get(&"a"), Some(1));
/// ```
pub struct WriteBreaker<M> {
    map: M,
    /// Ends of paths. Empty: every file may write.
    files: Vec<String>,
    rate: Option<Rate>,
}

/// A bucket of permissions.
struct Rate {
    per_second: u32,
    bucket: Mutex<Bucket>,
}

struct Bucket {
    tokens: f64,
    filled: Instant,
}

/// Why a write was refused. The map is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denied {
    /// The file of the call is not on the list of those that may write.
    NotAllowed {
        /// The call.
        site: &'static Location<'static>,
    },
    /// There were too many writes lately.
    TooFast {
        /// The call.
        site: &'static Location<'static>,
        /// When a write will be possible again, if nobody else is faster.
        retry_after: Duration,
    },
}

impl fmt::Display for Denied {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Denied::NotAllowed { site } => write!(out, "{site} may not write to this map"),
            Denied::TooFast { site, retry_after } => {
                write!(out, "too many writes, refused to {site}; again in {retry_after:?}")
            }
        }
    }
}

impl Error for Denied {}

impl Rate {
    fn take(&self) -> Result<(), Duration> {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let (now, rate) = (Instant::now(), f64::from(self.per_second));
        let gained = now.duration_since(bucket.filled).as_secs_f64() * rate;
        bucket.tokens = (bucket.tokens + gained).min(rate);
        bucket.filled = now;
        if bucket.tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.tokens) / rate.max(f64::MIN_POSITIVE)));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

impl<M> WriteBreaker<M> {
    /// Puts a fuse before a map. Without limits it refuses nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::WriteBreaker::new(safe_map::ShardedMap::new());
    /// assert_eq!(map.insert("apples", 3), Ok(None));
    /// ```
    pub fn new(map: M) -> Self {
        WriteBreaker { map, files: Vec::new(), rate: None }
    }

    /// Lets only calls write that stand in a file whose path ends like this. Further calls allow further files.
    ///
    /// # Examples
    ///
    /// ```
    /// use safe_map::{Denied, ShardedMap, WriteBreaker};
    ///
    /// let map = WriteBreaker::new(ShardedMap::new()).allow_file("src/orders.rs");
    /// assert!(matches!(map.insert("apples", 3), Err(Denied::NotAllowed { .. })));
    /// ```
    #[must_use]
    pub fn allow_file(mut self, path: impl Into<String>) -> Self {
        self.files.push(path.into());
        self
    }

    /// Refuses writes beyond this rate.
    ///
    /// # Panics
    ///
    /// If the rate is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::WriteBreaker::new(safe_map::ShardedMap::new()).writes_per_second(1);
    /// assert!(map.insert("apples", 3).is_ok());
    /// assert!(map.insert("pears", 4).is_err());
    /// ```
    #[must_use]
    pub fn writes_per_second(mut self, per_second: u32) -> Self {
        assert!(per_second > 0, "a map that nobody may write to needs no breaker");
        let bucket = Bucket { tokens: f64::from(per_second), filled: Instant::now() };
        self.rate = Some(Rate { per_second, bucket: Mutex::new(bucket) });
        self
    }

    /// The map itself, without the fuse.
    ///
    /// # Examples
    ///
    /// ```
    /// let map = safe_map::WriteBreaker::new(safe_map::ShardedMap::new());
    /// map.insert("apples", 3)?;
    /// assert_eq!(map.into_inner().remove("apples"), Some(3));
    /// # Ok::<_, safe_map::Denied>(())
    /// ```
    pub fn into_inner(self) -> M {
        self.map
    }

    #[track_caller]
    fn permit(&self) -> Result<(), Denied> {
        self.permit_to(Location::caller())
    }

    fn permit_to(&self, site: &'static Location<'static>) -> Result<(), Denied> {
        if !self.files.is_empty() && !self.files.iter().any(|it| site.file().ends_with(it.as_str())) {
            return Err(Denied::NotAllowed { site });
        }
        let taken = self.rate.as_ref().map_or(Ok(()), Rate::take);
        taken.map_err(|retry_after| Denied::TooFast { site, retry_after })
    }
}
