//! Hooks before and after each operation, outside the lock.

use std::{
    panic::Location,
    thread,
    time::{Duration, Instant},
};

use crate::call::{Call, Op};

/// Somebody who is told of each operation of a map: `map.observe(..)`.
///
/// Both hooks run while the operation holds no lock. They may look at the map, which tells them of that look too: an observer
/// that does so must not answer itself. A panic in a hook is one of the call, which has been done if the hook is `after`; while a
/// panic of the closure unwinds it is dropped. Operations inside of `get_or_load` are not told.
///
/// ```
/// use std::{sync::Arc, time::Duration};
/// use safe_map::{ShardedMap, observer::{Event, Observer}};
///
/// struct Slow;
///
/// impl Observer for Slow {
///     fn after(&self, event: &Event, took: Duration) {
///         if took > Duration::from_millis(10) {
///             eprintln!("`{}` at {} took {took:?}", event.op.name(), event.site);
///         }
///     }
/// }
///
/// let map = ShardedMap::new();
/// map.observe(Arc::new(Slow)).unwrap();
/// map.insert("apples", 3);
/// ```
pub trait Observer: Send + Sync {
    /// An operation begins.
    fn before(&self, event: &Event) {
        let _ = event;
    }

    /// An operation has ended, by a panic of a closure too.
    fn after(&self, event: &Event, took: Duration) {
        let _ = (event, took);
    }
}

/// An operation.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Event {
    /// Which one.
    pub op: Op,
    /// Where it is written.
    pub site: &'static Location<'static>,
    /// Whether a closure of it has panicked.
    pub panicked: bool,
}

/// The map has an observer already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed;

impl std::fmt::Display for Observed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("the map has an observer already")
    }
}

impl std::error::Error for Observed {}

/// An operation that an observer has been told of.
pub(crate) struct Watching<'a> {
    observer: &'a dyn Observer,
    event: Event,
    started: Instant,
    was_panicking: bool,
}

impl<'a> Watching<'a> {
    pub(crate) fn begin(observer: &'a dyn Observer, call: Call) -> Self {
        let event = Event { op: call.op, site: call.site, panicked: false };
        observer.before(&event);
        Watching { observer, event, started: Instant::now(), was_panicking: thread::panicking() }
    }

    pub(crate) fn end(mut self) {
        self.event.panicked = thread::panicking() && !self.was_panicking;
        self.observer.after(&self.event, self.started.elapsed());
    }
}

/// Counts and times operations in the `metrics` crate, whose exporters hand them on (to Prometheus, for example).
///
/// `safe_map_operations_total` and `safe_map_operation_seconds`, with the labels `map` and `op`.
#[cfg(feature = "metrics")]
#[derive(Clone, Debug)]
pub struct Metrics {
    name: String,
}

#[cfg(feature = "metrics")]
impl Metrics {
    /// For a map of this name.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use safe_map::observer::Metrics;
    ///
    /// let orders = safe_map::ShardedMap::<u32, String>::new();
    /// orders.observe(Arc::new(Metrics::new("orders")))?;
    /// # Ok::<_, safe_map::observer::Observed>(())
    /// ```
    pub fn new(name: impl Into<String>) -> Self {
        Metrics { name: name.into() }
    }
}

#[cfg(feature = "metrics")]
impl Observer for Metrics {
    fn after(&self, event: &Event, took: Duration) {
        let op = event.op.name();
        metrics::counter!("safe_map_operations_total", "map" => self.name.clone(), "op" => op).increment(1);
        metrics::histogram!("safe_map_operation_seconds", "map" => self.name.clone(), "op" => op)
            .record(took);
    }
}

/// Tells operations to `tracing`, at level `TRACE` within the current span; those whose closure panicked at `ERROR`.
#[cfg(feature = "tracing")]
#[derive(Clone, Debug)]
pub struct Tracing {
    name: String,
}

#[cfg(feature = "tracing")]
impl Tracing {
    /// For a map of this name.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use safe_map::observer::Tracing;
    ///
    /// let orders = safe_map::ShardedMap::<u32, String>::new();
    /// orders.observe(Arc::new(Tracing::new("orders")))?;
    /// # Ok::<_, safe_map::observer::Observed>(())
    /// ```
    pub fn new(name: impl Into<String>) -> Self {
        Tracing { name: name.into() }
    }
}

#[cfg(feature = "tracing")]
impl Observer for Tracing {
    fn after(&self, event: &Event, took: Duration) {
        let (map, op, nanos) = (self.name.as_str(), event.op.name(), took.as_nanos() as u64);
        if event.panicked {
            tracing::error!(target: "safe_map", map, op, site = %event.site, nanos, "a closure panicked");
        } else {
            tracing::trace!(target: "safe_map", map, op, site = %event.site, nanos);
        }
    }
}
