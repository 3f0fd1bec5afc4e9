//! A fuse before the writes of a map: a runaway writer is refused instead of taking the service down.

use std::{
    error::Error,
    fmt,
    panic::Location,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::shared_map::SharedMap;

/// A map whose writes can be refused: they have to come from the right files, and not too fast.
///
/// Reads go through as they are. The rate is that of a bucket which holds one second's worth of writes.
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
    pub fn new(map: M) -> Self {
        WriteBreaker { map, files: Vec::new(), rate: None }
    }

    /// Lets only calls write that stand in a file whose path ends like this. Further calls allow further files.
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
    #[must_use]
    pub fn writes_per_second(mut self, per_second: u32) -> Self {
        assert!(per_second > 0, "a map that nobody may write to needs no breaker");
        let bucket = Bucket { tokens: f64::from(per_second), filled: Instant::now() };
        self.rate = Some(Rate { per_second, bucket: Mutex::new(bucket) });
        self
    }

    /// The map itself, without the fuse.
    pub fn into_inner(self) -> M {
        self.map
    }

    #[track_caller]
    fn permit(&self) -> Result<(), Denied> {
        let site = Location::caller();
        if !self.files.is_empty() && !self.files.iter().any(|it| site.file().ends_with(it.as_str())) {
            return Err(Denied::NotAllowed { site });
        }
        let taken = self.rate.as_ref().map_or(Ok(()), Rate::take);
        taken.map_err(|retry_after| Denied::TooFast { site, retry_after })
    }
}

/// Reads, as those of the map, and writes that can be refused.
///
/// # Errors
///
/// Each write gives [`Denied`] when it is refused, and has done nothing then.
impl<M: SharedMap> WriteBreaker<M> {
    /// As [`SharedMap::get`].
    #[track_caller]
    pub fn get(&self, key: &M::Key) -> Option<M::Value>
    where
        M::Value: Clone,
    {
        self.map.get(key)
    }

    /// As [`SharedMap::read`].
    #[track_caller]
    pub fn read<R>(&self, key: &M::Key, f: impl FnOnce(&M::Value) -> R) -> Option<R> {
        self.map.read(key, f)
    }

    /// As [`SharedMap::contains_key`].
    #[track_caller]
    pub fn contains_key(&self, key: &M::Key) -> bool {
        self.map.contains_key(key)
    }

    /// As [`SharedMap::len`].
    #[track_caller]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// As [`SharedMap::is_empty`].
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// As [`SharedMap::for_each`].
    #[track_caller]
    pub fn for_each(&self, f: impl FnMut(&M::Key, &M::Value)) {
        self.map.for_each(f);
    }

    /// As [`SharedMap::insert`].
    #[track_caller]
    pub fn insert(&self, key: M::Key, value: M::Value) -> Result<Option<M::Value>, Denied> {
        self.permit()?;
        Ok(self.map.insert(key, value))
    }

    /// As [`SharedMap::update`].
    #[track_caller]
    pub fn update<R>(&self, key: &M::Key, f: impl FnOnce(&mut M::Value) -> R) -> Result<Option<R>, Denied> {
        self.permit()?;
        Ok(self.map.update(key, f))
    }

    /// As [`SharedMap::upsert`].
    #[track_caller]
    pub fn upsert(
        &self,
        key: M::Key,
        insert: impl FnOnce() -> M::Value,
        update: impl FnOnce(&mut M::Value),
    ) -> Result<bool, Denied> {
        self.permit()?;
        Ok(self.map.upsert(key, insert, update))
    }

    /// As [`SharedMap::compute`].
    #[track_caller]
    pub fn compute(
        &self,
        key: M::Key,
        f: impl FnOnce(Option<M::Value>) -> Option<M::Value>,
    ) -> Result<bool, Denied> {
        self.permit()?;
        Ok(self.map.compute(key, f))
    }

    /// As [`SharedMap::remove`].
    #[track_caller]
    pub fn remove(&self, key: &M::Key) -> Result<Option<M::Value>, Denied> {
        self.permit()?;
        Ok(self.map.remove(key))
    }

    /// As [`SharedMap::remove_if`].
    #[track_caller]
    pub fn remove_if(
        &self,
        key: &M::Key,
        f: impl FnOnce(&M::Value) -> bool,
    ) -> Result<Option<M::Value>, Denied> {
        self.permit()?;
        Ok(self.map.remove_if(key, f))
    }

    /// As [`SharedMap::retain`]. It counts as one write.
    #[track_caller]
    pub fn retain(&self, f: impl FnMut(&M::Key, &mut M::Value) -> bool) -> Result<(), Denied> {
        self.permit()?;
        self.map.retain(f);
        Ok(())
    }

    /// As [`SharedMap::clear`]. It counts as one write.
    #[track_caller]
    pub fn clear(&self) -> Result<(), Denied> {
        self.permit()?;
        self.map.clear();
        Ok(())
    }
}
