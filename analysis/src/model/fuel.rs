//! What one look-up may cost, and answers that are kept with their cost.
//!
//! A kept answer is charged as if it were found anew, so that every look-up ends where it would end without them.

use std::cell::Cell;

use super::Def;

/// How many imports, globs and aliases one look-up may follow in a row; real chains have fewer than ten.
const MAX_HOPS: u32 = 24;

/// How many it may follow in all: modules that glob each other would otherwise be searched again and again.
const MAX_STEPS: u32 = 400;

/// The state of one look-up.
#[derive(Debug)]
pub(super) struct Meter {
    steps_left: Cell<u32>,
    /// The fewest hops that were left anywhere.
    fewest_hops: Cell<u32>,
    /// Whether the allowance ended a part of the look-up.
    is_spent: Cell<bool>,
}

impl Meter {
    /// A full allowance.
    pub(super) fn new() -> Meter {
        let (steps_left, fewest_hops) = (Cell::new(MAX_STEPS), Cell::new(MAX_HOPS));
        Meter { steps_left, fewest_hops, is_spent: Cell::new(false) }
    }

    /// The fuel that a look-up starts with.
    pub(super) fn full(&self) -> Fuel<'_> {
        Fuel { hops: MAX_HOPS, meter: self }
    }
}

/// What is left of one look-up's allowance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fuel<'a> {
    hops: u32,
    meter: &'a Meter,
}

/// What finding an answer took.
#[derive(Clone, Copy, Debug)]
struct Cost {
    steps: u32,
    hops: u32,
}

/// What a name was found to be, or that it is nothing.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    def: Option<Def>,
    cost: Cost,
}

impl Fuel<'_> {
    /// One hop less, or nothing where the allowance is spent.
    pub(super) fn burn(self) -> Option<Self> {
        let less = self.less();
        if less.is_none() {
            self.meter.is_spent.set(true);
        }
        less
    }

    fn less(self) -> Option<Self> {
        let meter = self.meter;
        meter.steps_left.set(meter.steps_left.get().checked_sub(1)?);
        let hops = self.hops.checked_sub(1)?;
        meter.fewest_hops.set(meter.fewest_hops.get().min(hops));
        Some(Fuel { hops, ..self })
    }

    /// The definition of a kept answer, where the allowance would have sufficed to find it.
    pub(super) fn accept(self, answer: &Answer) -> Option<Option<Def>> {
        let Cost { steps, hops } = answer.cost;
        let meter = self.meter;
        let steps_left = meter.steps_left.get().checked_sub(steps)?;
        let hops_left = self.hops.checked_sub(hops)?;
        meter.steps_left.set(steps_left);
        meter.fewest_hops.set(meter.fewest_hops.get().min(hops_left));
        Some(answer.def.clone())
    }

    /// Looks something up, and gives `keep` the answer unless the allowance had a part in it.
    pub(super) fn find(
        self,
        look_up: impl FnOnce(Self) -> Option<Def>,
        keep: impl FnOnce(Answer),
    ) -> Option<Def> {
        let meter = self.meter;
        let steps_before = meter.steps_left.get();
        let fewest_before = meter.fewest_hops.replace(self.hops);
        let was_spent = meter.is_spent.replace(false);
        let def = look_up(self);
        let (fewest, is_spent) = (meter.fewest_hops.get(), meter.is_spent.get());
        meter.fewest_hops.set(fewest.min(fewest_before));
        meter.is_spent.set(is_spent || was_spent);
        if !is_spent {
            let cost = Cost { steps: steps_before - meter.steps_left.get(), hops: self.hops - fewest };
            keep(Answer { def: def.clone(), cost });
        }
        def
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;

    fn chain(fuel: Fuel<'_>, length: u32) -> Option<Def> {
        match length {
            0 => Some(Def::Foreign(Name::new("end"))),
            _ => chain(fuel.burn()?, length - 1),
        }
    }

    fn kept(length: u32) -> Option<Answer> {
        let mut out = None;
        let meter = Meter::new();
        meter.full().find(|fuel| chain(fuel, length), |answer| out = Some(answer));
        out
    }

    #[test]
    fn an_answer_costs_what_it_cost_before() {
        let answer = kept(10).expect("within the allowance");
        let meter = Meter::new();
        assert!(meter.full().accept(&answer).is_some());
        assert_eq!((meter.steps_left.get(), meter.fewest_hops.get()), (MAX_STEPS - 10, MAX_HOPS - 10));
    }

    #[test]
    fn an_answer_that_the_allowance_ended_is_not_kept() {
        assert!(kept(MAX_HOPS).is_some());
        assert!(kept(MAX_HOPS + 1).is_none());
    }

    #[test]
    fn an_answer_beyond_what_is_left_is_not_accepted() {
        let answer = kept(MAX_HOPS).expect("just within the allowance");
        let meter = Meter::new();
        let less = meter.full().burn().expect("one hop");
        assert!(less.accept(&answer).is_none());
        assert_eq!(meter.steps_left.get(), MAX_STEPS - 1);
    }
}
